import type { ComposedFeed } from './feed.js';
import { blockedCountry } from './filters/blocked-country.js';
import type { Filter } from './filters/filter.js';
import { frequencyCap } from './filters/frequency-cap.js';
import { hidden } from './filters/hidden.js';
import { resolved } from './filters/resolved.js';
import { fullProfile, profileWithoutLifetime, type ProfileHydrator } from './hydrators/profile.js';
import { presentItems, type Presenter } from './present.js';
import { userFeatures, type RankingInputs } from './ranking-inputs.js';
import { scoreRowsV1, scoreRowsV2, type RowScorer } from './scorers/rows.js';
import { selectClassicPage } from './selectors/classic-page.js';
import type { Selector } from './selectors/selector.js';
import { selectBySlots } from './selectors/select-by-slots.js';
import {
  keepInputs,
  noteExposures,
  noteShown,
  recordImpressions,
  storeServedFeed,
  type SideEffect,
} from './side-effects/after-serving.js';
import { openMarkets, type Source } from './sources/open-markets.js';
import type { RankingWorkspace } from './workspace.js';

/** The stages of a feed, in order. Only `hydrate` waits for I/O; the stages from `source` to `present` are pure. */
export const STAGES = ['hydrate', 'source', 'filter', 'score', 'select', 'present', 'sideEffects'] as const;

export type StageName = (typeof STAGES)[number];

/** The components of each stage. */
export interface Pipeline extends Record<StageName, unknown> {
  readonly hydrate: ProfileHydrator;
  readonly source: Source;
  /** In order: `explainFeed` names the first filter that removes a market. */
  readonly filter: readonly Filter[];
  readonly score: RowScorer;
  readonly select: Selector;
  readonly present: Presenter;
  readonly sideEffects: readonly SideEffect[];
}

const SIDE_EFFECTS = [storeServedFeed, noteShown, noteExposures, keepInputs, recordImpressions];

export const PIPELINES: Readonly<Record<RankingInputs['algorithm'], Pipeline>> = {
  v1: {
    hydrate: fullProfile,
    source: openMarkets,
    filter: [resolved, hidden, blockedCountry],
    score: scoreRowsV1,
    select: selectClassicPage,
    present: presentItems,
    sideEffects: SIDE_EFFECTS,
  },
  v2: {
    hydrate: profileWithoutLifetime,
    source: openMarkets,
    filter: [resolved, hidden, blockedCountry, frequencyCap],
    score: scoreRowsV2,
    select: selectBySlots,
    present: presentItems,
    sideEffects: SIDE_EFFECTS,
  },
};

/** The filters of the trending and rising lists, which depend on no user. */
export const LIST_FILTERS: readonly Filter[] = [resolved, blockedCountry];

/** Runs the stages from `filter` to `present`. The same inputs give the same feed, byte for byte. */
export function composeFeed(inputs: RankingInputs, workspace: RankingWorkspace): ComposedFeed {
  const { filter, score, select, present } = PIPELINES[inputs.algorithm];
  const user = userFeatures(inputs);
  const eligible = workspace.filters.run(filter, { ...inputs, user });
  const scores = score(inputs, user, eligible, workspace);
  const selection = select({ inputs, user, eligible, scores, workspace });
  return { ...present(selection, scores, inputs), notes: selection.notes };
}
