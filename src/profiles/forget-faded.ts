import type { ImpressionState, ProfileState, TopicId, TopicState } from '../repositories/profile-state.js';
import type { ProfileMemory } from './profile-memory.js';
import { topicTaste } from './topic-taste.js';

/** From where on something is as good as forgotten. */
export interface FadingLimits {
  /** Points of long-term taste, of liking or of disliking; 0: nothing is forgotten. */
  readonly forgetBelow: number;
  /** How long a showing counts: a market not shown for so long is as if it never was. */
  readonly impressionsKeptMs: number;
}

/** A week's showings are counted; what is older is never read. */
const COUNTED_MS = 7 * 24 * 3_600_000;

/**
 * A profile without what has faded: topics whose long-term taste is below a limit, and showings of long ago. Pure; for
 * a person whose session is over.
 *
 * What algorithm v1 reads stays: a topic's points, which are a sum for ever, and how long its markets were looked at. A
 * topic that has neither goes altogether. So v1 ranks exactly as before. In v2 the parts `interest` and `negative`
 * change by less than tanh(forgetBelow / longTermScale), as every taste that is forgotten was smaller than that.
 *
 * @returns the same object when nothing has faded; and how many topics were forgotten.
 */
export function forgetFaded(
  state: ProfileState,
  nowMs: number,
  memory: ProfileMemory,
  { forgetBelow, impressionsKeptMs }: FadingLimits,
): { readonly state: ProfileState; readonly forgotten: number } {
  let forgotten = 0;
  const topics = new Map<TopicId, TopicState>();
  for (const [id, topic] of state.topics) {
    if (Math.abs(topicTaste(topic, state, nowMs, memory).longTerm) >= forgetBelow) {
      topics.set(id, topic);
    } else if (isForgotten(topic) && isReadByV1(topic)) {
      topics.set(id, topic);
    } else {
      forgotten += 1;
      if (isReadByV1(topic)) topics.set(id, { ...topic, longTerm: 0, session: 0 });
    }
  }
  const impressions = recentImpressions(state.impressions, nowMs, impressionsKeptMs);
  if (forgotten === 0 && impressions === state.impressions) return { state, forgotten };
  return { state: { ...state, topics: forgotten === 0 ? state.topics : topics, impressions }, forgotten };
}

/** Whether a topic is kept for algorithm v1 only. */
export function isForgotten({ longTerm, session }: TopicState): boolean {
  return longTerm === 0 && session === 0;
}

function isReadByV1({ points, dwellEvents }: TopicState): boolean {
  return points !== 0 || dwellEvents > 0;
}

/** The same object when none is too old. Of a market that is kept, the last showing stays however old. */
function recentImpressions(
  impressions: ReadonlyMap<string, ImpressionState>,
  nowMs: number,
  keptMs: number,
): ReadonlyMap<string, ImpressionState> {
  let changed = false;
  const recent = new Map<string, ImpressionState>();
  for (const [marketId, impression] of impressions) {
    const counted = impression.shownAtMs.filter((atMs, index) => index === 0 || nowMs - atMs < COUNTED_MS);
    const isCut = counted.length < impression.shownAtMs.length;
    const isKept = nowMs - (counted[0] ?? -Infinity) < Math.max(COUNTED_MS, keptMs);
    if (isKept) recent.set(marketId, isCut ? { ...impression, shownAtMs: counted } : impression);
    changed ||= isCut || !isKept;
  }
  return changed ? recent : impressions;
}
