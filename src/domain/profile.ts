import type { EventType } from './event.js';
import { hashText } from './hash-text.js';

/** The stored profile of a user; its lifetime sums only if they were read. Times are milliseconds since 1970. */
export interface ProfileState {
  readonly userKey: string;
  /** Increases with every stored change; 0 for a user without events. */
  readonly version: number;
  /** Number of recorded events, without impressions. */
  readonly totalInteractions: number;
  /** The latest known country, ISO 3166-1 alpha-2. */
  readonly country: string | null;
  readonly lastActiveAtMs: number | null;
  readonly sessionStartedAtMs: number | null;
  readonly sessionInteractions: number;
  /** The strongest of each kind, at most {@link MAX_TOPICS}; see `topicStrength`. */
  readonly topics: ReadonlyMap<TopicId, TopicState>;
  /** The latest by market id, at most {@link MAX_ENGAGEMENTS}. */
  readonly engagements: ReadonlyMap<string, EngagementState>;
  /** When the user hid markets, by market id; the latest, at most {@link MAX_HIDES}. */
  readonly hidden: ReadonlyMap<string, number>;
  /** The latest by market id, at most {@link MAX_IMPRESSIONS}. */
  readonly impressions: ReadonlyMap<string, ImpressionState>;
  /** Null if it was not read. */
  readonly lifetime: LifetimeState | null;
}

/** A profile with its lifetime sums. */
export interface FullProfile extends ProfileState {
  readonly lifetime: LifetimeState;
}

/** Sums that never decay. Only algorithm v1 and `userProfile` read them; feeds by algorithm v2 do not. */
export interface LifetimeState {
  /** The topics with the most points, at most {@link MAX_LIFETIME_TOPICS}. */
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
  /** Topic key of the category. */
  readonly category: string;
  readonly stake: number;
  readonly atMs: number;
}

/** Bounds of a profile. At all bounds, the columns that feeds by algorithm v2 read take about 6 KB. */
export const MAX_TOPICS = { CATEGORY: 20, TAG: 80 } as const;
export const MAX_ENGAGEMENTS = 200;
export const MAX_HIDES = 200;
export const MAX_IMPRESSIONS = 104;
export const MAX_LIFETIME_TOPICS = 2_000;

/** Engagements that keep the topics of their market. Algorithm v1 compares markets with as many. */
export const MAX_ENGAGEMENTS_WITH_TOPICS = 20;

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
  /** The decayed sum as of `updatedAtMs`. */
  readonly longTerm: number;
  /** The session's decayed sum as of `updatedAtMs`. */
  readonly session: number;
  readonly updatedAtMs: number;
  readonly dwellMsTotal: number;
  readonly dwellEvents: number;
}

export interface EngagementState {
  readonly marketId: string;
  /** The latest event of positive weight; null if there was none. */
  readonly engagedAtMs: number | null;
  readonly weight: number;
  /** The latest VIEW_MARKET or CLICK; null if there was none. */
  readonly viewedAtMs: number | null;
  readonly viewProbability: number | null;
  /** The latest PARTICIPATE; null if there was none. */
  readonly tradedAtMs: number | null;
  /** The market's probability at that trade. */
  readonly tradedProbability: number | null;
  /** The topics of the market at that time; null except for the latest {@link MAX_ENGAGEMENTS_WITH_TOPICS}. */
  readonly topics: EngagementTopics | null;
}

/** Topic keys of a market. */
export interface EngagementTopics {
  readonly category: string;
  readonly tags: readonly string[];
}

/** The impressions of a market. */
export interface ImpressionState {
  readonly marketId: string;
  /** Newest first, at most 32. */
  readonly shownAtMs: readonly number[];
  /** At the last impression, rounded to 4 decimal places. */
  readonly probability: number | null;
  /** At the last impression, rounded to 3 significant digits; NaN if it was unknown. */
  readonly volume24h: number;
  readonly clickedSince: boolean;
}

/** A validated event with its weight and market, as `applyEvents` adds it to a profile. */
export interface ProfileEvent {
  readonly eventType: EventType;
  readonly occurredAtMs: number;
  /** Includes the dwell factor. */
  readonly weight: number;
  readonly dwellMs: number | null;
  readonly country: string | null;
  /** Null without a stake. */
  readonly stake: number | null;
  readonly market: {
    readonly id: string;
    readonly category: string;
    readonly tags: readonly string[];
    /** At the time of the event. */
    readonly probability: number | null;
    /** At the time of the event; NaN if unknown. */
    readonly volume24h: number;
  };
}

/** Returns the profile of a user without events. */
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

/** @throws {Error} if the profile was read without its lifetime sums. */
export function requireFull(profile: ProfileState): FullProfile {
  const { lifetime } = profile;
  if (lifetime === null) throw new Error('The profile was read without its lifetime sums.');
  return { ...profile, lifetime };
}

/** Thrown if the stored bytes of a profile cannot be decoded; `bellwether profile rebuild` replaces them. */
export class UnreadableProfile extends Error {
  override readonly name = 'UnreadableProfile';

  /** @param cause an `UnknownFormat` for a profile that a later version of the gateway stored. */
  constructor(cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(
      `A stored profile cannot be decoded: ${reason} If no later version of the gateway stored it, run "bellwether profile rebuild" for its user.`,
      { cause },
    );
  }
}

/** Hash of a user key, 0–65,535. The same in every process. */
export function hashUserKey(userKey: string): number {
  const hash = hashText(userKey);
  return ((hash >>> 16) ^ hash) & 0xffff;
}
