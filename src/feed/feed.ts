import type { CatalogEntry } from '../catalog/catalog-snapshot.js';
import type { Market } from '../domain/market.js';
import type { ScoreParts } from '../scoring/score-parts.js';
import type { Badge } from './badge.js';
import type { Slot } from './selectors/slots.js';

export interface RankedMarket {
  /** From 1. */
  readonly rank: number;
  /** The final score. */
  readonly score: number;
  readonly scores: ScoreParts;
  readonly market: Market;
}

export interface FeedItem extends RankedMarket {
  /** Null for algorithm v1, which has no slots. */
  readonly slot: Slot | null;
  readonly badge: Badge | null;
  /** Of an explored market, the probability of selecting it, 0–1. Else null. */
  readonly propensity: number | null;
  /** One short sentence built from the largest score components; null if none is large enough. */
  readonly reason: string | null;
}

/** The ranking that was used; `fallback` if an input could not be read in time. */
export type AlgorithmVersion = 'v1' | 'v2' | 'fallback';

export interface Feed {
  readonly id: string;
  /** Null only for an empty feed. */
  readonly hero: FeedItem | null;
  /** At most 9. */
  readonly grid: readonly FeedItem[];
  readonly stream: readonly FeedItem[];
  /** Whether the ranking depends on the interactions of the user. */
  readonly personalized: boolean;
  readonly userKey: string | null;
  readonly algorithmVersion: AlgorithmVersion;
  readonly configVersion: string;
  readonly generatedAt: Date;
  /** Whether an input of the ranking could not be read in time. */
  readonly degraded: boolean;
}

/** A continuation of a feed. */
export interface FeedPage {
  readonly feedId: string;
  readonly items: readonly FeedItem[];
  /** Whether items follow the last one. */
  readonly hasMore: boolean;
}

/** Given markets in order. */
export interface Ranking {
  readonly rankedMarkets: readonly RankedMarket[];
  /** Requested ids without a market; if degraded, also ids that could not be looked up. */
  readonly unknownMarketIds: readonly string[];
  readonly personalized: boolean;
  readonly algorithmVersion: AlgorithmVersion;
  /** Whether the profile, or markets that are not open, could not be read in time. */
  readonly degraded: boolean;
}

/** A market with its score. */
export interface ScoredMarket {
  readonly candidate: CatalogEntry;
  readonly scores: ScoreParts;
}

/** The result of the stages from filter to present: the page and its continuation. */
export interface ComposedFeed {
  /** In page order, the hero first. */
  readonly items: readonly FeedItem[];
  /** The continuation, best first. */
  readonly rest: readonly RestItem[];
  /** Relaxed limits and backfilled slots; see `Slate`. */
  readonly notes: readonly string[];
}

export interface RestItem {
  readonly marketId: string;
  /** The number of the market in compact stored data. */
  readonly number: number;
}
