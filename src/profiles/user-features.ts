import type { DecayConfig } from '../domain/decay.js';
import {
  MAX_ENGAGEMENTS_WITH_TOPICS,
  type EngagementState,
  type EngagementTopics,
  type FullProfile,
  type ProfileState,
} from '../domain/profile.js';
import { DAY_MS } from '../lib/time.js';
import type { ScoringUser } from '../scoring/v1/inputs.js';
import type {
  MarketEngagement,
  KnownMarket,
  MarketImpressions,
  TopicPoints,
  UserFeatures,
} from '../scoring/v2/features.js';
import { hasNoAffinity, topicAffinity } from './profile-decay.js';

/** Algorithm v1 compares markets with engagements of this window. */
const RECENT_WINDOW_MS_V1 = DAY_MS;

/** Maximum number of engagements, the latest, that algorithm v2 reads. */
const MAX_ENGAGEMENTS_V2 = 200;

/** Returns the features of a user for algorithm v1 as of `nowMs`; null for a user without interactions. */
export function userFeaturesV1(state: FullProfile, nowMs: number): ScoringUser | null {
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
    recentMarkets: recentMarketsV1(state, nowMs),
  };
}

function recentMarketsV1({ engagements }: FullProfile, nowMs: number): ScoringUser['recentMarkets'] {
  const recent: { engagedAtMs: number; id: string; topics: EngagementTopics }[] = [];
  for (const { marketId: id, engagedAtMs, topics } of engagements.values()) {
    if (engagedAtMs !== null && topics !== null && engagedAtMs >= nowMs - RECENT_WINDOW_MS_V1) {
      recent.push({ engagedAtMs, id, topics });
    }
  }
  return recent
    .sort((a, b) => b.engagedAtMs - a.engagedAtMs || (a.id < b.id ? -1 : 1))
    .slice(0, MAX_ENGAGEMENTS_WITH_TOPICS)
    .map(({ id, topics: { category, tags } }) => ({ id, category, tags }));
}

/**
 * Returns the features of a user for algorithm v2 as of `nowMs`; null for a user without interactions and impressions.
 */
export function userFeaturesV2(state: ProfileState, nowMs: number, decay: DecayConfig): UserFeatures | null {
  if (state.totalInteractions === 0 && state.impressions.size === 0) return null;
  const idleMs = nowMs - (state.lastActiveAtMs ?? -Infinity);
  const sessionStartedAtMs = idleMs < decay.sessionIdleMs ? state.sessionStartedAtMs : null;
  const topics: TopicPoints[] = [];
  const dwellByCategory = new Map<string, { totalMs: number; events: number }>();
  for (const topic of state.topics.values()) {
    const { kind, key, dwellMsTotal: totalMs, dwellEvents: events } = topic;
    if (!hasNoAffinity(topic)) topics.push({ kind, key, ...topicAffinity(topic, state, nowMs, decay) });
    if (events > 0) dwellByCategory.set(key, { totalMs, events });
  }
  return {
    topics,
    sessionEvents: sessionStartedAtMs === null ? 0 : state.sessionInteractions,
    idleMs,
    engagements: latestEngagementsV2(state.engagements, sessionStartedAtMs ?? Infinity),
    dwellByCategory,
    views: viewsV2(state.engagements),
    impressions: impressionsV2(state, nowMs),
    knownMarkets: knownMarketsV2(state),
  };
}

function latestEngagementsV2(
  engagements: ReadonlyMap<string, EngagementState>,
  sessionStartedAtMs: number,
): MarketEngagement[] {
  const latest: MarketEngagement[] = [];
  for (const { marketId, engagedAtMs: atMs, weight } of engagements.values()) {
    if (atMs !== null) latest.push({ marketId, atMs, weight, inSession: atMs >= sessionStartedAtMs });
  }
  return latest
    .sort((a, b) => b.atMs - a.atMs || (a.marketId < b.marketId ? -1 : 1))
    .slice(0, MAX_ENGAGEMENTS_V2);
}

function viewsV2(engagements: ReadonlyMap<string, EngagementState>): UserFeatures['views'] {
  const views: { marketId: string; probability: number }[] = [];
  for (const { marketId, viewedAtMs, viewProbability } of engagements.values()) {
    if (viewedAtMs !== null) views.push({ marketId, probability: viewProbability ?? NaN });
  }
  return views;
}

function knownMarketsV2({ engagements }: ProfileState): KnownMarket[] {
  const engaged: KnownMarket[] = [];
  for (const engagement of engagements.values()) {
    const { marketId, engagedAtMs, tradedAtMs } = engagement;
    if (engagedAtMs === null && tradedAtMs === null) continue;
    engaged.push({
      marketId,
      tradedAtMs: tradedAtMs ?? NaN,
      openedAtMs: engagedAtMs ?? NaN,
      probability: lastSeenProbability(engagement) ?? NaN,
    });
  }
  return engaged;
}

/** As of the later of the last view and the last trade. */
function lastSeenProbability(engagement: EngagementState): number | null {
  const { viewedAtMs, viewProbability, tradedAtMs, tradedProbability } = engagement;
  return (tradedAtMs ?? -Infinity) >= (viewedAtMs ?? -Infinity) ? tradedProbability : viewProbability;
}

/** An impression counts as ignored if the user did not click or view the market at or after it. */
function impressionsV2({ impressions, engagements }: ProfileState, nowMs: number): MarketImpressions[] {
  const features: MarketImpressions[] = [];
  for (const { marketId, shownAtMs, probability, volume24h } of impressions.values()) {
    const [lastShownAtMs] = shownAtMs;
    if (lastShownAtMs === undefined) continue;
    const clickedAtMs = engagements.get(marketId)?.viewedAtMs ?? -Infinity;
    let count24h = 0;
    let ignored24h = 0;
    let ignored7d = 0;
    let ignoredSinceMs = NaN;
    for (const atMs of shownAtMs) {
      const isWithin24h = nowMs - atMs < DAY_MS;
      if (isWithin24h) count24h += 1;
      if (atMs <= clickedAtMs || nowMs - atMs >= 7 * DAY_MS) continue;
      if (isWithin24h) ignored24h += 1;
      ignored7d += 1;
      ignoredSinceMs = atMs;
    }
    features.push({
      ...{ marketId, count24h, lastShownAtMs, volume24h, ignored24h, ignored7d, ignoredSinceMs },
      probability: probability ?? NaN,
    });
  }
  return features;
}
