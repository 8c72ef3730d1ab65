import type { FeedConfig } from '../../config/schema/feed-schema.js';
import type { MarketColumns, TopicColumns } from '../../scoring/v2/features.js';
import type { EligibleRows } from '../filters/filter.js';
import type { WriteSimilarities } from './diversity/greedy-determinant.js';
import type { Sampler } from './policies/sampler.js';
import type { RowRanking } from './ranking.js';
import type { Exploration } from './ranking-tick.js';
import type { Slot } from './slots.js';

/** The columns that selection reads; rows are ordered by market id. */
export type SlateColumns = Pick<
  MarketColumns,
  'size' | 'category' | 'event' | 'eventCount' | 'volumeTotal'
> & {
  readonly topics: Pick<TopicColumns, 'start' | 'ids' | 'count'>;
};

/** The order of each slot's rows. */
export interface SlotRankings {
  /** All eligible rows, by their final scores. */
  readonly PERSONAL: RowRanking;
  /** The eligible rows that trend; so are those of the next two. */
  readonly TRENDING: RowRanking;
  /** Null: there is no local trend. */
  readonly LOCAL: RowRanking | null;
  readonly RISING: RowRanking;
}

/** Everything that a slate is a function of. */
export interface SlateInput {
  readonly eligible: EligibleRows;
  readonly rankings: SlotRankings;
  /** Of all rows, eligible or not. */
  readonly exploration: Exploration;
  /** Samples the explored rows. */
  readonly sample: Sampler;
  readonly columns: SlateColumns;
  readonly hasImage: (row: number) => boolean;
  /** Returns the similarities of rows, for selection by `dpp`. */
  readonly similarities: () => WriteSimilarities;
  /** Returns the similarity of rows to the markets that the user engaged with, 0–1. Null: the user is unknown. */
  readonly familiarity: ((rows: Int32Array) => Float64Array) | null;
  /** Whether the order of PERSONAL depends on the user. */
  readonly personalized: boolean;
  /** 1–100. */
  readonly limit: number;
  /** The seed of exploration; an integer. */
  readonly seed: number | bigint;
  readonly config: Pick<FeedConfig, 'quotas' | 'diversity'>;
}

export interface SlateItem {
  readonly row: number;
  readonly slot: Slot;
  /** Of an EXPLORATION item: the probability of selecting it, 0–1; see `ExploredRow`. Else null. */
  readonly propensity: number | null;
}

export interface Slate {
  /** In page order, the hero first. */
  readonly items: readonly SlateItem[];
  /**
   * Relaxed limits, such as `perCategory relaxed: 3 -> 5` (also perEventFirst and perEventPage), and backfilled
   * positions, such as `LOCAL -> PERSONAL: 2`.
   */
  readonly notes: readonly string[];
}
