import type { RankingConfig } from '../config/ranking-schema.js';
import { HOUR_MS } from '../scoring/shared/hours-between.js';
import { trendingScores, trendingSums } from '../scoring/shared/trending.js';
import { GLOBAL_SCOPE, localScope } from '../trends/trend-state.js';
import { CrowdWindow, type CrowdEvent } from './crowd-window.js';

type Scores = ReadonlyMap<string, number>;
type IsOpen = (marketId: string) => boolean;

/** As often as the gateway does. */
const POPULARITY_EVERY_MS = 10 * 60_000;

/** What the crowd does, as the gateway would have computed it, on the same schedule and by the same formulas. */
export class CrowdTrends {
  readonly #config: RankingConfig['trending'];
  readonly #lately: CrowdWindow;
  readonly #longer: CrowdWindow;

  constructor(config: RankingConfig['trending']) {
    this.#config = config;
    this.#lately = new CrowdWindow(config.windowHours * HOUR_MS);
    this.#longer = new CrowdWindow(config.popularity.windowDays * 24 * HOUR_MS);
  }

  /** Takes in an event, none older than the last. */
  add(event: CrowdEvent): void {
    if (event.weight <= 0) return;
    this.#lately.add(event);
    this.#longer.add(event);
  }

  /** The last instant, at or before this one, at which trends were computed. */
  trendsAtMs(nowMs: number): number {
    return floorTo(this.#config.refreshSeconds * 1000, nowMs);
  }

  /** The last instant, at or before this one, at which popularity was computed. */
  popularityAtMs(nowMs: number): number {
    return floorTo(POPULARITY_EVERY_MS, nowMs);
  }

  /**
   * The trends of the scopes in use, from what happened before an instant with markets that were open.
   *
   * @param atMs at or after that of the last call.
   */
  scopesAt(atMs: number, isOpen: IsOpen): ReadonlyMap<string, Scores> {
    const events = this.#lately.before(atMs, isOpen);
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
   * The decayed number of people of each market, from what happened before an instant with markets that were open.
   *
   * @param atMs at or after that of the last call.
   */
  popularityAt(atMs: number, isOpen: IsOpen): Scores {
    const { userCap, popularity } = this.#config;
    const sums = trendingSums(this.#longer.before(atMs, isOpen), atMs, {
      windowHours: popularity.windowDays * 24,
      halfLifeHours: popularity.halfLifeDays * 24,
      userCap,
    });
    return new Map([...sums].map(([marketId, sum]) => [marketId, sum / userCap]));
  }
}

function floorTo(stepMs: number, ms: number): number {
  return Math.floor(ms / stepMs) * stepMs;
}

function byCountry(events: readonly CrowdEvent[]): Map<string, CrowdEvent[]> {
  const countries = new Map<string, CrowdEvent[]>();
  for (const event of events) {
    if (event.country === null) continue;
    const local = countries.get(event.country);
    if (local === undefined) countries.set(event.country, [event]);
    else local.push(event);
  }
  return countries;
}
