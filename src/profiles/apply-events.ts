import { topicKey } from '../domain/market.js';
import {
  ENGAGEMENTS_KEPT,
  ENGAGEMENTS_WITH_TOPICS,
  HIDES_KEPT,
  IMPRESSIONS_KEPT,
  topicId,
  TOPICS_KEPT,
  type EngagementState,
  type ImpressionState,
  type ProfileEvent,
  type ProfileState,
  type TopicId,
  type TopicKind,
  type TopicState,
} from '../domain/profile.js';
import { topicStrength } from '../storage/profiles/topic-strength.js';
import { addDecayed } from '../scoring/shared/decay.js';
import type { EventType } from '../domain/event.js';
import { LifetimeDraft } from './lifetime-draft.js';
import type { ProfileMemory } from './profile-memory.js';

const SHOWN_TIMES_KEPT = 32;
const IMPRESSION_WINDOW_MS = 7 * 24 * 3_600_000;

/**
 * Returns a profile after events, in their order. Pure: equal profiles and events give equal results. Events may arrive
 * late: a sum adds an event older than itself decayed, and the latest view, trade or country stays the latest.
 *
 * Every list has a bound, so the cost of an event and the size of a profile do not grow with the history.
 */
export function applyEvents<Profile extends ProfileState>(
  state: Profile,
  events: readonly ProfileEvent[],
  memory: ProfileMemory,
): Profile {
  if (events.length === 0) return state;
  const draft = new ProfileDraft(state, memory);
  for (const event of events) draft.apply(event);
  return { ...state, ...draft.changes() };
}

/** A copy of a profile that events change in place. */
class ProfileDraft {
  readonly #memory: ProfileMemory;
  readonly #topics: Map<TopicId, TopicState>;
  readonly #engagements: Map<string, EngagementState>;
  readonly #hidden: Map<string, number>;
  readonly #impressions: Map<string, ImpressionState>;
  readonly #lifetime: LifetimeDraft | null;
  #totalInteractions: number;
  #country: string | null;
  #lastActiveAtMs: number | null;
  #sessionStartedAtMs: number | null;
  #sessionInteractions: number;

  constructor(state: ProfileState, memory: ProfileMemory) {
    this.#memory = memory;
    this.#topics = new Map(state.topics);
    this.#engagements = new Map(state.engagements);
    this.#hidden = new Map(state.hidden);
    this.#impressions = new Map(state.impressions);
    this.#lifetime = state.lifetime === null ? null : new LifetimeDraft(state.lifetime, memory);
    this.#totalInteractions = state.totalInteractions;
    this.#country = state.country;
    this.#lastActiveAtMs = state.lastActiveAtMs;
    this.#sessionStartedAtMs = state.sessionStartedAtMs;
    this.#sessionInteractions = state.sessionInteractions;
  }

  changes(): Omit<ProfileState, 'userKey' | 'version'> {
    return {
      totalInteractions: this.#totalInteractions,
      country: this.#country,
      lastActiveAtMs: this.#lastActiveAtMs,
      sessionStartedAtMs: this.#sessionStartedAtMs,
      sessionInteractions: this.#sessionInteractions,
      topics: this.#topics,
      engagements: this.#engagements,
      hidden: this.#hidden,
      impressions: this.#impressions,
      lifetime: this.#lifetime?.state() ?? null,
    };
  }

  apply(event: ProfileEvent): void {
    if (event.eventType === 'IMPRESSION') {
      this.#addImpression(event);
      return;
    }
    this.#totalInteractions += 1;
    this.#setCountry(event);
    const sessionStartedAtMs = this.#continueSession(event);
    this.#lastActiveAtMs = Math.max(this.#lastActiveAtMs ?? event.occurredAtMs, event.occurredAtMs);
    this.#addToTopics(event, sessionStartedAtMs);
    this.#addEngagement(event);
    this.#setHidden(event);
    if (isView(event.eventType)) this.#addClick(event);
    this.#lifetime?.add(event);
  }

  #setCountry({ country, occurredAtMs }: ProfileEvent): void {
    if (country === null) return;
    const isLatest = occurredAtMs >= (this.#lastActiveAtMs ?? -Infinity);
    if (isLatest || this.#country === null) this.#country = country;
  }

  /** @returns when the session began that the profile is in after the event. */
  #continueSession({ occurredAtMs }: ProfileEvent): number {
    const { sessionIdleMs } = this.#memory;
    const startedAtMs = this.#sessionStartedAtMs;
    if (startedAtMs === null || occurredAtMs - (this.#lastActiveAtMs ?? -Infinity) >= sessionIdleMs) {
      this.#startSession(occurredAtMs);
      return occurredAtMs;
    }
    // A late event belongs to an earlier session, unless it is close enough to have begun this one.
    if (startedAtMs - occurredAtMs >= sessionIdleMs) return startedAtMs;
    this.#sessionStartedAtMs = Math.min(startedAtMs, occurredAtMs);
    this.#sessionInteractions += 1;
    return this.#sessionStartedAtMs;
  }

  #startSession(atMs: number): void {
    this.#sessionStartedAtMs = atMs;
    this.#sessionInteractions = 1;
    for (const [id, topic] of this.#topics) {
      if (topic.session !== 0) this.#topics.set(id, { ...topic, session: 0 });
    }
  }

  #addToTopics(event: ProfileEvent, sessionStartedAtMs: number): void {
    const { weight, dwellMs, market } = event;
    if (weight === 0 && dwellMs === null) return;
    const { tagFactor } = this.#memory;
    const sizeBefore = this.#topics.size;
    this.#addToTopic('CATEGORY', market.category, weight, dwellMs, event, sessionStartedAtMs);
    for (const tag of market.tags) {
      this.#addToTopic('TAG', tag, weight * tagFactor, null, event, sessionStartedAtMs);
    }
    if (this.#topics.size === sizeBefore) return;
    this.#boundTopics('CATEGORY', sessionStartedAtMs);
    this.#boundTopics('TAG', sessionStartedAtMs);
  }

  /** Removes the weakest topics of a kind until at most {@link TOPICS_KEPT} are left; of equal ones, the first. */
  #boundTopics(kind: TopicKind, sessionStartedAtMs: number): void {
    const ofKind = [...this.#topics].filter(([, topic]) => topic.kind === kind);
    const surplus = ofKind.length - TOPICS_KEPT[kind];
    if (surplus <= 0) return;
    const { longTermHalfLifeMs } = this.#memory;
    const strengths = ofKind.map(([id, topic]) => ({
      id,
      strength: topicStrength(topic, sessionStartedAtMs, longTermHalfLifeMs),
    }));
    strengths.sort((a, b) => a.strength - b.strength);
    for (const { id } of strengths.slice(0, surplus)) this.#topics.delete(id);
  }

  #addToTopic(
    kind: TopicKind,
    label: string,
    weight: number,
    dwellMs: number | null,
    { occurredAtMs }: ProfileEvent,
    sessionStartedAtMs: number,
  ): void {
    const key = topicKey(label);
    const id = topicId(kind, key);
    const { longTermHalfLifeMs, sessionHalfLifeMs } = this.#memory;
    const before = this.#topics.get(id) ?? {
      ...{ kind, key, label, longTerm: 0, session: 0, dwellMsTotal: 0, dwellEvents: 0 },
      updatedAtMs: occurredAtMs,
    };
    const longTerm = addDecayed(
      before.longTerm,
      before.updatedAtMs,
      weight,
      occurredAtMs,
      longTermHalfLifeMs,
    );
    const present = before.updatedAtMs < sessionStartedAtMs ? 0 : before.session;
    const session =
      occurredAtMs < sessionStartedAtMs
        ? present
        : addDecayed(present, before.updatedAtMs, weight, occurredAtMs, sessionHalfLifeMs).score;
    this.#topics.set(id, {
      ...before,
      longTerm: longTerm.score,
      session,
      updatedAtMs: longTerm.atMs,
      dwellMsTotal: before.dwellMsTotal + (dwellMs ?? 0),
      dwellEvents: before.dwellEvents + (dwellMs === null ? 0 : 1),
    });
  }

  #addEngagement(event: ProfileEvent): void {
    const { eventType, occurredAtMs, weight } = event;
    const { id: marketId, category, tags, probability } = event.market;
    const before = this.#engagements.get(marketId);
    const engaged = weight > 0 && occurredAtMs >= (before?.engagedAtMs ?? -Infinity);
    const viewed = isView(eventType) && occurredAtMs >= (before?.viewedAtMs ?? -Infinity);
    const traded = eventType === 'PARTICIPATE' && occurredAtMs >= (before?.tradedAtMs ?? -Infinity);
    if (!engaged && !viewed && !traded) return;
    this.#engagements.set(marketId, {
      marketId,
      engagedAtMs: engaged ? occurredAtMs : (before?.engagedAtMs ?? null),
      weight: engaged ? weight : (before?.weight ?? 0),
      viewedAtMs: viewed ? occurredAtMs : (before?.viewedAtMs ?? null),
      viewProbability: viewed ? probability : (before?.viewProbability ?? null),
      tradedAtMs: traded ? occurredAtMs : (before?.tradedAtMs ?? null),
      tradedProbability: traded ? probability : (before?.tradedProbability ?? null),
      topics: engaged ? { category: topicKey(category), tags: tags.map(topicKey) } : (before?.topics ?? null),
    });
    if (engaged) dropOldTopics(this.#engagements);
    removeOldest(this.#engagements, ENGAGEMENTS_KEPT, lastEngagedAtMs);
  }

  #setHidden({ eventType, occurredAtMs, market: { id } }: ProfileEvent): void {
    const hiddenAtMs = this.#hidden.get(id) ?? -Infinity;
    if (eventType === 'HIDE' && occurredAtMs > hiddenAtMs) {
      this.#hidden.set(id, occurredAtMs);
      removeOldest(this.#hidden, HIDES_KEPT, (atMs) => atMs);
    } else if (eventType === 'UNHIDE' && occurredAtMs >= hiddenAtMs) this.#hidden.delete(id);
  }

  #addImpression({ occurredAtMs, market: { id: marketId, probability, volume24h } }: ProfileEvent): void {
    const before = this.#impressions.get(marketId);
    const shownAtMs = [occurredAtMs, ...(before?.shownAtMs ?? [])].sort((a, b) => b - a);
    const newestMs = shownAtMs[0] ?? occurredAtMs;
    const kept = shownAtMs
      .filter((atMs) => newestMs - atMs < IMPRESSION_WINDOW_MS)
      .slice(0, SHOWN_TIMES_KEPT);
    if (before !== undefined && occurredAtMs < (before.shownAtMs[0] ?? -Infinity)) {
      this.#impressions.set(marketId, { ...before, shownAtMs: kept });
      return;
    }
    this.#impressions.set(marketId, {
      marketId,
      shownAtMs: kept,
      probability: probability === null ? null : Math.round(probability * 10_000) / 10_000,
      volume24h: Number(volume24h.toPrecision(3)),
      // A page often reports its impressions after a click on one of them.
      clickedSince: (this.#engagements.get(marketId)?.viewedAtMs ?? -Infinity) >= occurredAtMs,
    });
    removeOldest(this.#impressions, IMPRESSIONS_KEPT, (impression) => impression.shownAtMs[0] ?? 0);
  }

  #addClick({ occurredAtMs, market }: ProfileEvent): void {
    const before = this.#impressions.get(market.id);
    if (before === undefined || before.clickedSince || occurredAtMs < (before.shownAtMs[0] ?? -Infinity)) {
      return;
    }
    this.#impressions.set(market.id, { ...before, clickedSince: true });
  }
}

/** The events by which a user has seen a market's probability. */
function isView(eventType: EventType): boolean {
  return eventType === 'VIEW_MARKET' || eventType === 'CLICK';
}

function lastEngagedAtMs({ engagedAtMs, viewedAtMs, tradedAtMs }: EngagementState): number {
  return Math.max(engagedAtMs ?? 0, viewedAtMs ?? 0, tradedAtMs ?? 0);
}

/** Removes the oldest entries until at most `kept` are left; of equally old ones, the first. */
function removeOldest<Value>(
  values: Map<string, Value>,
  kept: number,
  timeOf: (value: Value) => number,
): void {
  while (values.size > kept) {
    let oldest: string | undefined;
    let oldestAtMs = Infinity;
    for (const [key, value] of values) {
      const atMs = timeOf(value);
      if (atMs < oldestAtMs) {
        oldest = key;
        oldestAtMs = atMs;
      }
    }
    if (oldest === undefined) return;
    values.delete(oldest);
  }
}

/** Removes the topics of the engagements that algorithm v1 no longer compares with. */
function dropOldTopics(engagements: Map<string, EngagementState>): void {
  const withTopics = [...engagements.values()].filter(({ topics }) => topics !== null);
  if (withTopics.length <= ENGAGEMENTS_WITH_TOPICS) return;
  withTopics.sort(
    (a, b) => (b.engagedAtMs ?? 0) - (a.engagedAtMs ?? 0) || (a.marketId < b.marketId ? -1 : 1),
  );
  for (const engagement of withTopics.slice(ENGAGEMENTS_WITH_TOPICS)) {
    engagements.set(engagement.marketId, { ...engagement, topics: null });
  }
}
