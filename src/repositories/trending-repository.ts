import type { PrismaClient } from '../generated/prisma/client.js';
import type { PairSettings } from './pair-rollup-sql.js';
import { activityTotals, pairTotals } from './rollup-totals.js';

type Connection = Pick<PrismaClient, '$queryRaw' | '$executeRaw'>;

/** How markets trend within a scope. */
export interface TrendingScope {
  /** `global` or `local:<CC>`. */
  readonly scope: string;
  /** The strongest first. */
  readonly marketIds: readonly string[];
  /** 0–1, 1 for the strongest; in the order of the markets. */
  readonly scores: readonly number[];
}

/** How much the crowd has had to do with a market lately. */
export interface MarketAttention {
  readonly marketId: string;
  /** Times it was shown, and times it was opened. */
  readonly impressions: number;
  readonly clicks: number;
  /** The crowd's decayed weights, in people: 0 and up. */
  readonly popularity: number;
}

/** Window of the exposure, in minutes: 7 days. */
const EXPOSURE_MINUTES = 10_080;

export class TrendingRepository {
  constructor(private readonly connection: Connection) {}

  /**
   * Replaces the scores by those of a roll-up that counts the window that ends at `now`: each market's sum divided by the
   * largest of the scope. A country has a scope if at least `minLocalUsers` distinct users act in it.
   *
   * @returns how many scopes there are.
   */
  async replaceScores(now: Date, settings: PairSettings, minLocalUsers: number): Promise<number> {
    await this.#prepare();
    await this.connection.$executeRaw`delete from trending_scopes`;
    return this.connection.$executeRaw`
      insert into trending_scopes (scope, market_ids, scores)
      with totals as materialized (${pairTotals('trends', settings, now)}),
      sums as (
        select t.scope, m.id, t.sum from totals t
        join markets m on hashtextextended(m.id, 0) = t.market and m.status = 'OPEN'
        where t.sum > 0 and (t.scope = '' or t.scope in (
          select scope from totals where market = 0 and scope <> '' and pairs >= ${minLocalUsers}))
      )
      select case scope when '' then 'global' else 'local:' || scope end,
        array_agg(id order by sum desc, id), array_agg(sum / largest order by sum desc, id)
      from (select scope, id, sum, max(sum) over (partition by scope) as largest from sums) scored group by scope`;
  }

  async scopes(): Promise<TrendingScope[]> {
    return this.connection.$queryRaw<TrendingScope[]>`
      select scope, market_ids as "marketIds", scores from trending_scopes order by scope`;
  }

  /**
   * Replaces the attention of all open markets by what the roll-ups count: impressions and clicks of 7 days, and the sum of
   * the roll-up of the popularity, in users.
   *
   * @returns how many markets there are.
   */
  async replaceAttention(now: Date, settings: PairSettings): Promise<number> {
    await this.#prepare();
    await this.connection.$executeRaw`delete from market_attention`;
    return this.connection.$executeRaw`
      insert into market_attention (market_id, impressions, clicks, popularity)
      with counts as (${activityTotals(now, [EXPOSURE_MINUTES])}),
      sums as (select market, sum from (${pairTotals('popularity', settings, now)}) totals)
      select m.id, coalesce(c.impressions, 0), coalesce(c.views, 0), coalesce(s.sum, 0) / ${settings.userCap}::float8
      from markets m left join counts c on c.market = hashtextextended(m.id, 0)
      left join sums s on s.market = hashtextextended(m.id, 0)
      where m.status = 'OPEN' and (s.market is not null or c.market is not null)`;
  }

  async attention(): Promise<MarketAttention[]> {
    return this.connection.$queryRaw<MarketAttention[]>`
      select market_id as "marketId", impressions, clicks, popularity from market_attention`;
  }

  /** The steps of the roll-ups disable these joins; here, all markets are joined. */
  async #prepare(): Promise<void> {
    await this.connection.$executeRaw`
      select set_config('enable_hashjoin', 'on', true), set_config('enable_mergejoin', 'on', true)`;
  }
}
