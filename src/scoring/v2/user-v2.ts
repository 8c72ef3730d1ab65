/** What algorithm v2 reads of a person, as of the request. Times are milliseconds since 1970. */
export interface UserV2 {
  readonly topics: readonly TopicTasteV2[];
  /** Events of the present session; 0 when it is over. */
  readonly sessionEvents: number;
  /** Time since the last event. */
  readonly idleMs: number;
  /** Distinct markets with a positively weighted event, latest first, at most 200. */
  readonly engagements: readonly EngagementV2[];
  /** Dwell times seen, by category. */
  readonly dwellByCategory: ReadonlyMap<string, { readonly totalMs: number; readonly events: number }>;
  /** Markets the person looked at, and the probability then (NaN when there was none). */
  readonly views: readonly { readonly marketId: string; readonly probability: number }[];
  /** Markets the person was shown lately. */
  readonly impressions: readonly ImpressionV2[];
  /** Markets the person traded in or opened before, and how they stood then. */
  readonly held: readonly HeldV2[];
}

/** A topic's decayed sums. */
export interface TopicTasteV2 {
  readonly kind: 'CATEGORY' | 'TAG';
  readonly key: string;
  readonly longTerm: number;
  /** 0 when the session is over. */
  readonly session: number;
}

export interface EngagementV2 {
  readonly marketId: string;
  readonly atMs: number;
  /** Above 0. */
  readonly weight: number;
  /** Whether it happened in the present session. */
  readonly inSession: boolean;
}

export interface ImpressionV2 {
  readonly marketId: string;
  /** How often within the last 24 hours. */
  readonly count24h: number;
  readonly lastShownAtMs: number;
  /** When last shown; NaN when there was none. */
  readonly probability: number;
  /** When last shown. */
  readonly volume24h: number;
  /** Showings within 24 hours, and within 7 days, since the person last clicked it. */
  readonly ignored24h: number;
  readonly ignored7d: number;
  /** The first of those within 7 days; NaN without one. */
  readonly ignoredSinceMs: number;
}

/** A market that a person has had to do with already. */
export interface HeldV2 {
  readonly marketId: string;
  /** When they last traded in it; NaN for never. */
  readonly tradedAtMs: number;
  /** When they last did anything positive with it; NaN for never. */
  readonly openedAtMs: number;
  /** When they last looked at it or traded in it; NaN when that is not known. */
  readonly probability: number;
}
