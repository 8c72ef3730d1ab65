import type { PrismaClient } from '../generated/prisma/client.js';
import { trendSums, trendSumsByCountry, type TrendWindow } from './trend-sums.js';

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

export class TrendingRepository {
  constructor(private readonly connection: Connection) {}

  /**
   * Puts the scores of a window in the place of all that are stored: each market's sum divided by the largest of the
   * scope. A country has a scope when at least `minLocalUsers` distinct people act from it. Within a transaction,
   * whose later statements then may use more memory.
   *
   * @returns how many scopes there are.
   */
  async replaceScores(window: TrendWindow, minLocalUsers: number): Promise<number> {
    await this.#allowMemory();
    await this.connection.$executeRaw`delete from trending_scopes`;
    return this.connection.$executeRaw`
      insert into trending_scopes (scope, market_ids, scores)
      select case when country is null then 'global' else 'local:' || country end,
        array_agg(market_id order by sum desc, market_id), array_agg(sum / largest order by sum desc, market_id)
      from (
        select country, market_id, sum, max(sum) over (partition by country) as largest
        from (${trendSumsByCountry(window, minLocalUsers)}) sums where sum > 0
      ) scored group by country`;
  }

  async scopes(): Promise<TrendingScope[]> {
    return this.connection.$queryRaw<TrendingScope[]>`
      select scope, market_ids as "marketIds", scores from trending_scopes order by scope`;
  }

  /**
   * Puts these in the place of all that are stored: how often each open market was shown and opened since an instant,
   * and its sum over a window, in people. Within a transaction, whose later statements then may use more memory.
   *
   * @returns how many markets there are.
   */
  async replaceAttention(shownSince: Date, window: TrendWindow): Promise<number> {
    await this.#allowMemory();
    await this.connection.$executeRaw`delete from market_attention`;
    return this.connection.$executeRaw`
      insert into market_attention (market_id, impressions, clicks, popularity)
      select market_id, coalesce(impressions, 0), coalesce(clicks, 0), coalesce(sum / ${window.userCap}::float8, 0)
      from (
        select i.market_id, count(*) filter (where i.event_type = 'IMPRESSION')::int as impressions,
          count(*) filter (where i.event_type in ('CLICK', 'VIEW_MARKET'))::int as clicks
        from interactions i join markets m on m.id = i.market_id and m.status = 'OPEN'
        where i.occurred_at >= ${shownSince} and i.event_type in ('IMPRESSION', 'CLICK', 'VIEW_MARKET')
        group by i.market_id
      ) exposure full join (${trendSums(window)}) sums using (market_id)`;
  }

  async attention(): Promise<MarketAttention[]> {
    return this.connection.$queryRaw<MarketAttention[]>`
      select market_id as "marketId", impressions, clicks, popularity from market_attention`;
  }

  /** A million events are summed up by hundreds of thousands of people and markets, for which 4 MB make files. */
  async #allowMemory(): Promise<void> {
    await this.connection.$executeRaw`set local work_mem = '48MB'`;
  }
}
