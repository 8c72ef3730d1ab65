import type { EngagementState, ProfileState } from '../domain/profile.js';
import type {
  KnownMarket,
  MarketEngagement,
  MarketImpressions,
  TopicPoints,
  UserFeatures,
} from '../scoring/v2/features.js';
import { isForgotten } from './forget-faded.js';
import type { ProfileMemory } from './profile-memory.js';
import { topicTaste } from './topic-taste.js';

const ENGAGEMENTS = 200;
const DAY_MS = 24 * 3_600_000;

/** What algorithm v2 reads of a person at an instant; null for one of whom nothing is known. */
export function userV2(state: ProfileState, nowMs: number, memory: ProfileMemory): UserFeatures | null {
  if (state.totalInteractions === 0 && state.impressions.size === 0) return null;
  const idleMs = nowMs - (state.lastActiveAtMs ?? -Infinity);
  const sessionStartedAtMs = idleMs < memory.sessionIdleMs ? state.sessionStartedAtMs : null;
  const topics: TopicPoints[] = [];
  const dwellByCategory = new Map<string, { totalMs: number; events: number }>();
  for (const topic of state.topics.values()) {
    const { kind, key, dwellMsTotal: totalMs, dwellEvents: events } = topic;
    if (!isForgotten(topic)) topics.push({ kind, key, ...topicTaste(topic, state, nowMs, memory) });
    if (events > 0) dwellByCategory.set(key, { totalMs, events });
  }
  return {
    topics,
    sessionEvents: sessionStartedAtMs === null ? 0 : state.sessionInteractions,
    idleMs,
    engagements: latestEngagements(state.engagements, sessionStartedAtMs ?? Infinity),
    dwellByCategory,
    views: viewsOf(state.engagements),
    impressions: impressionsOf(state, nowMs),
    knownMarkets: knownMarkets(state),
  };
}

function latestEngagements(
  engagements: ReadonlyMap<string, EngagementState>,
  sessionStartedAtMs: number,
): MarketEngagement[] {
  const latest: MarketEngagement[] = [];
  for (const { marketId, engagedAtMs: atMs, weight } of engagements.values()) {
    if (atMs !== null) latest.push({ marketId, atMs, weight, inSession: atMs >= sessionStartedAtMs });
  }
  return latest.sort((a, b) => b.atMs - a.atMs || (a.marketId < b.marketId ? -1 : 1)).slice(0, ENGAGEMENTS);
}

function viewsOf(engagements: ReadonlyMap<string, EngagementState>): UserFeatures['views'] {
  const views: { marketId: string; probability: number }[] = [];
  for (const { marketId, viewedAtMs, viewProbability } of engagements.values()) {
    if (viewedAtMs !== null) views.push({ marketId, probability: viewProbability ?? NaN });
  }
  return views;
}

function knownMarkets({ engagements }: ProfileState): KnownMarket[] {
  const known: KnownMarket[] = [];
  for (const engagement of engagements.values()) {
    const { marketId, engagedAtMs, tradedAtMs } = engagement;
    if (engagedAtMs === null && tradedAtMs === null) continue;
    known.push({
      marketId,
      tradedAtMs: tradedAtMs ?? NaN,
      openedAtMs: engagedAtMs ?? NaN,
      probability: lastSeenOdds(engagement) ?? NaN,
    });
  }
  return known;
}

/** As of the later of the last look and the last trade. */
function lastSeenOdds(engagement: EngagementState): number | null {
  const { viewedAtMs, viewProbability, tradedAtMs, tradedProbability } = engagement;
  return (tradedAtMs ?? -Infinity) >= (viewedAtMs ?? -Infinity) ? tradedProbability : viewProbability;
}

function impressionsOf({ impressions, engagements }: ProfileState, nowMs: number): MarketImpressions[] {
  const lately: MarketImpressions[] = [];
  for (const { marketId, shownAtMs, probability, volume24h } of impressions.values()) {
    const [lastShownAtMs] = shownAtMs;
    if (lastShownAtMs === undefined) continue;
    const clickedAtMs = engagements.get(marketId)?.viewedAtMs ?? -Infinity;
    let count24h = 0;
    let ignored24h = 0;
    let ignored7d = 0;
    let ignoredSinceMs = NaN;
    for (const atMs of shownAtMs) {
      const isToday = nowMs - atMs < DAY_MS;
      if (isToday) count24h += 1;
      if (atMs <= clickedAtMs || nowMs - atMs >= 7 * DAY_MS) continue;
      if (isToday) ignored24h += 1;
      ignored7d += 1;
      ignoredSinceMs = atMs;
    }
    lately.push({
      ...{ marketId, count24h, lastShownAtMs, volume24h, ignored24h, ignored7d, ignoredSinceMs },
      probability: probability ?? NaN,
    });
  }
  return lately;
}
