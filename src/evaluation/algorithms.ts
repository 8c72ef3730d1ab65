import { createHash } from 'node:crypto';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { CatalogEntry } from '../catalog/catalog-snapshot.js';
import { buildColumns, type CatalogColumns } from '../catalog/columns/build-columns.js';
import { marketTerms, toPastMarket } from '../catalog/columns/market-terms.js';
import { differOnlyInNumbers, replaceNumbers } from '../catalog/columns/patch-columns.js';
import type { RankingConfig } from '../config/schema/ranking-schema.js';
import { finalScorerV1 } from '../scoring/v1/scorer.js';
import { ScorerV2 } from '../scoring/v2/scorer.js';
import type { TrendState } from '../trends/trend-state.js';
import type { Archive } from './archive.js';
import { decayConfig } from '../profiles/profile-decay.js';
import type { FullProfile } from '../domain/profile.js';
import { userFeaturesV1, userFeaturesV2 } from '../profiles/user-features.js';

/** The data known right before an interaction. Markets are identified by their number in the archive. */
export interface Moment {
  readonly nowMs: number;
  /** The open markets, ascending; the same array while the same markets are open. */
  readonly candidates: readonly number[];
  /** By market number, with the odds known so far. It includes markets not yet created, which are no candidates. */
  readonly entries: readonly CatalogEntry[];
  /** Increases whenever a price of a market becomes known. */
  readonly priceVersion: number;
  readonly profile: FullProfile;
  /** ISO 3166-1 alpha-2. */
  readonly country: string | null;
  readonly trends: TrendState;
  /** Distinct users who engaged with each market in the last seven days, by market number. */
  readonly recentUsers: Int32Array;
}

/** Writes the score of each candidate, in their order; higher is better. */
export type Algorithm = (moment: Moment, scores: Float64Array) => void;

export const ALGORITHM_NAMES = ['random', 'popularity', 'recency', 'v1', 'v2'] as const;

export type AlgorithmName = (typeof ALGORITHM_NAMES)[number];

/**
 * Creates an algorithm for one replay of an archive.
 *
 * @param seed of the random ranking.
 */
export function createAlgorithm(
  name: AlgorithmName,
  archive: Archive,
  config: RankingConfig,
  seed: number,
): Algorithm {
  switch (name) {
    case 'random':
      return randomAlgorithm(seed);
    case 'popularity':
      return popularityAlgorithm;
    case 'recency':
      return recencyAlgorithm;
    case 'v1':
      return algorithmV1;
    case 'v2':
      return algorithmV2(archive, config);
  }
}

/** A random ranking, the baseline for all others. It depends only on the seed, the user and the instant. */
function randomAlgorithm(seed: number): Algorithm {
  return ({ candidates, profile, nowMs }, scores) => {
    const identity = JSON.stringify([seed, profile.userKey, nowMs]);
    const rng = xoroshiro128plus(createHash('sha256').update(identity).digest().readInt32LE(0));
    for (let index = 0; index < candidates.length; index += 1) scores[index] = uniformFloat64(rng);
  };
}

/** Most distinct users of the last seven days first. */
const popularityAlgorithm: Algorithm = ({ candidates, recentUsers }, scores) => {
  for (const [index, number] of candidates.entries()) scores[index] = recentUsers[number] ?? 0;
};

/** Newest first. */
const recencyAlgorithm: Algorithm = ({ candidates, entries }, scores) => {
  for (const [index, number] of candidates.entries()) {
    scores[index] = entries[number]?.scoring.createdAtMs ?? -Infinity;
  }
};

/** The scores of the gateway by algorithm v1. */
const algorithmV1: Algorithm = ({ nowMs, candidates, entries, profile, country, trends }, scores) => {
  const score = finalScorerV1(userFeaturesV1(profile, nowMs), nowMs, trends.reader(country));
  for (const [index, number] of candidates.entries()) {
    const entry = entries[number];
    scores[index] = entry === undefined ? -Infinity : score(entry.scoring);
  }
};

/** The scores of the gateway by algorithm v2. */
function algorithmV2(archive: Archive, config: RankingConfig): Algorithm {
  const scorer = new ScorerV2(config.v2, config.impressions);
  const decay = decayConfig(config);
  const catalog = new CandidateColumns();
  const markets = new Map(archive.markets.map(({ market }) => [market.id, market]));
  const findPast = (marketId: string): ReturnType<typeof toPastMarket> | undefined => {
    const market = markets.get(marketId);
    return market === undefined ? undefined : toPastMarket(market);
  };
  return (moment, scores) => {
    const { nowMs, profile, country, trends } = moment;
    const columns = catalog.of(moment);
    const user = userFeaturesV2(profile, nowMs, decay);
    const { final } = scorer.score(columns, trends.columns(columns, country), user, findPast, nowMs);
    scores.set(final.subarray(0, columns.size));
  };
}

/** The columns of the candidates. They are rebuilt only when other markets are open or a price became known. */
class CandidateColumns {
  #candidates: readonly number[] | undefined;
  #priceVersion = -1;
  #entries: readonly CatalogEntry[] = [];
  #columns: CatalogColumns = buildColumns([]);

  of({ candidates, entries, priceVersion }: Moment): CatalogColumns {
    if (candidates === this.#candidates && priceVersion === this.#priceVersion) return this.#columns;
    const now = candidates.flatMap((number) => entries[number] ?? []);
    this.#columns = this.#replaceNumbers(now) ?? buildColumns(now, marketTerms);
    this.#entries = now;
    this.#candidates = candidates;
    this.#priceVersion = priceVersion;
    return this.#columns;
  }

  /** The columns with changed numbers; undefined when more than numbers changed. */
  #replaceNumbers(now: readonly CatalogEntry[]): CatalogColumns | undefined {
    if (now.length !== this.#entries.length) return undefined;
    const changed: { row: number; entry: CatalogEntry }[] = [];
    for (const [row, entry] of now.entries()) {
      const before = this.#entries[row];
      if (before === entry) continue;
      if (before?.market.id !== entry.market.id || !differOnlyInNumbers(before, entry)) return undefined;
      changed.push({ row, entry });
    }
    return replaceNumbers(this.#columns, changed);
  }
}
