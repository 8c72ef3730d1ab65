import type { RankingConfig } from '../config/schema/ranking-schema.js';
import { DAY_MS } from '../lib/time.js';
import { PastTrends } from './past-trends.js';
import { Queue } from './timeline.js';

const WEEK_MS = 7 * DAY_MS;

/** An event of positive weight. */
export interface Engagement {
  readonly atMs: number;
  readonly userKey: string;
  /** Number of the market. */
  readonly market: number;
  readonly marketId: string;
  /** Above 0. */
  readonly weight: number;
  readonly country: string | null;
}

/** The engagements of all users so far. */
export class SiteActivity {
  readonly trends: PastTrends;
  /** Distinct users of the last seven days, by market. */
  readonly recent: RecentUsers;
  /** Distinct users so far, by market. */
  readonly users: Int32Array;
  /** Engagements so far, by market. */
  readonly engagements: Int32Array;
  readonly #marketsByUser = new Map<string, { readonly user: number; readonly markets: Set<number> }>();

  constructor(marketCount: number, config: RankingConfig['trending']) {
    this.trends = new PastTrends(config);
    this.recent = new RecentUsers(marketCount, WEEK_MS);
    this.users = new Int32Array(marketCount);
    this.engagements = new Int32Array(marketCount);
  }

  /** Number of users with an engagement. */
  get userCount(): number {
    return this.#marketsByUser.size;
  }

  /** Adds an engagement, none earlier than the last. */
  add(engagement: Engagement): void {
    const { userKey, market, atMs } = engagement;
    let known = this.#marketsByUser.get(userKey);
    if (known === undefined) {
      known = { user: this.userCount, markets: new Set() };
      this.#marketsByUser.set(userKey, known);
    }
    if (!known.markets.has(market)) {
      known.markets.add(market);
      this.users[market] = (this.users[market] ?? 0) + 1;
    }
    this.engagements[market] = (this.engagements[market] ?? 0) + 1;
    this.recent.add({ atMs, market, user: known.user });
    this.trends.add(engagement);
  }
}

interface UserEngagement {
  readonly atMs: number;
  /** Number of the user. */
  readonly user: number;
  readonly market: number;
}

/** Number of distinct users who engaged with each market within a sliding window. */
export class RecentUsers {
  /** By market number. */
  readonly counts: Int32Array;
  readonly #windowMs: number;
  readonly #marketCount: number;
  readonly #engagementsByPair = new Map<number, number>();
  readonly #window = new Queue<UserEngagement>();

  constructor(marketCount: number, windowMs: number) {
    this.counts = new Int32Array(marketCount);
    this.#marketCount = marketCount;
    this.#windowMs = windowMs;
  }

  /** Adds an engagement, none earlier than the last. */
  add(engagement: UserEngagement): void {
    this.#window.push(engagement);
    this.#count(engagement, 1);
  }

  /** Removes the engagements older than the window at an instant. */
  advanceTo(nowMs: number): void {
    for (;;) {
      const oldest = this.#window.peek();
      if (oldest === undefined || nowMs - oldest.atMs <= this.#windowMs) return;
      this.#count(oldest, -1);
      this.#window.shift();
    }
  }

  #count({ user, market }: UserEngagement, change: 1 | -1): void {
    const pair = user * this.#marketCount + market;
    const before = this.#engagementsByPair.get(pair) ?? 0;
    const after = before + change;
    if (after === 0) this.#engagementsByPair.delete(pair);
    else this.#engagementsByPair.set(pair, after);
    if (before === 0 || after === 0) this.counts[market] = (this.counts[market] ?? 0) + change;
  }
}
