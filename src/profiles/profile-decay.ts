import type { RankingConfig } from '../config/schema/ranking-schema.js';
import { decay, type DecayConfig } from '../domain/decay.js';
import type { ImpressionState, ProfileState, TopicId, TopicState } from '../domain/profile.js';
import { DAY_MS, MINUTE_MS } from '../lib/time.js';

export function decayConfig(config: RankingConfig): DecayConfig {
  return {
    longTermHalfLifeMs: config.profile.longTermHalfLifeDays * DAY_MS,
    sessionHalfLifeMs: config.profile.sessionHalfLifeMinutes * MINUTE_MS,
    sessionIdleMs: config.profile.sessionIdleMinutes * MINUTE_MS,
    tagFactor: config.events.tagFactor,
  };
}

/** Returns a decay config that follows reloads: each property has the value of the config at the time of the read. */
export function liveDecayConfig(config: () => RankingConfig): DecayConfig {
  let last = config();
  let values = decayConfig(last);
  const current = (): DecayConfig => {
    const now = config();
    if (now !== last) {
      last = now;
      values = decayConfig(now);
    }
    return values;
  };
  return {
    get longTermHalfLifeMs() {
      return current().longTermHalfLifeMs;
    },
    get sessionHalfLifeMs() {
      return current().sessionHalfLifeMs;
    },
    get sessionIdleMs() {
      return current().sessionIdleMs;
    },
    get tagFactor() {
      return current().tagFactor;
    },
  };
}

/** Returns the long-term and session affinity for a topic, decayed to `nowMs`. */
export function topicAffinity(
  topic: TopicState,
  state: ProfileState,
  nowMs: number,
  config: DecayConfig,
): { longTerm: number; session: number } {
  const elapsedMs = nowMs - topic.updatedAtMs;
  const inSession =
    state.sessionStartedAtMs !== null &&
    topic.updatedAtMs >= state.sessionStartedAtMs &&
    nowMs - (state.lastActiveAtMs ?? -Infinity) < config.sessionIdleMs;
  return {
    longTerm: decay(topic.longTerm, elapsedMs, config.longTermHalfLifeMs),
    session: inSession ? decay(topic.session, elapsedMs, config.sessionHalfLifeMs) : 0,
  };
}

/** Bounds below which {@link removeDecayed} removes entries of a profile. */
export interface DecayLimits {
  /** Points of absolute long-term affinity; 0 removes no topic. */
  readonly minAffinity: number;
  /** Age at which an impression expires; at least 7 days apply. */
  readonly impressionMaxAgeMs: number;
}

/** Impressions are counted over 7 days; of older ones, only the latest of a market is read. */
const IMPRESSION_COUNT_WINDOW_MS = 7 * DAY_MS;

/**
 * Removes decayed topics and expired impressions from a profile. Pure. For users whose session has ended.
 *
 * The dwell times of a category stay. So the score components `interest` and `negative` of algorithm v2 change by less
 * than tanh(minAffinity / longTermScale), as every removed affinity is smaller than that. Algorithm v1 reads the lifetime
 * sums, which do not change.
 *
 * @returns the profile, the same object if nothing was removed; and the number of removed topics.
 */
export function removeDecayed<Profile extends ProfileState>(
  state: Profile,
  nowMs: number,
  config: DecayConfig,
  { minAffinity, impressionMaxAgeMs }: DecayLimits,
): { readonly state: Profile; readonly removedTopics: number } {
  let removedTopics = 0;
  const topics = new Map<TopicId, TopicState>();
  for (const [id, topic] of state.topics) {
    const isDecayed = Math.abs(topicAffinity(topic, state, nowMs, config).longTerm) < minAffinity;
    const hasDwell = topic.dwellEvents > 0;
    if (!isDecayed || (hasNoAffinity(topic) && hasDwell)) {
      topics.set(id, topic);
      continue;
    }
    removedTopics += 1;
    if (hasDwell) topics.set(id, { ...topic, longTerm: 0, session: 0 });
  }
  const impressions = withoutExpired(state.impressions, nowMs, impressionMaxAgeMs);
  if (removedTopics === 0 && impressions === state.impressions) return { state, removedTopics };
  return {
    state: { ...state, topics: removedTopics === 0 ? state.topics : topics, impressions },
    removedTopics,
  };
}

/** Whether a topic is stored only for its dwell times. */
export function hasNoAffinity({ longTerm, session }: TopicState): boolean {
  return longTerm === 0 && session === 0;
}

/**
 * Removes expired impressions. The latest impression of a remaining market stays, however old.
 *
 * @returns the same object if none has expired.
 */
function withoutExpired(
  impressions: ReadonlyMap<string, ImpressionState>,
  nowMs: number,
  maxAgeMs: number,
): ReadonlyMap<string, ImpressionState> {
  let changed = false;
  const recent = new Map<string, ImpressionState>();
  for (const [marketId, impression] of impressions) {
    const counted = impression.shownAtMs.filter(
      (atMs, index) => index === 0 || nowMs - atMs < IMPRESSION_COUNT_WINDOW_MS,
    );
    const isCut = counted.length < impression.shownAtMs.length;
    const isRecent = nowMs - (counted[0] ?? -Infinity) < Math.max(IMPRESSION_COUNT_WINDOW_MS, maxAgeMs);
    if (isRecent) recent.set(marketId, isCut ? { ...impression, shownAtMs: counted } : impression);
    changed ||= isCut || !isRecent;
  }
  return changed ? recent : impressions;
}

/** Removes the hides of markets that have ended. @returns the same object if there is none. */
export function removeEndedHides<Profile extends ProfileState>(
  state: Profile,
  tradableMarkets: ReadonlySet<string>,
): Profile {
  const hidden = [...state.hidden].filter(([marketId]) => tradableMarkets.has(marketId));
  return hidden.length === state.hidden.size ? state : { ...state, hidden: new Map(hidden) };
}
