import { addDecayed, type DecayConfig } from './decay.js';
import type { EventType } from './event.js';
import { LifetimeBuilder } from './lifetime-builder.js';
import { topicKey } from './market.js';
import {
  MAX_ENGAGEMENTS,
  MAX_ENGAGEMENTS_WITH_TOPICS,
  MAX_HIDES,
  MAX_IMPRESSIONS,
  MAX_TOPICS,
  topicId,
  type EngagementState,
  type ImpressionState,
  type ProfileEvent,
  type ProfileState,
  type TopicId,
  type TopicKind,
  type TopicState,
} from './profile.js';

const MAX_IMPRESSION_TIMES = 32;
const IMPRESSION_WINDOW_MS = 7 * 24 * 3_600_000;

/** Exceeds every strength of a topic that is not part of the session. */
const SESSION_STRENGTH = 1e6;

/**
 * Returns the profile after applying events in their order. Pure: equal profiles and events give equal results. Events
 * may arrive late: a late event is added to a sum decayed, and does not replace a later view, trade or country.
 *
 * Every list has a bound, so the cost of an event and the size of a profile do not grow with the history.
 */
export function applyEvents<Profile extends ProfileState>(
  state: Profile,
  events: readonly ProfileEvent[],
  decay: DecayConfig,
): Profile {
  if (events.length === 0) return state;
  const builder = new ProfileBuilder(state, decay);
  for (const event of events) builder.apply(event);
  return { ...state, ...builder.state() };
}

/**
 * Returns the strength of a topic, by which a profile selects the topics to keep. Topics of the current session exceed all
 * others; then the absolute long-term affinity counts, decayed to a common time. In half-lives; only differences have a
 * meaning.
 */
export function topicStrength(
  { longTerm, session, updatedAtMs }: TopicState,
  sessionStartedAtMs: number,
  halfLifeMs: number,
): number {
  const isInSession = session !== 0 && updatedAtMs >= sessionStartedAtMs;
  return (isInSession ? SESSION_STRENGTH : 0) + Math.log2(Math.abs(longTerm)) + updatedAtMs / halfLifeMs;
}

/** A mutable copy of a profile. */
class ProfileBuilder {
  readonly #decay: DecayConfig;
  readonly #topics: Map<TopicId, TopicState>;
  readonly #engagements: Map<string, EngagementState>;
  readonly #hidden: Map<string, number>;
  readonly #impressions: Map<string, ImpressionState>;
  readonly #lifetime: LifetimeBuilder | null;
  #totalInteractions: number;
  #country: string | null;
  #lastActiveAtMs: number | null;
  #sessionStartedAtMs: number | null;
  #sessionInteractions: number;

  constructor(state: ProfileState, decay: DecayConfig) {
    this.#decay = decay;
    this.#topics = new Map(state.topics);
    this.#engagements = new Map(state.engagements);
    this.#hidden = new Map(state.hidden);
    this.#impressions = new Map(state.impressions);
    this.#lifetime = state.lifetime === null ? null : new LifetimeBuilder(state.lifetime, decay.tagFactor);
    this.#totalInteractions = state.totalInteractions;
    this.#country = state.country;
    this.#lastActiveAtMs = state.lastActiveAtMs;
    this.#sessionStartedAtMs = state.sessionStartedAtMs;
    this.#sessionInteractions = state.sessionInteractions;
  }

  state(): Omit<ProfileState, 'userKey' | 'version'> {
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
    if (isView(event.eventType)) this.#markClicked(event);
    this.#lifetime?.add(event);
  }

  #setCountry({ country, occurredAtMs }: ProfileEvent): void {
    if (country === null) return;
    const isLatest = occurredAtMs >= (this.#lastActiveAtMs ?? -Infinity);
    if (isLatest || this.#country === null) this.#country = country;
  }

  /** Starts or continues a session. @returns the start of the profile's current session after the event. */
  #continueSession({ occurredAtMs }: ProfileEvent): number {
    const { sessionIdleMs } = this.#decay;
    const startedAtMs = this.#sessionStartedAtMs;
    if (startedAtMs === null || occurredAtMs - (this.#lastActiveAtMs ?? -Infinity) >= sessionIdleMs) {
      this.#startSession(occurredAtMs);
      return occurredAtMs;
    }
    // A late event belongs to an earlier session, unless it is within the idle time of this session's start.
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
    const { tagFactor } = this.#decay;
    const sizeBefore = this.#topics.size;
    this.#addToTopic('CATEGORY', market.category, weight, dwellMs, event, sessionStartedAtMs);
    for (const tag of market.tags) {
      this.#addToTopic('TAG', tag, weight * tagFactor, null, event, sessionStartedAtMs);
    }
    if (this.#topics.size === sizeBefore) return;
    this.#limitTopics('CATEGORY', sessionStartedAtMs);
    this.#limitTopics('TAG', sessionStartedAtMs);
  }

  /** Removes the weakest topics of a kind until at most {@link MAX_TOPICS} are left; of equally strong topics, the first. */
  #limitTopics(kind: TopicKind, sessionStartedAtMs: number): void {
    const ofKind = [...this.#topics].filter(([, topic]) => topic.kind === kind);
    const surplus = ofKind.length - MAX_TOPICS[kind];
    if (surplus <= 0) return;
    const { longTermHalfLifeMs } = this.#decay;
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
    const { longTermHalfLifeMs, sessionHalfLifeMs } = this.#decay;
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
    const sessionBefore = before.updatedAtMs < sessionStartedAtMs ? 0 : before.session;
    const session =
      occurredAtMs < sessionStartedAtMs
        ? sessionBefore
        : addDecayed(sessionBefore, before.updatedAtMs, weight, occurredAtMs, sessionHalfLifeMs).score;
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
    if (engaged) removeOldTopics(this.#engagements);
    removeOldest(this.#engagements, MAX_ENGAGEMENTS, lastEngagedAtMs);
  }

  #setHidden({ eventType, occurredAtMs, market: { id } }: ProfileEvent): void {
    const hiddenAtMs = this.#hidden.get(id) ?? -Infinity;
    if (eventType === 'HIDE' && occurredAtMs > hiddenAtMs) {
      this.#hidden.set(id, occurredAtMs);
      removeOldest(this.#hidden, MAX_HIDES, (atMs) => atMs);
    } else if (eventType === 'UNHIDE' && occurredAtMs >= hiddenAtMs) this.#hidden.delete(id);
  }

  #addImpression({ occurredAtMs, market: { id: marketId, probability, volume24h } }: ProfileEvent): void {
    const before = this.#impressions.get(marketId);
    const shownAtMs = [occurredAtMs, ...(before?.shownAtMs ?? [])].sort((a, b) => b - a);
    const newestMs = shownAtMs[0] ?? occurredAtMs;
    const kept = shownAtMs
      .filter((atMs) => newestMs - atMs < IMPRESSION_WINDOW_MS)
      .slice(0, MAX_IMPRESSION_TIMES);
    if (before !== undefined && occurredAtMs < (before.shownAtMs[0] ?? -Infinity)) {
      this.#impressions.set(marketId, { ...before, shownAtMs: kept });
      return;
    }
    this.#impressions.set(marketId, {
      marketId,
      shownAtMs: kept,
      probability: probability === null ? null : Math.round(probability * 10_000) / 10_000,
      volume24h: Number(volume24h.toPrecision(3)),
      // A page often reports its impressions after a click on one of its cards.
      clickedSince: (this.#engagements.get(marketId)?.viewedAtMs ?? -Infinity) >= occurredAtMs,
    });
    removeOldest(this.#impressions, MAX_IMPRESSIONS, (impression) => impression.shownAtMs[0] ?? 0);
  }

  #markClicked({ occurredAtMs, market }: ProfileEvent): void {
    const before = this.#impressions.get(market.id);
    if (before === undefined || before.clickedSince || occurredAtMs < (before.shownAtMs[0] ?? -Infinity)) {
      return;
    }
    this.#impressions.set(market.id, { ...before, clickedSince: true });
  }
}

/** Whether the user saw the market's probability. */
function isView(eventType: EventType): boolean {
  return eventType === 'VIEW_MARKET' || eventType === 'CLICK';
}

function lastEngagedAtMs({ engagedAtMs, viewedAtMs, tradedAtMs }: EngagementState): number {
  return Math.max(engagedAtMs ?? 0, viewedAtMs ?? 0, tradedAtMs ?? 0);
}

/** Removes the oldest entries until at most `max` are left; of equally old entries, the first. */
function removeOldest<Value>(
  values: Map<string, Value>,
  max: number,
  timeOf: (value: Value) => number,
): void {
  while (values.size > max) {
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

/** Removes the topics of all but the latest {@link MAX_ENGAGEMENTS_WITH_TOPICS} engagements. */
function removeOldTopics(engagements: Map<string, EngagementState>): void {
  const withTopics = [...engagements.values()].filter(({ topics }) => topics !== null);
  if (withTopics.length <= MAX_ENGAGEMENTS_WITH_TOPICS) return;
  withTopics.sort(
    (a, b) => (b.engagedAtMs ?? 0) - (a.engagedAtMs ?? 0) || (a.marketId < b.marketId ? -1 : 1),
  );
  for (const engagement of withTopics.slice(MAX_ENGAGEMENTS_WITH_TOPICS)) {
    engagements.set(engagement.marketId, { ...engagement, topics: null });
  }
}
