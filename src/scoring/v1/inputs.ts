import type { DwellByCategory } from '../shared/depth.js';

/**
 * The features that algorithm v1 reads. Times are milliseconds since 1970. Categories and tags are keys in lower case,
 * and the tags of a market are distinct.
 */
export interface ScoringMarket {
  readonly id: string;
  readonly category: string;
  readonly tags: readonly string[];
  /** 0–1; null if unknown, and for a market with several answers. */
  readonly probability: number | null;
  /** Volume of the last 24 hours, 0 or more, in the site's unit; NaN if unknown. */
  readonly volume24h: number;
  /** Volume since creation, 0 or more, in the site's unit. */
  readonly volumeTotal: number;
  readonly createdAtMs: number;
  /** When trading ends, else when the outcome is expected; null if unknown. */
  readonly resolvesAtMs: number | null;
  /** 0–1. */
  readonly editorialBoost: number;
}

/** Trends of one market. Jobs compute them on a schedule. */
export interface MarketTrend {
  /** 0–1, over all users. */
  readonly trendingGlobal: number;
  /** 0–1, in the user's country; null if the country is unknown or has too few users. */
  readonly trendingLocal: number | null;
  /** 0–1; null when unknown. */
  readonly probability24hAgo: number | null;
}

/** {@link MarketTrend} of every market for one user, one value at a time, so that a lookup allocates nothing. */
export interface TrendLookup {
  trendingGlobal(marketId: string): MarketTrend['trendingGlobal'];
  trendingLocal(marketId: string): MarketTrend['trendingLocal'];
  probability24hAgo(marketId: string): MarketTrend['probability24hAgo'];
}

/** The features of an engaged market that `similarity` and `diversity` compare with a candidate. */
export interface RecentMarket {
  readonly id: string;
  readonly category: string;
  readonly tags: readonly string[];
}

/** The profile of a user as of the request. */
export interface ScoringUser {
  /** Sum of the weights of the user's events by category, without decay; any sign. */
  readonly categoryPoints: ReadonlyMap<string, number>;
  /** Likewise by tag. */
  readonly tagPoints: ReadonlyMap<string, number>;
  /** The latest distinct markets with an event of positive weight in the last 24 h, newest first, at most 20. */
  readonly recentMarkets: readonly RecentMarket[];
  readonly dwellByCategory: DwellByCategory;
  /** Probability at the user's last view, 0–1, by market id; null if it was unknown then. */
  readonly viewProbabilities: ReadonlyMap<string, number | null>;
}
