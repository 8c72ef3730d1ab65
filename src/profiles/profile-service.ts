import type { DecayConfig } from '../domain/decay.js';
import {
  emptyProfile,
  topicId,
  type FullProfile,
  type LifetimeState,
  type ProfileState,
  type StakeState,
  type TopicKind,
} from '../domain/profile.js';
import type { Clock } from '../lib/clock.js';
import type { AliasUse, UserRegister } from '../privacy/user-register.js';
import { orUnavailable } from '../storage/database-errors.js';
import type { ProfileCache } from './profile-cache.js';
import { hasNoAffinity, topicAffinity } from './profile-decay.js';

/** The profile that `userProfile` returns. */
export interface UserProfile extends User {
  readonly totalInteractions: number;
  /** The ten categories with the highest scores. */
  readonly topCategories: readonly TopicAffinity[];
  /** The ten tags with the highest scores. */
  readonly topTags: readonly TopicAffinity[];
  readonly lastActive: Date | null;
  /** Null for a user without interactions. */
  readonly session: ActivitySession | null;
  /** The latest known country, ISO 3166-1 alpha-2. */
  readonly country: string | null;
  /** Null for a user without stakes. */
  readonly usualStake: UsualStake | null;
}

/** A user as the API identifies it. */
export interface User {
  /** The pseudonym under which sinks receive the events of the user. */
  readonly id: string;
  readonly userKey: string;
}

export interface TopicAffinity {
  /** As first written. */
  readonly topic: string;
  readonly topicKey: string;
  /** The sum of event weights, which algorithm v1 reads. */
  readonly score: number;
  readonly longTerm: number;
  readonly session: number;
}

export interface ActivitySession {
  readonly startedAt: Date;
  readonly interactions: number;
  /** Whether the session has ended because no event arrived within the idle time. */
  readonly idle: boolean;
}

/** Median stakes of a user. */
export interface UsualStake {
  /** Median of the last 20 stakes. */
  readonly overall: number;
  /** Median of the last 20 stakes in each category, by topic key. */
  readonly byCategory: readonly CategoryStake[];
}

export interface CategoryStake {
  /** As first written; the topic key if the profile does not have the category any more. */
  readonly category: string;
  readonly topicKey: string;
  readonly stake: number;
}

/** Maximum number of topics of each kind in a user profile of the API. */
const TOP_TOPICS = 10;

const READ_FAILED = 'The profiles could not be read now; send the request again after retryAfterMs.';

export class ProfileService {
  constructor(
    private readonly deps: {
      profiles: Pick<ProfileCache, 'get' | 'getFull'>;
      users: Pick<UserRegister, 'isActive' | 'knownTreatmentOf'>;
      decay: DecayConfig;
      /** Maps a user key to the pseudonym of the user. */
      pseudonymOf: (userKey: string) => string;
      clock: Clock;
    },
  ) {}

  /**
   * Returns the profiles of users in the given order, from memory or with one read; an empty profile for a user without
   * events, who opted out, or who was erased, and for an ignored alias.
   *
   * @throws {BellwetherError} UNAVAILABLE if the database cannot be read.
   * @throws {UnreadableProfile} if one of them cannot be decoded.
   */
  load(userKeys: readonly string[], aliases: AliasUse = 'IGNORE'): Promise<ProfileState[]> {
    const { profiles } = this.deps;
    return this.#loadAll(userKeys, aliases, (userKey) => profiles.get(userKey));
  }

  /** Returns the same with the lifetime sums, which {@link view} and algorithm v1 need. */
  loadFull(userKeys: readonly string[], aliases: AliasUse = 'IGNORE'): Promise<FullProfile[]> {
    const { profiles } = this.deps;
    return this.#loadAll(userKeys, aliases, (userKey) => profiles.getFull(userKey));
  }

  #loadAll<Profile extends ProfileState>(
    userKeys: readonly string[],
    aliases: AliasUse,
    read: (userKey: string) => Promise<Profile>,
  ): Promise<(Profile | FullProfile)[]> {
    const { users } = this.deps;
    const loadOther = async (userKey: string): Promise<Profile | FullProfile> => {
      const treatment = await users.knownTreatmentOf(userKey, aliases);
      return treatment.kind === 'ACTIVE' ? read(treatment.userKey) : emptyProfile(userKey);
    };
    // At once, so that it shares a read with the other fields of a request.
    const load = (userKey: string): Promise<Profile | FullProfile> =>
      users.isActive(userKey) ? read(userKey) : loadOther(userKey);
    return orUnavailable(READ_FAILED, () => Promise.all(userKeys.map(load)));
  }

  /** Returns a user, known or not. */
  user(userKey: string): User {
    return { id: this.deps.pseudonymOf(userKey), userKey };
  }

  /** Returns the profile for the API, decayed to now. */
  view(state: FullProfile): UserProfile {
    const nowMs = this.deps.clock();
    const { decay } = this.deps;
    const { lastActiveAtMs, sessionStartedAtMs } = state;
    return {
      ...this.user(state.userKey),
      totalInteractions: state.totalInteractions,
      topCategories: topTopics(state, 'CATEGORY', nowMs, decay),
      topTags: topTopics(state, 'TAG', nowMs, decay),
      lastActive: lastActiveAtMs === null ? null : new Date(lastActiveAtMs),
      session:
        sessionStartedAtMs === null || lastActiveAtMs === null
          ? null
          : {
              startedAt: new Date(sessionStartedAtMs),
              interactions: state.sessionInteractions,
              idle: nowMs - lastActiveAtMs >= decay.sessionIdleMs,
            },
      country: state.country,
      usualStake: usualStake(state.lifetime),
    };
  }
}

function topTopics(state: FullProfile, kind: TopicKind, nowMs: number, decay: DecayConfig): TopicAffinity[] {
  const topics: TopicAffinity[] = [];
  const byPoints = [...state.lifetime.topics.values()]
    .filter((topic) => topic.kind === kind && topic.points > 0)
    .sort((a, b) => b.points - a.points || (a.key < b.key ? -1 : 1));
  for (const { key, label, points } of byPoints) {
    const topic = state.topics.get(topicId(kind, key));
    if (topic === undefined || hasNoAffinity(topic)) continue;
    topics.push({ topic: label, topicKey: key, score: points, ...topicAffinity(topic, state, nowMs, decay) });
    if (topics.length === TOP_TOPICS) break;
  }
  return topics;
}

/** Maximum number of latest stakes in the median. */
const USUAL_STAKE_COUNT = 20;

/** Returns the median stakes, or null without stakes. */
export function usualStake({ stakes, topics }: LifetimeState): UsualStake | null {
  if (stakes.length === 0) return null;
  const byCategory = Map.groupBy(stakes, ({ category }) => category);
  return {
    overall: medianOfLatest(stakes),
    byCategory: [...byCategory]
      .map(([key, ofCategory]) => ({
        category: topics.get(topicId('CATEGORY', key))?.label ?? key,
        topicKey: key,
        stake: medianOfLatest(ofCategory),
      }))
      .sort((a, b) => (a.topicKey < b.topicKey ? -1 : 1)),
  };
}

/** Returns the mean of the two middle stakes if their number is even. */
function medianOfLatest(stakes: readonly StakeState[]): number {
  const sorted = stakes
    .slice(0, USUAL_STAKE_COUNT)
    .map(({ stake }) => stake)
    .sort((a, b) => a - b);
  const low = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
  const high = sorted[Math.floor(sorted.length / 2)] ?? 0;
  // The sum of two stakes stored before stakes had a bound may not be finite.
  return low + (high - low) / 2;
}
