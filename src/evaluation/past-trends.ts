import type { RankingConfig } from '../config/schema/ranking-schema.js';
import { HOUR_MS, MINUTE_MS } from '../lib/time.js';
import { trendingScores, trendingSums, type TrendingRow } from '../scoring/shared/trending.js';
import { GLOBAL_SCOPE, localScope } from '../trends/trend-state.js';
import { Queue } from './timeline.js';

type Scores = ReadonlyMap<string, number>;
type IsOpen = (marketId: string) => boolean;

/** The interval of the gateway's popularity job. */
const POPULARITY_EVERY_MS = 10 * MINUTE_MS;

/** An event that counts toward trends. */
export interface TrendEvent extends TrendingRow {
  readonly country: string | null;
}

/** Trends and popularity as the gateway would have computed them: on the same schedule and by the same formulas. */
export class PastTrends {
  readonly #config: RankingConfig['trending'];
  readonly #trendWindow: EventWindow;
  readonly #popularityWindow: EventWindow;

  constructor(config: RankingConfig['trending']) {
    this.#config = config;
    this.#trendWindow = new EventWindow(config.windowHours * HOUR_MS);
    this.#popularityWindow = new EventWindow(config.popularity.windowDays * 24 * HOUR_MS);
  }

  /** Adds an event, none earlier than the last. */
  add(event: TrendEvent): void {
    if (event.weight <= 0) return;
    this.#trendWindow.add(event);
    this.#popularityWindow.add(event);
  }

  /** The last instant, at or before this one, at which the gateway would have computed trends. */
  trendsAtMs(nowMs: number): number {
    return floorTo(this.#config.refreshSeconds * 1000, nowMs);
  }

  /** The last instant, at or before this one, at which the gateway would have computed popularity. */
  popularityAtMs(nowMs: number): number {
    return floorTo(POPULARITY_EVERY_MS, nowMs);
  }

  /**
   * The trends by scope at an instant, from earlier events on markets that were open. A country with too few users has
   * no scope.
   *
   * @param atMs at or after that of the last call.
   */
  scopesAt(atMs: number, isOpen: IsOpen): ReadonlyMap<string, Scores> {
    const events = this.#trendWindow.before(atMs, isOpen);
    const scopes = new Map<string, Scores>();
    if (events.length === 0) return scopes;
    scopes.set(GLOBAL_SCOPE, trendingScores(events, atMs, this.#config));
    for (const [country, local] of byCountry(events)) {
      if (new Set(local.map(({ userKey }) => userKey)).size < this.#config.minLocalUsers) continue;
      scopes.set(localScope(country), trendingScores(local, atMs, this.#config));
    }
    return scopes;
  }

  /**
   * The decayed number of users of each market at an instant, from earlier events on markets that were open.
   *
   * @param atMs at or after that of the last call.
   */
  popularityAt(atMs: number, isOpen: IsOpen): Scores {
    const { userCap, popularity } = this.#config;
    const sums = trendingSums(this.#popularityWindow.before(atMs, isOpen), atMs, {
      windowHours: popularity.windowDays * 24,
      halfLifeHours: popularity.halfLifeDays * 24,
      userCap,
    });
    return new Map([...sums].map(([marketId, sum]) => [marketId, sum / userCap]));
  }
}

/** The events within a sliding window. It drops older ones, so its memory depends on the window alone. */
class EventWindow {
  readonly #windowMs: number;
  readonly #events = new Queue<TrendEvent>();

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /** Adds an event, none earlier than the last. */
  add(event: TrendEvent): void {
    this.#events.push(event);
  }

  /**
   * The events strictly before an instant on markets that were open.
   *
   * @param nowMs at or after that of the last call.
   */
  before(nowMs: number, isOpen: IsOpen): TrendEvent[] {
    while ((this.#events.peek()?.atMs ?? Infinity) < nowMs - this.#windowMs) this.#events.shift();
    const events: TrendEvent[] = [];
    for (const event of this.#events) {
      if (event.atMs >= nowMs) break;
      if (isOpen(event.marketId)) events.push(event);
    }
    return events;
  }
}

export function floorTo(stepMs: number, ms: number): number {
  return Math.floor(ms / stepMs) * stepMs;
}

function byCountry(events: readonly TrendEvent[]): Map<string, TrendEvent[]> {
  const countries = new Map<string, TrendEvent[]>();
  for (const event of events) {
    if (event.country === null) continue;
    const local = countries.get(event.country);
    if (local === undefined) countries.set(event.country, [event]);
    else local.push(event);
  }
  return countries;
}
