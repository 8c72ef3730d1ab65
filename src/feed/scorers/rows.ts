import type { ScoreParts } from '../../scoring/score-parts.js';
import type { Discounts } from '../../scoring/v2/discount.js';
import type { ScoringMarket, TrendLookup } from '../../scoring/v1/inputs.js';
import { finalScorerV1, scorerV1 } from '../../scoring/v1/scorer.js';
import type { TrendColumns, UserFeatures } from '../../scoring/v2/features.js';
import { pastLookup } from '../hydrators/past-markets.js';
import type { EligibleRows } from '../filters/filter.js';
import { DiscountedRanking } from '../selectors/discounted-ranking.js';
import { scannedRanking, type RowRanking } from '../selectors/ranking.js';
import type { ScoringInputs } from '../ranking-inputs.js';
import type { RankingWorkspace } from '../workspace.js';
import { requireFull } from '../../domain/profile.js';
import { userFeaturesV1 } from '../../profiles/user-features.js';

/** The scores of a feed's candidates. Valid until the next ranking. */
export interface RowScores {
  /** The eligible rows by final score. */
  readonly ranking: RowRanking;
  /** Null for algorithm v1, which has none. */
  readonly discounts: Discounts | null;
  /** Every component of the scores of rows. */
  readonly partsOf: (rows: readonly number[]) => ScoreParts[];
  /** The component `similarity` of rows; null for algorithm v1 and if the ranking does not depend on the user. */
  readonly similarityOf: ((rows: Int32Array) => Float64Array) | null;
}

/** Scores the rows of the catalog. A score depends on no other row. */
export type RowScorer = (
  inputs: ScoringInputs,
  user: UserFeatures | null,
  eligible: EligibleRows,
  workspace: RankingWorkspace,
) => RowScores;

export const scoreRowsV1: RowScorer = (inputs, _, eligible) => {
  const { entries, columns } = inputs.snapshot;
  const user = userV1(inputs);
  const trends = new TrendsOfRow(inputs);
  const scoreFinal = finalScorerV1(user, inputs.nowMs, trends);
  const final = new Float64Array(entries.length);
  for (const [row, entry] of entries.entries()) {
    trends.row = row;
    final[row] = scoreFinal(entry.scoring);
  }
  const score = partsScorerV1(inputs, user);
  return {
    ranking: scannedRanking(eligible.rows, { key: final, volumeTotal: columns.volumeTotal }, -Infinity),
    ...{ discounts: null, similarityOf: null },
    partsOf: (rows) =>
      rows.map((row) => {
        const entry = entries[row];
        if (entry === undefined) throw new RangeError(`The catalog has no row ${row}.`);
        return score(entry.scoring);
      }),
  };
};

/** The trends of one row after the other, from columns. Looking them up by id takes as long as the rest of a ranking. */
class TrendsOfRow implements TrendLookup {
  row = 0;
  readonly #trends: TrendColumns;
  readonly #probabilities24hAgo: Float64Array;

  constructor({ snapshot: { columns }, trends, country }: ScoringInputs) {
    this.#trends = trends.columns(columns, country);
    this.#probabilities24hAgo = trends.probabilities24hAgo(columns);
  }

  trendingGlobal(): number {
    return this.#trends.global[this.row] as number;
  }

  trendingLocal(): number | null {
    const { local } = this.#trends;
    return local === null ? null : (local[this.row] as number);
  }

  probability24hAgo(): number | null {
    const probability = this.#probabilities24hAgo[this.row] as number;
    return Number.isNaN(probability) ? null : probability;
  }
}

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

export const scoreRowsV2: RowScorer = (inputs, user, eligible, workspace) => {
  const { snapshot, country, model, nowMs } = inputs;
  const { columns } = snapshot;
  const { trends, impersonal } = workspace.tickOf(inputs).scopeOf(country);
  const scores = workspace.scorerFor(inputs).scoreOnDemand({
    ...{ columns, trends, impersonal: impersonal.values, user, nowMs },
    ...{ past: pastLookup(inputs), signals: model.signals, country },
  });
  const ranking =
    user === null
      ? new DiscountedRanking(impersonal, eligible.removedBy, scores, workspace.keys(columns.size))
      : workspace.bounded.load(scores, eligible.removedBy, columns.volumeTotal);
  const { partsOf, valuesOf } = scores;
  const similarityOf = user === null ? null : (rows: Int32Array) => valuesOf('similarity', rows);
  return { ranking, discounts: scores, partsOf, similarityOf };
};
