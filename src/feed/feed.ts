import type { DegradedReason } from './degraded.js';
import type { CatalogEntry } from '../catalog/catalog-snapshot.js';
import type { Market, MarketReference } from '../domain/market.js';
import type { Connection } from '../lib/connection.js';
import type { ComponentName, ScoreParts } from '../scoring/score-parts.js';
import type { Badge } from './badge.js';
import type { Slot } from './selectors/slots.js';

/** The sections of a feed, as reports of impressions name them. */
export type FeedSection = 'HERO' | 'GRID' | 'STREAM';

/** A market at a rank of a feed. */
export interface RankedItem {
  /** From 1. */
  readonly rank: number;
  /** The final score. */
  readonly score: number;
  readonly scores: ScoreParts;
  readonly market: Market;
  /** Null for algorithm v1, which has no slots. */
  readonly slot: Slot | null;
  readonly badge: Badge | null;
  /** Of an explored market, the probability of selecting it, 0–1. Else null. */
  readonly propensity: number | null;
  /** One short sentence built from the largest score components; null if none is large enough. */
  readonly reason: string | null;
  /** The components that the sentence names, in its order. */
  readonly reasonParts: readonly ComponentName[];
}

/** An item of a feed with an identity. */
export interface FeedItem extends RankedItem {
  /** `<feed id>:<rank>`. */
  readonly id: string;
  readonly section: FeedSection;
  /** From 0 within the section. */
  readonly position: number;
}

/** The ranking that was used; `fallback` if an input could not be read in time. */
export type AlgorithmVersion = 'v1' | 'v2' | 'fallback';

/** Subject and circumstances of a ranking. */
export interface RankingFacts {
  readonly userKey: string | null;
  /** From the request or the profile, ISO 3166-1 alpha-2; null when unknown. */
  readonly country: string | null;
  readonly generatedAt: Date;
  readonly algorithm: 'v1' | 'v2';
  readonly algorithmVersion: AlgorithmVersion;
  readonly configVersion: string;
  /** Version of the model of algorithm v2; null for v1, and for a feed that an earlier version of the gateway served. */
  readonly modelVersion: string | null;
  /** Whether the ranking depends on the interactions of the user. */
  readonly personalized: boolean;
  /** Inputs that could not be read in time, or are old. */
  readonly degradedReasons: readonly DegradedReason[];
  /** Whether there are such inputs. */
  readonly degraded: boolean;
}

export interface Feed extends RankingFacts {
  readonly id: string;
  /** Null only for an empty feed. */
  readonly hero: FeedItem | null;
  /** At most 9. */
  readonly grid: readonly FeedItem[];
  readonly stream: readonly FeedItem[];
}

/** A part of a feed's items in order. */
export type FeedItemConnection = Connection<FeedItem>;

/** Given markets in order. */
export interface Ranking extends RankingFacts {
  readonly rankedMarkets: readonly RankedMarket[];
  /** Requested ids without a market; if degraded, also ids that could not be looked up. */
  readonly unknownMarketIds: readonly string[];
}

export interface RankedMarket {
  /** As the request gave it. */
  readonly id: string;
  /** From 1. */
  readonly rank: number;
  /** The final score. */
  readonly score: number;
  readonly scores: ScoreParts;
  /** Null for a market that the request describes: it is not stored, even if its id is that of a stored one. */
  readonly market: Market | null;
}

/** A market with its score. */
export interface ScoredMarket {
  readonly candidate: CatalogEntry;
  readonly scores: ScoreParts;
}

/** The result of the stages from filter to present: the page and its continuation. */
export interface ComposedFeed {
  /** In page order, the hero first. */
  readonly items: readonly RankedItem[];
  /** The continuation, best first. */
  readonly rest: readonly MarketReference[];
  /** Relaxed limits and backfilled slots; see `Slate`. */
  readonly notes: readonly string[];
}
