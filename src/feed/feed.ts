import type { Market } from '../catalogue/market.js';
import type { ScoreParts } from '../scoring/types.js';

/** A market at its place. */
export interface RankedMarket {
  /** From 1. */
  readonly rank: number;
  /** The final score, by which the ranking is ordered. */
  readonly score: number;
  readonly scores: ScoreParts;
  readonly market: Market;
}

export type AlgorithmVersion = 'v1' | 'fallback';

export interface Feed {
  readonly id: string;
  /** Null only when no market can be shown. */
  readonly hero: RankedMarket | null;
  /** At most 9. */
  readonly grid: readonly RankedMarket[];
  readonly stream: readonly RankedMarket[];
  /** Whether what is known of the person took part. */
  readonly personalized: boolean;
  readonly userKey: string | null;
  readonly algorithmVersion: AlgorithmVersion;
  readonly generatedAt: Date;
  /** Whether something that the ranking needs could not be had in time. */
  readonly degraded: boolean;
}

export interface Ranking {
  readonly rankedMarkets: readonly RankedMarket[];
  /** Ids that were asked for and that no market has; when degraded, also those that could not be looked up. */
  readonly unknownMarketIds: readonly string[];
  readonly personalized: boolean;
  readonly algorithmVersion: AlgorithmVersion;
  /** Whether the profile, or markets that are not open, could not be had in time. */
  readonly degraded: boolean;
}
