import { toEntry, type CatalogEntry } from '../catalog/catalog-snapshot.js';
import type { RankingConfig } from '../config/schema/ranking-schema.js';
import { emptyProfile, type FullProfile, type ProfileEvent } from '../domain/profile.js';
import { PUBLISH_EVERY_MS } from '../learning/publish-interval.js';
import { DAY_MS } from '../lib/time.js';
import { eventWeight } from '../scoring/shared/event-weight.js';
import { NO_TRENDS, type TrendScores } from '../trends/trend-columns.js';
import { TrendState } from '../trends/trend-state.js';
import { SiteActivity } from './activity.js';
import type { Moment } from './algorithms.js';
import { isOpenAt, type Archive, type ArchivedEvent, type ArchivedPrice } from './archive.js';
import { PastCollaborative } from './past-collaborative.js';
import { OpenMarkets } from './open-markets.js';
import { floorTo } from './past-trends.js';
import { Queue, Timeline } from './timeline.js';
import { applyEvents } from '../domain/apply-events.js';
import { LiveSignals, signalMarket, type SignalEvent } from '../learning/live-signals.js';
import { NO_SIGNALS, type SiteSignals } from '../scoring/v2/site-signals.js';
import { decayConfig } from '../profiles/profile-decay.js';
import type { DecayConfig } from '../domain/decay.js';

interface User {
  profile: FullProfile;
  /** Numbers of the markets on which the user has any event except impressions. */
  readonly touched: Set<number>;
}

/**
 * The state of a site at an instant that only advances through an archive. It ensures point-in-time correctness: it has
 * the markets created so far, and the events and prices from strictly before the instant.
 */
export class PastSite {
  readonly activity: SiteActivity;
  readonly #signals = new LiveSignals();
  readonly #collaborative: PastCollaborative;
  /** The signals with the collaborative model, if the config has one, so that the same ones are the same object. */
  #signalsNow: SiteSignals = NO_SIGNALS;
  #signalsOf: readonly unknown[] = [];
  /** Engagements that the signals do not count yet. */
  readonly #uncounted = new Queue<SignalEvent>();
  readonly #archive: Archive;
  readonly #weights: RankingConfig['events'];
  readonly #decay: DecayConfig;
  readonly #open: OpenMarkets;
  readonly #numbers: ReadonlyMap<string, number>;
  readonly #entries: CatalogEntry[];
  readonly #prices: Timeline<ArchivedPrice>;
  #priceVersion = 0;
  readonly #prices24hAgo: Timeline<ArchivedPrice>;
  readonly #probabilities24hAgo = new Map<string, number>();
  #trends = new TrendState(NO_TRENDS, 0);
  #exposure: TrendScores['exposure'] = new Map();
  #exposureAtMs = -Infinity;
  readonly #users = new Map<string, User>();
  /** Impressions and negative events whose visit may not be over. */
  readonly #delayed = new Queue<{ readonly userKey: string; readonly event: ProfileEvent }>();
  #nowMs = -Infinity;

  constructor(
    archive: Archive,
    private readonly config: RankingConfig,
  ) {
    this.#collaborative = new PastCollaborative(config.learning.collaborative);
    this.#archive = archive;
    this.#weights = config.events;
    this.#decay = decayConfig(config);
    this.activity = new SiteActivity(archive.markets.length, config.trending);
    this.#open = new OpenMarkets(archive.markets);
    this.#entries = archive.markets.map(({ market }) => toEntry(market));
    this.#numbers = new Map(archive.markets.map(({ market }, number) => [market.id, number]));
    this.#prices = new Timeline(archive.prices, ({ atMs }) => atMs);
    this.#prices24hAgo = new Timeline(archive.prices, ({ atMs }) => atMs);
  }

  /** @param nowMs at or after the instant of the last call, after all earlier events were applied. */
  advanceTo(nowMs: number): void {
    this.#nowMs = nowMs;
    this.#open.advanceTo(nowMs);
    this.activity.recent.advanceTo(nowMs);
    this.#countSignals(floorTo(PUBLISH_EVERY_MS, nowMs));
    this.#applyDelayed(nowMs - this.#decay.sessionIdleMs);
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

  /** Whether the user has any event on the market except impressions. */
  hasTouched(userKey: string, market: number): boolean {
    return this.#users.get(userKey)?.touched.has(market) === true;
  }

  weightOf({ eventType, dwellMs }: ArchivedEvent): number {
    return eventWeight(eventType, dwellMs, this.#weights);
  }

  /** The data known right before an event of the current instant. */
  momentOf({ userKey, country }: ArchivedEvent): Moment {
    const profile = this.#users.get(userKey)?.profile ?? emptyProfile(userKey);
    return {
      nowMs: this.#nowMs,
      candidates: this.#open.numbers,
      entries: this.#entries,
      priceVersion: this.#priceVersion,
      profile,
      country: country ?? profile.country,
      trends: this.#trendsNow(),
      signals: this.#signalsAt(this.#nowMs),
      collaborative: (method) => this.#collaborative.modelAt(method, this.#nowMs),
      hasTouched: (market) => this.hasTouched(userKey, market),
      recentUsers: this.activity.recent.counts,
    };
  }

  /**
   * Applies an event, none earlier than the last. Impressions and negative events reach the profile after the session
   * idle time. The page that led to an interaction was ranked before its cards were shown, so those impressions must not
   * count against it.
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
      market: { id, category, tags, probability, volume24h: volume24h ?? NaN },
    };
    if (eventType === 'IMPRESSION' || weight < 0) {
      this.#delayed.push({ userKey, event: profileEvent });
      if (eventType !== 'IMPRESSION') this.#user(userKey).touched.add(market);
      return;
    }
    const user = this.#updateProfile(userKey, profileEvent);
    user.touched.add(market);
    if (weight <= 0) return;
    this.activity.add({ atMs, userKey, market, marketId: id, weight, country });
    this.#uncounted.push({ atMs, userKey, country, market: signalMarket(entry.market) });
    this.#collaborative.add({ atMs, userKey, marketId: id });
  }

  #signalsAt(nowMs: number): SiteSignals {
    const view = this.#signals.view();
    const { method } = this.config.learning.collaborative;
    if (method === 'off') return view;
    const collaborative = this.#collaborative.modelAt(method, nowMs);
    if (this.#signalsOf[0] !== view || this.#signalsOf[1] !== collaborative) {
      this.#signalsOf = [view, collaborative];
      this.#signalsNow = { ...view, collaborative };
    }
    return this.#signalsNow;
  }

  #countSignals(beforeMs: number): void {
    for (let next = this.#uncounted.peek(); next !== undefined; next = this.#uncounted.peek()) {
      if (next.atMs >= beforeMs) return;
      this.#signals.add(next);
      this.#uncounted.shift();
    }
  }

  #updateProfile(userKey: string, event: ProfileEvent): User {
    const user = this.#user(userKey);
    user.profile = applyEvents(user.profile, [event], this.#decay);
    return user;
  }

  #user(userKey: string): User {
    let user = this.#users.get(userKey);
    if (user === undefined) {
      user = { profile: emptyProfile(userKey), touched: new Set() };
      this.#users.set(userKey, user);
    }
    return user;
  }

  #applyDelayed(untilMs: number): void {
    for (;;) {
      const delayed = this.#delayed.peek();
      if (delayed === undefined || delayed.event.occurredAtMs > untilMs) return;
      this.#updateProfile(delayed.userKey, delayed.event);
      this.#delayed.shift();
    }
  }

  #trendsNow(): TrendState {
    const { trends } = this.activity;
    const atMs = trends.trendsAtMs(this.#nowMs);
    if (atMs === this.#trends.computedAtMs) return this.#trends;
    for (const { market, probability } of this.#prices24hAgo.through(atMs - DAY_MS)) {
      const id = this.#archive.markets[market]?.market.id ?? '';
      if (probability === null) this.#probabilities24hAgo.delete(id);
      else this.#probabilities24hAgo.set(id, probability);
    }
    const exposureAtMs = trends.popularityAtMs(this.#nowMs);
    if (exposureAtMs !== this.#exposureAtMs) {
      this.#exposure = exposureOf(trends.popularityAt(exposureAtMs, this.#wasOpen(exposureAtMs)));
      this.#exposureAtMs = exposureAtMs;
    }
    this.#trends = new TrendState(
      {
        ...NO_TRENDS,
        scopes: trends.scopesAt(atMs, this.#wasOpen(atMs)),
        probabilities24hAgo: new Map(this.#probabilities24hAgo),
        exposure: this.#exposure,
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

/** Impressions and clicks only affect exploration, which an evaluation does not cover, so they are 0. */
function exposureOf(popularity: ReadonlyMap<string, number>): TrendScores['exposure'] {
  return new Map(
    [...popularity].map(([marketId, users]) => [
      marketId,
      { marketId, impressions: 0, clicks: 0, popularity: users },
    ]),
  );
}
