import type { TopicState } from '../../domain/profile.js';

/** Above every strength of a topic that is not part of the session. */
const IN_SESSION = 1e6;

/**
 * The order in which a profile keeps topics, the greatest first: those of the present session, then by absolute long-term
 * affinity, decayed to a common time. In half-lives; only differences have a meaning.
 */
export function topicStrength(
  { longTerm, session, updatedAtMs }: TopicState,
  sessionStartedAtMs: number,
  halfLifeMs: number,
): number {
  const isInSession = session !== 0 && updatedAtMs >= sessionStartedAtMs;
  return (isInSession ? IN_SESSION : 0) + Math.log2(Math.abs(longTerm)) + updatedAtMs / halfLifeMs;
}
