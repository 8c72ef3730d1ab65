/**
 * What is remembered of a person, as it is stored. Times are milliseconds since 1970. Values are never
 * changed in place: an update makes new ones, so whatever is not the same object has changed.
 */
export interface ProfileState {
  readonly userKey: string;
  /** Grows with every change that is stored; 0 for a person never seen. */
  readonly version: number;
  /** Number of events recorded, impressions excepted. */
  readonly totalInteractions: number;
  /** The last country seen, ISO 3166-1 alpha-2. */
  readonly country: string | null;
  readonly lastActiveAtMs: number | null;
  readonly sessionStartedAtMs: number | null;
  readonly sessionInteractions: number;
  readonly topics: ReadonlyMap<TopicId, TopicState>;
  /** By market id: the latest. */
  readonly engagements: ReadonlyMap<string, EngagementState>;
  /** Ids of the markets that the person does not want to see. */
  readonly hidden: ReadonlyMap<string, number>;
  /** By market id. */
  readonly impressions: ReadonlyMap<string, ImpressionState>;
  /** Newest first: the last 20 of each category, at most 200. */
  readonly stakes: readonly StakeState[];
}

export interface StakeState {
  /** In lower case. */
  readonly category: string;
  readonly stake: number;
  readonly atMs: number;
}

/** How many of a person's latest engagements, and of the latest impressions, a state holds at least. */
export const MARKETS_KEPT = 500;

export type TopicKind = 'CATEGORY' | 'TAG';

/** `CATEGORY:politics`, `TAG:elections`. */
export type TopicId = `${TopicKind}:${string}`;

export function topicId(kind: TopicKind, key: string): TopicId {
  return `${kind}:${key}`;
}

export interface TopicState {
  readonly kind: TopicKind;
  readonly key: string;
  /** As first written. */
  readonly label: string;
  /** The plain sum of weights. */
  readonly points: number;
  /** The decaying sum as of `updatedAtMs`. */
  readonly longTerm: number;
  /** The session's decaying sum as of `updatedAtMs`. */
  readonly session: number;
  readonly updatedAtMs: number;
  readonly dwellMsTotal: number;
  readonly dwellEvents: number;
}

export interface EngagementState {
  readonly marketId: string;
  /** The latest event of positive weight; null when there was none. */
  readonly engagedAtMs: number | null;
  readonly weight: number;
  /** The latest VIEW_MARKET or CLICK; null when there was none. */
  readonly viewedAtMs: number | null;
  readonly viewProbability: number | null;
  /** The latest PARTICIPATE; null when there was none. */
  readonly tradedAtMs: number | null;
  /** The market's probability at that trade. */
  readonly tradedProbability: number | null;
  /** The market's topics in lower case, by which others are compared with it, as they were then. */
  readonly category: string;
  readonly tags: readonly string[];
}

export interface ImpressionState {
  readonly marketId: string;
  /** Newest first, at most 32. */
  readonly shownAtMs: readonly number[];
  readonly probability: number | null;
  readonly volume24h: number;
  readonly clickedSince: boolean;
}

/** The state of a person never seen. */
export function emptyProfile(userKey: string): ProfileState {
  return {
    userKey,
    version: 0,
    totalInteractions: 0,
    country: null,
    lastActiveAtMs: null,
    sessionStartedAtMs: null,
    sessionInteractions: 0,
    topics: new Map(),
    engagements: new Map(),
    hidden: new Map(),
    impressions: new Map(),
    stakes: [],
  };
}
