import type { EventType } from './event.js';

/** The stored profile of a user without the part that only few readers need. Times are milliseconds since 1970. */
export interface ProfileState {
  readonly userKey: string;
  /** Grows with every change that is stored; 0 for a user never seen. */
  readonly version: number;
  /** Number of events recorded, impressions excepted. */
  readonly totalInteractions: number;
  /** The last country seen, ISO 3166-1 alpha-2. */
  readonly country: string | null;
  readonly lastActiveAtMs: number | null;
  readonly sessionStartedAtMs: number | null;
  readonly sessionInteractions: number;
  /** The strongest of each kind, at most {@link TOPICS_KEPT}; see `topicStrength`. */
  readonly topics: ReadonlyMap<TopicId, TopicState>;
  /** The latest by market id, at most {@link ENGAGEMENTS_KEPT}. */
  readonly engagements: ReadonlyMap<string, EngagementState>;
  /** When the user hid markets, by market id; the latest, at most {@link HIDES_KEPT}. */
  readonly hidden: ReadonlyMap<string, number>;
  /** The latest by market id, at most {@link IMPRESSIONS_KEPT}. */
  readonly impressions: ReadonlyMap<string, ImpressionState>;
  /** Null when it was not read. */
  readonly lifetime: LifetimeState | null;
}

/** A profile with everything that is stored. */
export interface FullProfile extends ProfileState {
  readonly lifetime: LifetimeState;
}

/** Sums that never decay: only algorithm v1 and `userProfile` read them, so feeds by algorithm v2 do not. */
export interface LifetimeState {
  /** Those of the most points, at most {@link LIFETIME_TOPICS_KEPT}. */
  readonly topics: ReadonlyMap<TopicId, LifetimeTopic>;
  /** Newest first: the last 20 of each category, at most 200. */
  readonly stakes: readonly StakeState[];
}

export interface LifetimeTopic {
  readonly kind: TopicKind;
  readonly key: string;
  /** As first written. */
  readonly label: string;
  /** The plain sum of weights. */
  readonly points: number;
  readonly dwellMsTotal: number;
  readonly dwellEvents: number;
}

export interface StakeState {
  /** In lower case. */
  readonly category: string;
  readonly stake: number;
  readonly atMs: number;
}

/** Bounds of a profile. The hot part of a profile at all bounds takes about 6 KB. */
export const TOPICS_KEPT = { CATEGORY: 20, TAG: 80 } as const;
export const ENGAGEMENTS_KEPT = 200;
export const HIDES_KEPT = 200;
export const IMPRESSIONS_KEPT = 104;
export const LIFETIME_TOPICS_KEPT = 2_000;

/** Engagements that keep the topics of their market: algorithm v1 compares with as many. */
export const ENGAGEMENTS_WITH_TOPICS = 20;

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
  /** The topics of the market at that time; null except for the latest {@link ENGAGEMENTS_WITH_TOPICS}. */
  readonly topics: EngagementTopics | null;
}

/** Topic keys of a market. */
export interface EngagementTopics {
  readonly category: string;
  readonly tags: readonly string[];
}

export interface ImpressionState {
  readonly marketId: string;
  /** Newest first, at most 32. */
  readonly shownAtMs: readonly number[];
  /** At the last impression, rounded to 4 decimal places. */
  readonly probability: number | null;
  /** At the last impression, rounded to 3 significant digits. */
  readonly volume24h: number;
  readonly clickedSince: boolean;
}

/** An event as a profile is folded from it: validated, weighed, and joined with its market. */
export interface ProfileEvent {
  readonly eventType: EventType;
  readonly occurredAtMs: number;
  /** Dwell factor included. */
  readonly weight: number;
  readonly dwellMs: number | null;
  readonly country: string | null;
  /** Null when nothing was staked. */
  readonly stake: number | null;
  readonly market: {
    readonly id: string;
    readonly category: string;
    readonly tags: readonly string[];
    /** At the time of the event. */
    readonly probability: number | null;
    /** At the time of the event. */
    readonly volume24h: number;
  };
}

/** The profile of a user never seen. */
export function emptyProfile(userKey: string): FullProfile {
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
    lifetime: { topics: new Map(), stakes: [] },
  };
}

/** @throws {Error} when the profile was read without its lifetime sums. */
export function requireFull(profile: ProfileState): FullProfile {
  const { lifetime } = profile;
  if (lifetime === null) throw new Error('The profile was read without its lifetime sums.');
  return { ...profile, lifetime };
}
