import { Prisma } from '../../generated/prisma/client.js';
import type { MarketExposure } from '../../domain/trends.js';
import type { Connection } from '../sql.js';
import { activityTotals, enableAllPlans, pairTotals, type PairSettings } from './rollup-sql.js';

/** The trending sums of the markets of a scope. */
export interface TrendingScope {
  /** `global` or `local:<CC>`. */
  readonly scope: string;
  /** Markets and their sums, above 0, unordered. */
  readonly pages: readonly { readonly marketIds: readonly string[]; readonly sums: readonly number[] }[];
}

/** Rows of the roll-up of the trends that count the users of a country. */
const COUNTS_USERS = Prisma.sql`market = 0 and scope <> ''`;

type TrendingPage = TrendingScope['pages'][number];

const MARKETS_PER_PAGE = 1_000;

/** Window of the exposure, in minutes: 7 days. */
const EXPOSURE_MINUTES = 10_080;

export class TrendingRepository {
  constructor(private readonly connection: Connection) {}

  /**
   * Replaces the sums of all scopes by those of a roll-up whose window ends at `now`. A country has a scope if it has at
   * least `minLocalUsers` distinct users.
   *
   * @returns the number of scopes.
   */
  async replaceSums(now: Date, settings: PairSettings, minLocalUsers: number): Promise<number> {
    await enableAllPlans(this.connection);
    const markets = await this.connection.trendSum.count({ where: { scope: '' } });
    // A page has the markets whose hashes end in the same bits, which requires no sorting.
    const pageBits = 2 ** Math.ceil(Math.log2(Math.max(1, markets / MARKETS_PER_PAGE))) - 1;
    await this.connection.trendingScope.deleteMany();
    // SQL: aggregates and inserts in one statement.
    const [row] = await this.connection.$queryRaw<{ scopes: number }[]>`
      with used as materialized (
        select '' as scope union all
        select scope from (${pairTotals('trends', settings, now, COUNTS_USERS)}) users where pairs >= ${minLocalUsers}
      ),
      stored as (
        insert into trending_scopes (scope, page, market_ids, sums)
        select case scope when '' then 'global' else 'local:' || scope end, page, array_agg(id), array_agg(sum)
        from (
          select t.scope, (t.market & ${pageBits}::bigint)::int as page, m.id, t.sum
          from (${pairTotals('trends', settings, now)}) t
          join markets m on hashtextextended(m.id, 0) = t.market and m.status = 'OPEN'
          where t.sum > 0 and t.scope in (select scope from used)
        ) sums group by scope, page
        returning scope
      )
      select count(distinct scope)::int as scopes from stored`;
    return row?.scopes ?? 0;
  }

  /** Yields the scopes. Reads one page at a time, so that no read blocks the event loop for long. */
  async *scopes(): AsyncGenerator<TrendingScope> {
    let scope: string | undefined;
    let pages: TrendingPage[] = [];
    for (let last: { scope: string; page: number } = { scope: '', page: 0 }; ;) {
      // SQL: Prisma cannot compare rows, and its cursor costs a subquery.
      const [next] = await this.connection.$queryRaw<({ scope: string; page: number } & TrendingPage)[]>`
        select scope, page, market_ids as "marketIds", sums from trending_scopes
        where (scope, page) > (${last.scope}, ${last.page}::int) order by scope, page limit 1`;
      if (next?.scope !== scope) {
        if (scope !== undefined) yield { scope, pages };
        if (next === undefined) return;
        scope = next.scope;
        pages = [];
      }
      if (next === undefined) return;
      pages.push(next);
      last = next;
    }
  }

  /**
   * Replaces the popularity of all open markets by that of the roll-ups: impressions and clicks of 7 days, and the sum of
   * the popularity roll-up, in users.
   *
   * @returns the number of markets.
   */
  async replacePopularity(now: Date, settings: PairSettings): Promise<number> {
    await enableAllPlans(this.connection);
    await this.connection.marketAttention.deleteMany();
    // SQL: aggregates and inserts in one statement.
    return this.connection.$executeRaw`
      insert into market_attention (market_id, impressions, clicks, popularity)
      with counts as (${activityTotals(now, [EXPOSURE_MINUTES])}),
      sums as (select market, sum from (${pairTotals('popularity', settings, now)}) totals)
      select m.id, coalesce(c.impressions, 0), coalesce(c.views, 0), coalesce(s.sum, 0) / ${settings.userCap}::float8
      from markets m left join counts c on c.market = hashtextextended(m.id, 0)
      left join sums s on s.market = hashtextextended(m.id, 0)
      where m.status = 'OPEN' and (s.market is not null or c.market is not null)`;
  }

  /** Yields the popularity of all markets, in pages. */
  async *popularity(): AsyncGenerator<MarketExposure[]> {
    for (let last = ''; ;) {
      const page = await this.connection.marketAttention.findMany({
        where: { marketId: { gt: last } },
        orderBy: { marketId: 'asc' },
        take: MARKETS_PER_PAGE,
      });
      yield page;
      if (page.length < MARKETS_PER_PAGE) return;
      last = page.at(-1)?.marketId ?? last;
    }
  }
}
