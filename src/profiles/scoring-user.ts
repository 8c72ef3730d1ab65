import { ENGAGEMENTS_WITH_TOPICS, type EngagementTopics, type FullProfile } from '../domain/profile.js';
import type { ScoringUser } from '../scoring/v1/inputs.js';

const RECENT_WINDOW_MS = 24 * 3_600_000;

/** Returns the features of a user that algorithm v1 reads at an instant; null for one without interactions. */
export function scoringUser(state: FullProfile, nowMs: number): ScoringUser | null {
  if (state.totalInteractions === 0) return null;
  const categoryPoints = new Map<string, number>();
  const tagPoints = new Map<string, number>();
  const dwellByCategory = new Map<string, { totalMs: number; events: number }>();
  for (const topic of state.lifetime.topics.values()) {
    (topic.kind === 'CATEGORY' ? categoryPoints : tagPoints).set(topic.key, topic.points);
    if (topic.dwellEvents > 0) {
      dwellByCategory.set(topic.key, { totalMs: topic.dwellMsTotal, events: topic.dwellEvents });
    }
  }
  const viewProbabilities = new Map<string, number | null>();
  for (const { marketId, viewedAtMs, viewProbability } of state.engagements.values()) {
    if (viewedAtMs !== null) viewProbabilities.set(marketId, viewProbability);
  }
  return {
    categoryPoints,
    tagPoints,
    dwellByCategory,
    viewProbabilities,
    recentMarkets: recentEngagements(state, nowMs),
  };
}

function recentEngagements({ engagements }: FullProfile, nowMs: number): ScoringUser['recentMarkets'] {
  const recent: { engagedAtMs: number; id: string; topics: EngagementTopics }[] = [];
  for (const { marketId: id, engagedAtMs, topics } of engagements.values()) {
    if (engagedAtMs !== null && topics !== null && engagedAtMs >= nowMs - RECENT_WINDOW_MS) {
      recent.push({ engagedAtMs, id, topics });
    }
  }
  return recent
    .sort((a, b) => b.engagedAtMs - a.engagedAtMs || (a.id < b.id ? -1 : 1))
    .slice(0, ENGAGEMENTS_WITH_TOPICS)
    .map(({ id, topics: { category, tags } }) => ({ id, category, tags }));
}
