import type { EligibleRows } from '../filters/filter.js';
import type { RankingInputs } from '../ranking-inputs.js';
import type { UserFeatures } from '../../scoring/v2/features.js';
import type { RowScores } from '../scorers/rows.js';
import type { RankingWorkspace } from '../workspace.js';
import type { Slot } from './slots.js';

export interface SelectorInput {
  readonly inputs: RankingInputs;
  /** Null: the ranking does not depend on the user. */
  readonly user: UserFeatures | null;
  readonly eligible: EligibleRows;
  readonly scores: RowScores;
  readonly workspace: RankingWorkspace;
}

/** The page of a feed and its continuation, as rows of the catalog. */
export interface Selection {
  /** In page order, the hero first. */
  readonly items: readonly {
    readonly row: number;
    /** Null for algorithm v1, which has no slots. */
    readonly slot: Slot | null;
    readonly propensity: number | null;
  }[];
  /** Best first. */
  readonly rest: Int32Array;
  /** Relaxed limits and backfilled slots. */
  readonly notes: readonly string[];
}

export type Selector = (input: SelectorInput) => Selection;
