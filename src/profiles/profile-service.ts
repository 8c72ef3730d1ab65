import type { Clock } from '../config/clock.js';
import type { ProfileState, TopicKind } from '../repositories/profile-state.js';
import { orUnavailable } from '../repositories/unavailable.js';
import { isForgotten } from './forget-faded.js';
import type { ProfileCache } from './profile-cache.js';
import type { ProfileMemory } from './profile-memory.js';
import { topicTaste } from './topic-taste.js';
import { usualStake, type UsualStake } from './usual-stake.js';

export type { ProfileState } from '../repositories/profile-state.js';

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

export class ProfileService {
  constructor(
    private readonly parts: { profiles: Pick<ProfileCache, 'getMany'>; memory: ProfileMemory; clock: Clock },
  ) {}

  /**
   * The states of these people in the order asked, from memory or in one read; a person never seen has an empty one.
   *
   * @throws {BellwetherError} UNAVAILABLE when the database is not there.
   */
  load(userKeys: readonly string[]): Promise<ProfileState[]> {
    return orUnavailable('The profiles could not be read now.', () => this.parts.profiles.getMany(userKeys));
  }

  /** The profile to show, decayed to now. */
  view(state: ProfileState): UserProfile {
    const nowMs = this.parts.clock();
    const { memory } = this.parts;
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
      usualStake: usualStake(state.stakes),
    };
  }
}

function topTopics(state: ProfileState, kind: TopicKind, nowMs: number, memory: ProfileMemory): TopicTaste[] {
  return [...state.topics.values()]
    .filter((topic) => topic.kind === kind && topic.points > 0 && !isForgotten(topic))
    .sort((a, b) => b.points - a.points || (a.key < b.key ? -1 : 1))
    .slice(0, TOP_TOPICS)
    .map((topic) => ({
      topic: topic.label,
      score: topic.points,
      ...topicTaste(topic, state, nowMs, memory),
    }));
}
