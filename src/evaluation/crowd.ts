import type { RankingConfig } from '../config/ranking-schema.js';
import { CrowdTrends } from './crowd-trends.js';
import { RecentReach } from './recent-reach.js';

const WEEK_MS = 7 * 24 * 3_600_000;

/** What a person did, as far as the crowd is concerned. */
export interface Engagement {
  readonly atMs: number;
  readonly userKey: string;
  /** The market's number and id. */
  readonly market: number;
  readonly marketId: string;
  /** Above 0. */
  readonly weight: number;
  readonly country: string | null;
}

/** What everyone did so far. */
export class Crowd {
  readonly trends: CrowdTrends;
  readonly recent: RecentReach;
  /** By market: how many distinct people engaged with it, and how often. */
  readonly people: Int32Array;
  readonly engagements: Int32Array;
  readonly #marketsOfPerson = new Map<string, { readonly person: number; readonly markets: Set<number> }>();

  constructor(marketCount: number, config: RankingConfig['trending']) {
    this.trends = new CrowdTrends(config);
    this.recent = new RecentReach(marketCount, WEEK_MS);
    this.people = new Int32Array(marketCount);
    this.engagements = new Int32Array(marketCount);
  }

  /** How many people ever engaged with anything. */
  get size(): number {
    return this.#marketsOfPerson.size;
  }

  /** Takes in an engagement, none older than the last. */
  add(engagement: Engagement): void {
    const { userKey, market, atMs } = engagement;
    let known = this.#marketsOfPerson.get(userKey);
    if (known === undefined) {
      known = { person: this.size, markets: new Set() };
      this.#marketsOfPerson.set(userKey, known);
    }
    if (!known.markets.has(market)) {
      known.markets.add(market);
      this.people[market] = (this.people[market] ?? 0) + 1;
    }
    this.engagements[market] = (this.engagements[market] ?? 0) + 1;
    this.recent.add({ atMs, market, person: known.person });
    this.trends.add(engagement);
  }
}
