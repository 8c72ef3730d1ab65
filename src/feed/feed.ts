import type { Market } from '../domain/market.js';
import type { ScoreParts } from '../scoring/score-parts.js';
import type { Badge } from './badge.js';
import type { Slot } from './composition/slots.js';

/** A market at its place. */
export interface RankedMarket {
  /** From 1. */
  readonly rank: number;
  /** The final score, by which the ranking is ordered. */
  readonly score: number;
  readonly scores: ScoreParts;
  readonly market: Market;
}

/** A market at its place on a page. */
export interface FeedItem extends RankedMarket {
  /** Which part of the mix it fills; null where the algorithm has no mix. */
  readonly slot: Slot | null;
  readonly badge: Badge | null;
  /** Of an explored market: the probability with which it was among the explored ones, 0–1. */
  readonly propensity: number | null;
  /** One short sentence made of the largest parts of the score. */
  readonly reason: string | null;
}

/** How a ranking was made. `fallback`: something that it needs could not be had in time. */
export type AlgorithmVersion = 'v1' | 'v2' | 'fallback';

export interface Feed {
  readonly id: string;
  /** Null only when no market can be shown. */
  readonly hero: FeedItem | null;
  /** At most 9. */
  readonly grid: readonly FeedItem[];
  readonly stream: readonly FeedItem[];
  /** Whether what is known of the person took part. */
  readonly personalized: boolean;
  readonly userKey: string | null;
  readonly algorithmVersion: AlgorithmVersion;
  /** Names the ranking config that was in force. */
  readonly configVersion: string;
  readonly generatedAt: Date;
  /** Whether something that the ranking needs could not be had in time. */
  readonly degraded: boolean;
}

/** How a feed goes on. */
export interface FeedPage {
  readonly feedId: string;
  readonly items: readonly FeedItem[];
  /** Whether there is more after the last item. */
  readonly hasMore: boolean;
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
