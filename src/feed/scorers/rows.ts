import type { ScoreParts } from '../../scoring/score-parts.js';
import type { ScoringMarket } from '../../scoring/v1/inputs.js';
import { finalScorerV1, scorerV1 } from '../../scoring/v1/scorer.js';
import type { UserFeatures } from '../../scoring/v2/features.js';
import { pastLookup } from '../hydrators/past-markets.js';
import type { ScoringInputs } from '../ranking-inputs.js';
import type { RankingWorkspace } from '../workspace.js';
import { requireFull } from '../../domain/profile.js';
import { userFeaturesV1 } from '../../profiles/user-features.js';

/** The scores of all rows of a catalog. Valid until the next ranking. */
export interface RowScores {
  /** The final score, by row; finite. */
  readonly final: Float64Array;
  /** The discount, by row, 0–1; null for algorithm v1, which has none. */
  readonly discount: Float64Array | null;
  /** By row, 1 after a material change since the last impression; null for algorithm v1. */
  readonly changed: Uint8Array | null;
  /** Every component of the score of a row. */
  readonly parts: (row: number) => ScoreParts;
}

/** Scores all rows of the catalog. A score depends on no other row. */
export type RowScorer = (
  inputs: ScoringInputs,
  user: UserFeatures | null,
  workspace: RankingWorkspace,
) => RowScores;

export const scoreRowsV1: RowScorer = (inputs) => {
  const { entries } = inputs.snapshot;
  const { nowMs, country, trends } = inputs;
  const user = userV1(inputs);
  const scoreFinal = finalScorerV1(user, nowMs, trends.reader(country));
  const final = new Float64Array(entries.length);
  for (const [row, entry] of entries.entries()) final[row] = scoreFinal(entry.scoring);
  const score = partsScorerV1(inputs, user);
  return {
    final,
    discount: null,
    changed: null,
    parts: (row) => {
      const entry = entries[row];
      if (entry === undefined) throw new RangeError(`The catalog has no row ${row}.`);
      return score(entry.scoring);
    },
  };
};

/** Returns the score components of markets by algorithm v1; `final` is that of {@link scoreRowsV1} to the bit. */
export function partsScorerV1(
  inputs: ScoringInputs,
  user = userV1(inputs),
): (market: ScoringMarket) => ScoreParts {
  const trends = inputs.trends.reader(inputs.country);
  const score = scorerV1(user, inputs.nowMs);
  return (market) =>
    score(market, {
      trendingGlobal: trends.trendingGlobal(market.id),
      trendingLocal: trends.trendingLocal(market.id),
      probability24hAgo: trends.probability24hAgo(market.id),
    });
}

function userV1({ profile, personal, nowMs }: ScoringInputs): ReturnType<typeof userFeaturesV1> {
  return profile === null || !personal ? null : userFeaturesV1(requireFull(profile), nowMs);
}

export const scoreRowsV2: RowScorer = (inputs, user, workspace) => {
  const { snapshot, trends, country, config, nowMs } = inputs;
  const { columns } = snapshot;
  const trend = trends.columns(columns, country);
  return workspace.scorerFor(config).score(columns, trend, user, pastLookup(inputs), nowMs);
};
