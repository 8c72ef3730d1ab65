import type { ImpressionState, ProfileState, TopicId, TopicState } from '../domain/profile.js';
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
 * Returns a profile without what has faded: topics whose long-term affinity is below a limit, and impressions of long
 * ago. Pure; for a user whose session is over.
 *
 * The dwell times of a category stay. So the score components `interest` and `negative` of algorithm v2 change by less
 * than tanh(forgetBelow / longTermScale), as every affinity that is removed was smaller than that. Algorithm v1 reads
 * the lifetime sums, which stay as they are.
 *
 * @returns the same object when nothing has faded; and how many topics were forgotten.
 */
export function forgetFaded<Profile extends ProfileState>(
  state: Profile,
  nowMs: number,
  memory: ProfileMemory,
  { forgetBelow, impressionsKeptMs }: FadingLimits,
): { readonly state: Profile; readonly forgotten: number } {
  let forgotten = 0;
  const topics = new Map<TopicId, TopicState>();
  for (const [id, topic] of state.topics) {
    const isFaded = Math.abs(topicTaste(topic, state, nowMs, memory).longTerm) < forgetBelow;
    const hasDwell = topic.dwellEvents > 0;
    if (!isFaded || (isForgotten(topic) && hasDwell)) {
      topics.set(id, topic);
      continue;
    }
    forgotten += 1;
    if (hasDwell) topics.set(id, { ...topic, longTerm: 0, session: 0 });
  }
  const impressions = recentImpressions(state.impressions, nowMs, impressionsKeptMs);
  if (forgotten === 0 && impressions === state.impressions) return { state, forgotten };
  return { state: { ...state, topics: forgotten === 0 ? state.topics : topics, impressions }, forgotten };
}

/** Whether a topic is kept for its dwell times only. */
export function isForgotten({ longTerm, session }: TopicState): boolean {
  return longTerm === 0 && session === 0;
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

/** Returns a profile without hides of markets that are not open; the same object when there is none. */
export function forgetEnded<Profile extends ProfileState>(
  state: Profile,
  openMarkets: ReadonlySet<string>,
): Profile {
  const hidden = [...state.hidden].filter(([marketId]) => openMarkets.has(marketId));
  return hidden.length === state.hidden.size ? state : { ...state, hidden: new Map(hidden) };
}
