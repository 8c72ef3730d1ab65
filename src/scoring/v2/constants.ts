/*
 * The constants of the formulas of algorithm v2. The values are in the ranking config under `v2` and `impressions`;
 * docs/configuration.md has their ranges.
 */

/** The constants of the score components. */
export interface ComponentConstants {
  readonly affinity: AffinityConstants;
  readonly similarity: SimilarityConstants;
  readonly continuity: ContinuityConstants;
  readonly freshness: FreshnessConstants;
  readonly trend: TrendConstants;
}

export interface AffinityConstants {
  /** Points at which a long-term affinity is tanh(1) = 0.76. */
  readonly longTermScale: number;
  /** Points at which a session affinity is tanh(1) = 0.76. */
  readonly sessionScale: number;
  /** Number of session events at which the session has half the weight, before idle time reduces it. */
  readonly sessionEvents: number;
  readonly sessionIdleHalfLifeMinutes: number;
  /** Factor of a category's affinity relative to a tag's, 0–1. */
  readonly categoryFactor: number;
  /** Share of the strongest topic in interest, 0–1; the mean of all topics has the rest. */
  readonly strongest: number;
}

export interface SimilarityConstants {
  /** Share of the nearest market in similarity, 0–1; the centroid has the rest. */
  readonly nearest: number;
  /** Number of latest markets among which the nearest is searched. */
  readonly nearestMarkets: number;
  readonly nearestHalfLifeDays: number;
  /** Number of latest markets in the centroid. */
  readonly centroidMarkets: number;
  readonly centroidHalfLifeDays: number;
  /** Factor in the centroid for markets of the current session. */
  readonly sessionFactor: number;
}

export interface ContinuityConstants {
  readonly windowDays: number;
  readonly halfLifeDays: number;
  /** Weight of a sibling relative to a market of the same event, 0–1. */
  readonly sibling: number;
  /** Number of latest markets whose siblings count. */
  readonly siblingsOf: number;
  /** Number of later engagements after which a market's siblings count half. */
  readonly siblingMarkets: number;
  /** Distance in creation rank at which a sibling counts half. */
  readonly siblingDistance: number;
}

export interface FreshnessConstants {
  /** Age at which a market is half as fresh as a new one. */
  readonly halfAfterDays: number;
}

export interface TrendConstants {
  /** Share of the current trending score, 0–1; popularity over weeks has the rest. */
  readonly now: number;
}

/** The constants of impression discount, engagement discount and frequency cap. */
export interface ImpressionConstants {
  /** Exponent of the impression discount per impression within 24 hours. */
  readonly perImpression: number;
  /** Additional loss right after an impression, 0–1. */
  readonly justShown: number;
  /** Half-life of that loss. */
  readonly recoveryHours: number;
  /** Minimum of the impression discount, 0–1. */
  readonly floor: number;
  /** Impressions within 24 hours without a click that remove a market. */
  readonly hardCap: number;
  readonly cooldown: CooldownConstants;
  readonly changed: ChangeConstants;
  readonly engagement: EngagementDiscountConstants;
}

/** The cooldown removes a market after ignored impressions over several days. Both conditions must hold. */
export interface CooldownConstants {
  /** Age of the first ignored impression within a week. */
  readonly afterDays: number;
  /** Number of ignored impressions within a week. */
  readonly afterImpressions: number;
}

export interface EngagementDiscountConstants {
  /** Loss right after a trade, 0–1. */
  readonly traded: number;
  readonly tradedHalfLifeDays: number;
  /** Loss right after any other engagement, 0–1. */
  readonly opened: number;
  readonly openedHalfLifeDays: number;
}

/** Thresholds above which a market counts as changed. One is enough. */
export interface ChangeConstants {
  /** Absolute change of the log-odds. */
  readonly logit: number;
  /** Absolute change of the probability. */
  readonly probability: number;
  /** Ratio of volume24h to the earlier volume24h. */
  readonly volumeFactor: number;
}
