/**
 * What the formulas read and what they give. Times are milliseconds since 1970; categories and tags
 * are keys in lower case, tags distinct.
 */

/** The facts of a market that matter for ranking. */
export interface ScoringMarket {
  readonly id: string;
  readonly category: string;
  readonly tags: readonly string[];
  /** 0–1; null when the market has no single probability. */
  readonly probability: number | null;
  readonly volume24h: number;
  readonly volumeTotal: number;
  readonly createdAtMs: number;
  readonly resolvesAtMs: number | null;
  /** 0–1. */
  readonly editorialBoost: number;
}

/** What the crowd does with a market, computed on a schedule. */
export interface MarketTrend {
  /** 0–1, over everyone. */
  readonly trendingGlobal: number;
  /** 0–1, in the caller's country; null when no country is known or its scope is not in use. */
  readonly trendingLocal: number | null;
  /** 0–1; null when unknown. */
  readonly probability24hAgo: number | null;
}

/** `MarketTrend` of every market, for one caller; part by part, so that asking makes no object. */
export interface TrendLookup {
  trendingGlobal(marketId: string): MarketTrend['trendingGlobal'];
  trendingLocal(marketId: string): MarketTrend['trendingLocal'];
  probability24hAgo(marketId: string): MarketTrend['probability24hAgo'];
}

/** A market that a person engaged with, as far as likeness to it is concerned. */
export interface RecentMarket {
  readonly id: string;
  readonly category: string;
  readonly tags: readonly string[];
}

/** What is known of a person, as of the request. */
export interface ScoringUser {
  /** Sum of event weights by category, for ever. */
  readonly categoryPoints: ReadonlyMap<string, number>;
  /** Sum of event weights by tag, for ever. */
  readonly tagPoints: ReadonlyMap<string, number>;
  /** The latest distinct markets with a positively weighted event in the last 24 h, newest first, at most 20. */
  readonly recentMarkets: readonly RecentMarket[];
  /** Dwell times seen, by category. */
  readonly dwellByCategory: ReadonlyMap<string, { readonly totalMs: number; readonly events: number }>;
  /** By market, the probability at the person's last view; null when it was unknown then. */
  readonly viewProbabilities: ReadonlyMap<string, number | null>;
}

/** Every part of a score; null where the algorithm has no such part. */
export interface ScoreParts {
  readonly final: number;
  readonly personal: number | null;
  readonly interest: number | null;
  readonly similarity: number | null;
  readonly continuity: number | null;
  readonly depth: number | null;
  readonly freshness: number | null;
  readonly followup: number | null;
  readonly closing: number | null;
  readonly negative: number | null;
  readonly diversity: number | null;
  readonly trending: number | null;
  readonly trendingLocal: number | null;
  readonly trendingGlobal: number | null;
  readonly rising: number | null;
  readonly editorial: number | null;
  readonly news: number | null;
  readonly sports: number | null;
  readonly discount: number | null;
  readonly collaborative: number | null;
}
