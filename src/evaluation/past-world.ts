import { toEntry, type CatalogEntry } from '../catalog/catalog-snapshot.js';
import type { RankingConfig } from '../config/ranking-schema.js';
import { applyEvents } from '../profiles/apply-events.js';
import { profileMemory, type ProfileMemory } from '../profiles/profile-memory.js';
import { emptyProfile, type FullProfile, type ProfileEvent } from '../domain/profile.js';
import { eventWeight } from '../scoring/shared/event-weight.js';
import { NO_TRENDS, type TrendScores } from '../trends/trend-columns.js';
import { TrendState } from '../trends/trend-state.js';
import type { Moment } from './algorithm.js';
import { isOpenAt, type Archive, type ArchivedEvent, type ArchivedPrice } from './archive.js';
import { Crowd } from './crowd.js';
import { OpenMarkets } from './open-markets.js';
import { Queue } from './queue.js';
import { Timeline } from './timeline.js';

const DAY_MS = 24 * 3_600_000;

interface Person {
  profile: FullProfile;
  /** Numbers of the markets with which the person did anything but being shown them. */
  readonly touched: Set<number>;
}

/**
 * A site as it stood at an instant that walks forward through an archive. It knows the markets that were made by
 * then, and the events and prices from before.
 */
export class PastWorld {
  readonly crowd: Crowd;
  readonly #archive: Archive;
  readonly #weights: RankingConfig['events'];
  readonly #memory: ProfileMemory;
  readonly #open: OpenMarkets;
  readonly #numbers: ReadonlyMap<string, number>;
  readonly #entries: CatalogEntry[];
  readonly #prices: Timeline<ArchivedPrice>;
  #priceVersion = 0;
  readonly #pricesDayAgo: Timeline<ArchivedPrice>;
  readonly #probabilitiesDayAgo = new Map<string, number>();
  #trends = new TrendState(NO_TRENDS, 0);
  #attention: TrendScores['attention'] = new Map();
  #attentionAtMs = -Infinity;
  readonly #people = new Map<string, Person>();
  readonly #shown = new Queue<{ readonly userKey: string; readonly event: ProfileEvent }>();
  #nowMs = -Infinity;

  constructor(archive: Archive, config: RankingConfig) {
    this.#archive = archive;
    this.#weights = config.events;
    this.#memory = profileMemory(config);
    this.crowd = new Crowd(archive.markets.length, config.trending);
    this.#open = new OpenMarkets(archive.markets);
    this.#entries = archive.markets.map(({ market }) => toEntry(market));
    this.#numbers = new Map(archive.markets.map(({ market }, number) => [market.id, number]));
    this.#prices = new Timeline(archive.prices, ({ atMs }) => atMs);
    this.#pricesDayAgo = new Timeline(archive.prices, ({ atMs }) => atMs);
  }

  /** @param nowMs at or after the instant of the last call; events before it have been applied. */
  advanceTo(nowMs: number): void {
    this.#nowMs = nowMs;
    this.#open.advanceTo(nowMs);
    this.crowd.recent.advanceTo(nowMs);
    this.#learnShown(nowMs - this.#memory.sessionIdleMs);
    for (const { market, probability, volume24h } of this.#prices.through(nowMs - 1)) {
      const entry = this.#entries[market];
      if (entry === undefined) continue;
      this.#entries[market] = toEntry({ ...entry.market, probability, volume24h });
      this.#priceVersion += 1;
    }
  }

  isOpen(market: number): boolean {
    const archived = this.#archive.markets[market];
    return archived !== undefined && isOpenAt(archived, this.#nowMs);
  }

  /** Whether the person did anything with the market, being shown it excepted. */
  hasTouched(userKey: string, market: number): boolean {
    return this.#people.get(userKey)?.touched.has(market) === true;
  }

  weightOf({ eventType, dwellMs }: ArchivedEvent): number {
    return eventWeight(eventType, dwellMs, this.#weights);
  }

  /** What could be known right before an event of this instant. */
  momentOf({ userKey, country }: ArchivedEvent): Moment {
    const profile = this.#people.get(userKey)?.profile ?? emptyProfile(userKey);
    return {
      nowMs: this.#nowMs,
      candidates: this.#open.numbers,
      entries: this.#entries,
      priceVersion: this.#priceVersion,
      profile,
      country: country ?? profile.country,
      trends: this.#trendsNow(),
      recentPeople: this.crowd.recent.people,
    };
  }

  /**
   * Takes in an event, none older than the last. That a person was shown a market, or turned it down, is known only after
   * the time by which a visit ends: what was shown on the very page that an interaction came from must not count against it, because that
   * page was ranked before.
   */
  apply(event: ArchivedEvent): void {
    const { userKey, market, atMs, eventType, dwellMs, country, stake } = event;
    const entry = this.#entries[market];
    if (entry === undefined) return;
    const { id, category, tags, probability, volume24h } = entry.market;
    const weight = this.weightOf(event);
    const profileEvent: ProfileEvent = {
      ...{ eventType, weight, dwellMs, country, stake },
      occurredAtMs: atMs,
      market: { id, category, tags, probability, volume24h },
    };
    if (eventType === 'IMPRESSION' || weight < 0) {
      this.#shown.push({ userKey, event: profileEvent });
      if (eventType !== 'IMPRESSION') this.#person(userKey).touched.add(market);
      return;
    }
    const person = this.#learn(userKey, profileEvent);
    person.touched.add(market);
    if (weight > 0) this.crowd.add({ atMs, userKey, market, marketId: id, weight, country });
  }

  #learn(userKey: string, event: ProfileEvent): Person {
    const person = this.#person(userKey);
    person.profile = applyEvents(person.profile, [event], this.#memory);
    return person;
  }

  #person(userKey: string): Person {
    let person = this.#people.get(userKey);
    if (person === undefined) {
      person = { profile: emptyProfile(userKey), touched: new Set() };
      this.#people.set(userKey, person);
    }
    return person;
  }

  #learnShown(untilMs: number): void {
    for (;;) {
      const shown = this.#shown.peek();
      if (shown === undefined || shown.event.occurredAtMs > untilMs) return;
      this.#learn(shown.userKey, shown.event);
      this.#shown.shift();
    }
  }

  #trendsNow(): TrendState {
    const { trends } = this.crowd;
    const atMs = trends.trendsAtMs(this.#nowMs);
    if (atMs === this.#trends.computedAtMs) return this.#trends;
    for (const { market, probability } of this.#pricesDayAgo.through(atMs - DAY_MS)) {
      const id = this.#archive.markets[market]?.market.id ?? '';
      if (probability === null) this.#probabilitiesDayAgo.delete(id);
      else this.#probabilitiesDayAgo.set(id, probability);
    }
    const attentionAtMs = trends.popularityAtMs(this.#nowMs);
    if (attentionAtMs !== this.#attentionAtMs) {
      this.#attention = attention(trends.popularityAt(attentionAtMs, this.#wasOpen(attentionAtMs)));
      this.#attentionAtMs = attentionAtMs;
    }
    this.#trends = new TrendState(
      {
        ...NO_TRENDS,
        scopes: trends.scopesAt(atMs, this.#wasOpen(atMs)),
        probabilities24hAgo: new Map(this.#probabilitiesDayAgo),
        attention: this.#attention,
      },
      atMs,
    );
    return this.#trends;
  }

  #wasOpen(atMs: number): (marketId: string) => boolean {
    return (marketId) => {
      const archived = this.#archive.markets[this.#numbers.get(marketId) ?? -1];
      return archived !== undefined && isOpenAt(archived, atMs);
    };
  }
}

/** Where markets were shown decides only what is explored, which is no ranking, so it is not counted. */
function attention(popularity: ReadonlyMap<string, number>): TrendScores['attention'] {
  return new Map(
    [...popularity].map(([marketId, people]) => [
      marketId,
      { impressions: 0, clicks: 0, popularity: people },
    ]),
  );
}
