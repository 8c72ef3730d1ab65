import type { Clock } from '../lib/clock.js';
import { topicId, type FullProfile, type ProfileState, type TopicKind } from '../domain/profile.js';
import { orUnavailable } from '../storage/database-errors.js';
import { isForgotten } from './forget-faded.js';
import type { ProfileCache } from './profile-cache.js';
import type { ProfileMemory } from './profile-memory.js';
import { topicTaste } from './topic-taste.js';
import { usualStake, type UsualStake } from './usual-stake.js';

export { UnreadableProfile } from '../storage/profiles/packed-profile.js';
export { requireFull, type FullProfile, type ProfileState } from '../domain/profile.js';

/** A person as the outside sees them. */
export interface UserProfile {
  readonly userKey: string;
  readonly totalInteractions: number;
  /** The ten strongest, by score. */
  readonly topCategories: readonly TopicTaste[];
  /** The ten strongest, by score. */
  readonly topTags: readonly TopicTaste[];
  readonly lastActive: Date | null;
  /** Null when the person has never been active. */
  readonly session: Session | null;
  /** ISO 3166-1 alpha-2, the last one seen. */
  readonly country: string | null;
  /** Null when the person never staked anything. */
  readonly usualStake: UsualStake | null;
}

export interface TopicTaste {
  readonly topic: string;
  /** The sum of event weights, which algorithm v1 reads. */
  readonly score: number;
  readonly longTerm: number;
  readonly session: number;
}

export interface Session {
  readonly startedAt: Date;
  readonly interactions: number;
  /** Whether it has ended for want of events. */
  readonly idle: boolean;
}

const TOP_TOPICS = 10;

const NOT_READ = 'The profiles could not be read now.';

export class ProfileService {
  constructor(
    private readonly deps: {
      profiles: Pick<ProfileCache, 'get' | 'getFull'>;
      memory: ProfileMemory;
      clock: Clock;
    },
  ) {}

  /**
   * Returns the profiles of users in the order asked, from memory or in one read; an empty one for a user never seen.
   *
   * @throws {BellwetherError} UNAVAILABLE when the database cannot be read.
   * @throws {UnreadableProfile} when one of them cannot be decoded.
   */
  load(userKeys: readonly string[]): Promise<ProfileState[]> {
    const { profiles } = this.deps;
    return orUnavailable(NOT_READ, () => Promise.all(userKeys.map((userKey) => profiles.get(userKey))));
  }

  /** Returns the same with the lifetime sums, which {@link view} and algorithm v1 need. */
  loadFull(userKeys: readonly string[]): Promise<FullProfile[]> {
    const { profiles } = this.deps;
    return orUnavailable(NOT_READ, () => Promise.all(userKeys.map((userKey) => profiles.getFull(userKey))));
  }

  /** The profile to show, decayed to now. */
  view(state: FullProfile): UserProfile {
    const nowMs = this.deps.clock();
    const { memory } = this.deps;
    const { lastActiveAtMs, sessionStartedAtMs } = state;
    return {
      userKey: state.userKey,
      totalInteractions: state.totalInteractions,
      topCategories: topTopics(state, 'CATEGORY', nowMs, memory),
      topTags: topTopics(state, 'TAG', nowMs, memory),
      lastActive: lastActiveAtMs === null ? null : new Date(lastActiveAtMs),
      session:
        sessionStartedAtMs === null || lastActiveAtMs === null
          ? null
          : {
              startedAt: new Date(sessionStartedAtMs),
              interactions: state.sessionInteractions,
              idle: nowMs - lastActiveAtMs >= memory.sessionIdleMs,
            },
      country: state.country,
      usualStake: usualStake(state.lifetime.stakes),
    };
  }
}

function topTopics(state: FullProfile, kind: TopicKind, nowMs: number, memory: ProfileMemory): TopicTaste[] {
  const topics: TopicTaste[] = [];
  const mostPointsFirst = [...state.lifetime.topics.values()]
    .filter((topic) => topic.kind === kind && topic.points > 0)
    .sort((a, b) => b.points - a.points || (a.key < b.key ? -1 : 1));
  for (const { key, label, points } of mostPointsFirst) {
    const affinity = state.topics.get(topicId(kind, key));
    if (affinity === undefined || isForgotten(affinity)) continue;
    topics.push({ topic: label, score: points, ...topicTaste(affinity, state, nowMs, memory) });
    if (topics.length === TOP_TOPICS) break;
  }
  return topics;
}
