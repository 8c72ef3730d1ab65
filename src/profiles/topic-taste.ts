import type { ProfileState, TopicState } from '../domain/profile.js';
import { decay } from '../scoring/shared/decay.js';
import type { ProfileMemory } from './profile-memory.js';

/** What is left at an instant of a topic's long-term and session taste. */
export function topicTaste(
  topic: TopicState,
  state: ProfileState,
  nowMs: number,
  memory: ProfileMemory,
): { longTerm: number; session: number } {
  const elapsedMs = nowMs - topic.updatedAtMs;
  const inSession =
    state.sessionStartedAtMs !== null &&
    topic.updatedAtMs >= state.sessionStartedAtMs &&
    nowMs - (state.lastActiveAtMs ?? -Infinity) < memory.sessionIdleMs;
  return {
    longTerm: decay(topic.longTerm, elapsedMs, memory.longTermHalfLifeMs),
    session: inSession ? decay(topic.session, elapsedMs, memory.sessionHalfLifeMs) : 0,
  };
}
