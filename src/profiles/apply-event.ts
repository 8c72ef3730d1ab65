import type {
  EngagementState,
  ImpressionState,
  ProfileState,
  StakeState,
  TopicId,
  TopicState,
} from '../repositories/profile-state.js';
import { topicKey } from '../repositories/market.js';
import { MARKETS_KEPT, topicId } from '../repositories/profile-state.js';
import { addDecayed } from '../scoring/decay.js';
import type { EventType } from '../scoring/event-weight.js';
import type { ProfileMemory } from './profile-memory.js';

/** An event as a profile takes it in: already checked, weighed, and joined with its market. */
export interface ProfileEvent {
  readonly eventType: EventType;
  readonly occurredAtMs: number;
  /** Dwell factor included. */
  readonly weight: number;
  readonly dwellMs: number | null;
  readonly country: string | null;
  /** What was staked; null when nothing was. */
  readonly stake: number | null;
  readonly market: {
    readonly id: string;
    readonly category: string;
    readonly tags: readonly string[];
    /** When the event was taken. */
    readonly probability: number | null;
    readonly volume24h: number;
  };
}

const STAKES_KEPT = 200;
const STAKES_KEPT_A_CATEGORY = 20;
const IMPRESSIONS_KEPT = 32;
const IMPRESSION_WINDOW_MS = 7 * 24 * 3_600_000;

/**
 * The state of a person after one event. Pure: the same states and events give the same result, and
 * what did not change is the same object as before. Events may come late: a sum takes one that is older
 * than itself in decayed, and what was "the latest" stays the latest.
 */
export function applyEvent(state: ProfileState, event: ProfileEvent, memory: ProfileMemory): ProfileState {
  if (event.eventType === 'IMPRESSION') {
    const impressions = withImpression(state, event);
    return { ...state, impressions: bounded(impressions, ({ shownAtMs }) => shownAtMs[0] ?? 0) };
  }
  const session = sessionAfter(state, event, memory);
  return {
    ...state,
    totalInteractions: state.totalInteractions + 1,
    country: countryAfter(state, event),
    lastActiveAtMs: Math.max(state.lastActiveAtMs ?? event.occurredAtMs, event.occurredAtMs),
    ...session,
    topics: topicsAfter(state, event, session.sessionStartedAtMs, memory),
    engagements: bounded(withEngagement(state.engagements, event), ({ engagedAtMs, viewedAtMs }) =>
      Math.max(engagedAtMs ?? 0, viewedAtMs ?? 0),
    ),
    hidden: hiddenAfter(state.hidden, event),
    impressions: isView(event.eventType) ? withClick(state.impressions, event) : state.impressions,
    stakes: stakesAfter(state.stakes, event),
  };
}

/** The newest by time, once there are a tenth more than a state holds. */
function bounded<Value>(
  values: ReadonlyMap<string, Value>,
  timeOf: (value: Value) => number,
): ReadonlyMap<string, Value> {
  if (values.size <= MARKETS_KEPT * 1.1) return values;
  return new Map([...values].sort(([, a], [, b]) => timeOf(b) - timeOf(a)).slice(0, MARKETS_KEPT));
}

/** Newest first: of each category the latest 20, of all at most 200. */
function stakesAfter(stakes: readonly StakeState[], event: ProfileEvent): readonly StakeState[] {
  if (event.stake === null) return stakes;
  const category = topicKey(event.market.category);
  let ofCategory = 0;
  return [{ category, stake: event.stake, atMs: event.occurredAtMs }, ...stakes]
    .sort((a, b) => b.atMs - a.atMs)
    .filter((stake) => stake.category !== category || ++ofCategory <= STAKES_KEPT_A_CATEGORY)
    .slice(0, STAKES_KEPT);
}

/** The events by which a person has seen a market's probability. */
function isView(eventType: EventType): boolean {
  return eventType === 'VIEW_MARKET' || eventType === 'CLICK';
}

function countryAfter(state: ProfileState, event: ProfileEvent): string | null {
  if (event.country === null) return state.country;
  const isLatest = event.occurredAtMs >= (state.lastActiveAtMs ?? -Infinity);
  return isLatest ? event.country : (state.country ?? event.country);
}

function sessionAfter(
  state: ProfileState,
  event: ProfileEvent,
  memory: ProfileMemory,
): { sessionStartedAtMs: number; sessionInteractions: number } {
  const { sessionStartedAtMs, sessionInteractions, lastActiveAtMs } = state;
  if (sessionStartedAtMs === null || lastActiveAtMs === null) {
    return { sessionStartedAtMs: event.occurredAtMs, sessionInteractions: 1 };
  }
  if (event.occurredAtMs - lastActiveAtMs >= memory.sessionIdleMs) {
    return { sessionStartedAtMs: event.occurredAtMs, sessionInteractions: 1 };
  }
  // A late event belongs to an earlier session, unless it is close enough to have begun this one.
  if (sessionStartedAtMs - event.occurredAtMs >= memory.sessionIdleMs) {
    return { sessionStartedAtMs, sessionInteractions };
  }
  return {
    sessionStartedAtMs: Math.min(sessionStartedAtMs, event.occurredAtMs),
    sessionInteractions: sessionInteractions + 1,
  };
}

function topicsAfter(
  state: ProfileState,
  event: ProfileEvent,
  sessionStartedAtMs: number,
  memory: ProfileMemory,
): ReadonlyMap<TopicId, TopicState> {
  if (event.weight === 0 && event.dwellMs === null) return state.topics;
  const topics = new Map(state.topics);
  const add = (kind: 'CATEGORY' | 'TAG', label: string, weight: number, dwellMs: number | null): void => {
    const key = topicKey(label);
    const id = topicId(kind, key);
    const before = topics.get(id) ?? {
      ...{ kind, key, label, points: 0, longTerm: 0, session: 0, dwellMsTotal: 0, dwellEvents: 0 },
      updatedAtMs: event.occurredAtMs,
    };
    const longTerm = addDecayed(
      before.longTerm,
      before.updatedAtMs,
      weight,
      event.occurredAtMs,
      memory.longTermHalfLifeMs,
    );
    topics.set(id, {
      ...before,
      points: before.points + weight,
      longTerm: longTerm.score,
      session: sessionScore(before, event, weight, sessionStartedAtMs, memory),
      updatedAtMs: longTerm.atMs,
      dwellMsTotal: before.dwellMsTotal + (dwellMs ?? 0),
      dwellEvents: before.dwellEvents + (dwellMs === null ? 0 : 1),
    });
  };
  add('CATEGORY', event.market.category, event.weight, event.dwellMs);
  for (const tag of event.market.tags) add('TAG', tag, event.weight * memory.tagFactor, null);
  return topics;
}

/** A topic's sum within the present session, as of the later of its last change and this event. */
function sessionScore(
  before: TopicState,
  event: ProfileEvent,
  weight: number,
  sessionStartedAtMs: number,
  memory: ProfileMemory,
): number {
  const present = before.updatedAtMs < sessionStartedAtMs ? 0 : before.session;
  if (event.occurredAtMs < sessionStartedAtMs) return present;
  return addDecayed(present, before.updatedAtMs, weight, event.occurredAtMs, memory.sessionHalfLifeMs).score;
}

function withEngagement(
  engagements: ReadonlyMap<string, EngagementState>,
  event: ProfileEvent,
): ReadonlyMap<string, EngagementState> {
  const { id: marketId, category, tags, probability } = event.market;
  const before = engagements.get(marketId);
  const engaged = event.weight > 0 && event.occurredAtMs >= (before?.engagedAtMs ?? -Infinity);
  const viewed = isView(event.eventType) && event.occurredAtMs >= (before?.viewedAtMs ?? -Infinity);
  const traded = event.eventType === 'PARTICIPATE' && event.occurredAtMs >= (before?.tradedAtMs ?? -Infinity);
  if (!engaged && !viewed && !traded) return engagements;
  return new Map(engagements).set(marketId, {
    marketId,
    engagedAtMs: engaged ? event.occurredAtMs : (before?.engagedAtMs ?? null),
    weight: engaged ? event.weight : (before?.weight ?? 0),
    viewedAtMs: viewed ? event.occurredAtMs : (before?.viewedAtMs ?? null),
    viewProbability: viewed ? probability : (before?.viewProbability ?? null),
    tradedAtMs: traded ? event.occurredAtMs : (before?.tradedAtMs ?? null),
    tradedProbability: traded ? probability : (before?.tradedProbability ?? null),
    category: topicKey(category),
    tags: tags.map(topicKey),
  });
}

function hiddenAfter(hidden: ReadonlyMap<string, number>, event: ProfileEvent): ReadonlyMap<string, number> {
  const { id } = event.market;
  const hiddenAtMs = hidden.get(id) ?? -Infinity;
  if (event.eventType === 'HIDE') {
    return event.occurredAtMs > hiddenAtMs ? new Map(hidden).set(id, event.occurredAtMs) : hidden;
  }
  if (event.eventType !== 'UNHIDE' || !hidden.has(id) || event.occurredAtMs < hiddenAtMs) return hidden;
  const left = new Map(hidden);
  left.delete(id);
  return left;
}

function withImpression(
  { impressions, engagements }: ProfileState,
  event: ProfileEvent,
): ReadonlyMap<string, ImpressionState> {
  const { id: marketId, probability, volume24h } = event.market;
  const before = impressions.get(marketId);
  const lastShownAtMs = before?.shownAtMs[0] ?? -Infinity;
  const shownAtMs = [event.occurredAtMs, ...(before?.shownAtMs ?? [])].sort((a, b) => b - a);
  const newestMs = shownAtMs[0] ?? event.occurredAtMs;
  const kept = shownAtMs.filter((atMs) => newestMs - atMs < IMPRESSION_WINDOW_MS).slice(0, IMPRESSIONS_KEPT);
  if (before !== undefined && event.occurredAtMs < lastShownAtMs) {
    return new Map(impressions).set(marketId, { ...before, shownAtMs: kept });
  }
  return new Map(impressions).set(marketId, {
    marketId,
    shownAtMs: kept,
    probability,
    volume24h,
    // A page often reports what it showed after what was clicked on it.
    clickedSince: (engagements.get(marketId)?.viewedAtMs ?? -Infinity) >= event.occurredAtMs,
  });
}

function withClick(
  impressions: ReadonlyMap<string, ImpressionState>,
  event: ProfileEvent,
): ReadonlyMap<string, ImpressionState> {
  const before = impressions.get(event.market.id);
  const lastShownAtMs = before?.shownAtMs[0] ?? -Infinity;
  if (before === undefined || before.clickedSince || event.occurredAtMs < lastShownAtMs) return impressions;
  return new Map(impressions).set(event.market.id, { ...before, clickedSince: true });
}
