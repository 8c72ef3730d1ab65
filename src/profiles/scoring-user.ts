import type { EngagementState, ProfileState } from '../repositories/profile-state.js';
import type { ScoringUser } from '../scoring/types.js';

const RECENT_MARKETS = 20;
const RECENT_WINDOW_MS = 24 * 3_600_000;

/** What the formulas read of a person at an instant; null for one without interactions. */
export function scoringUser(state: ProfileState, nowMs: number): ScoringUser | null {
  if (state.totalInteractions === 0) return null;
  const categoryPoints = new Map<string, number>();
  const tagPoints = new Map<string, number>();
  const dwellByCategory = new Map<string, { totalMs: number; events: number }>();
  for (const topic of state.topics.values()) {
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
    recentMarkets: recentEngagements(state, nowMs).map(({ marketId: id, category, tags }) => ({
      id,
      category,
      tags,
    })),
  };
}

function recentEngagements(state: ProfileState, nowMs: number): EngagementState[] {
  return [...state.engagements.values()]
    .flatMap((engagement) => {
      const { engagedAtMs } = engagement;
      return engagedAtMs !== null && engagedAtMs >= nowMs - RECENT_WINDOW_MS
        ? [{ engagement, engagedAtMs }]
        : [];
    })
    .sort((a, b) => b.engagedAtMs - a.engagedAtMs || (a.engagement.marketId < b.engagement.marketId ? -1 : 1))
    .slice(0, RECENT_MARKETS)
    .map(({ engagement }) => engagement);
}
