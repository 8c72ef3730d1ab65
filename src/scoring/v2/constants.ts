/** The constants of algorithm v2; the values live in the ranking config, under `v2`. */
export interface V2Constants {
  /** What each part counts; a part is 0–1 before its weight. */
  readonly weights: {
    readonly interest: number;
    readonly similarity: number;
    readonly continuity: number;
    readonly depth: number;
    readonly freshness: number;
    readonly followup: number;
    readonly closing: number;
    /** Subtracted. */
    readonly negative: number;
    readonly trending: number;
    readonly rising: number;
    readonly editorial: number;
    readonly news: number;
    readonly sports: number;
    readonly collaborative: number;
  };
  readonly taste: TasteConstants;
  readonly similarity: SimilarityConstants;
  readonly continuity: ContinuityConstants;
  readonly freshness: FreshnessConstants;
  readonly trend: TrendConstants;
}

export interface TrendConstants {
  /** The share of the last hours' trend, 0–1; what has been popular for some time has the rest. */
  readonly now: number;
}

export interface TasteConstants {
  /** Points at which a long-term taste is tanh(1) = 0.76. */
  readonly longTermScale: number;
  /** The same for the session's. */
  readonly sessionScale: number;
  /** With so many events the session has half the say, before idle time takes from it. */
  readonly sessionEvents: number;
  readonly sessionIdleHalfLifeMinutes: number;
  /** What a category's taste counts beside a tag's, 0–1. */
  readonly categoryFactor: number;
  /** The strongest topic's share of interest, 0–1; the mean of all has the rest. */
  readonly strongest: number;
}

export interface SimilarityConstants {
  /** The nearest market's share of similarity, 0–1; the sum of all has the rest. */
  readonly nearest: number;
  /** How many markets the nearest is looked for among, the latest. */
  readonly nearestMarkets: number;
  readonly nearestHalfLifeDays: number;
  /** How many markets the sum is of, the latest. */
  readonly centroidMarkets: number;
  readonly centroidHalfLifeDays: number;
  /** How much more a market of the present session counts in the sum. */
  readonly sessionFactor: number;
}

export interface ContinuityConstants {
  readonly windowDays: number;
  readonly halfLifeDays: number;
  /** What a sibling counts beside a market of the same event, 0–1. */
  readonly sibling: number;
  /** Of how many markets siblings are looked for, the latest. */
  readonly siblingsOf: number;
  /** A market's siblings count half after so many others were engaged with since. */
  readonly siblingMarkets: number;
  /** A sibling so many places away in the order of creation counts half. */
  readonly siblingPlaces: number;
}

export interface FreshnessConstants {
  /** A market of this age is half as fresh as a new one. */
  readonly halfAfterDays: number;
}

/** What having been shown, and having been traded in, does to a market; in the config under `impressions`. */
export interface ImpressionConstants {
  readonly perShowing: number;
  /** What a market loses right after a showing, 0–1. */
  readonly justShown: number;
  /** Half-life of that loss. */
  readonly recoveryHours: number;
  /** The least that having been shown leaves, 0–1. */
  readonly floor: number;
  /** So many showings in 24 hours without a click leave a card out. */
  readonly hardCap: number;
  readonly rest: RestConstants;
  readonly changed: ChangeConstants;
  readonly held: HeldConstants;
}

/** When a card that is ignored day after day is left out. */
export interface RestConstants {
  /** It was shown without a click for so long, within a week, */
  readonly afterDays: number;
  /** and so often. */
  readonly afterShowings: number;
}

/** What a market that the person has had to do with already loses. */
export interface HeldConstants {
  /** Right after a trade, 0–1. */
  readonly traded: number;
  readonly tradedHalfLifeDays: number;
  /** Right after any other engagement, 0–1. */
  readonly opened: number;
  readonly openedHalfLifeDays: number;
}

/** How much is enough to show a market as if it were new; one of them is. */
export interface ChangeConstants {
  readonly logit: number;
  readonly probability: number;
  readonly volumeFactor: number;
}

/** How the words of a market are counted. */
export interface TextConstants {
  /** How often a word of the category counts. */
  readonly categoryCount: number;
  /** How often a word of a tag counts. */
  readonly tagCount: number;
}

export const TEXT_CONSTANTS: TextConstants = { categoryCount: 2, tagCount: 1 };
