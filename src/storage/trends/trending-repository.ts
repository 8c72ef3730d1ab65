import { Prisma, type PrismaClient } from '../../generated/prisma/client.js';
import type { PairSettings } from './pair-rollup-sql.js';
import { activityTotals, pairTotals } from './rollup-totals.js';

type Connection = Pick<PrismaClient, '$queryRaw' | '$executeRaw'>;

/** How markets trend within a scope. */
export interface TrendingScope {
  /** `global` or `local:<CC>`. */
  readonly scope: string;
  /** Markets and their sums, above 0, in no order. */
  readonly pages: readonly { readonly marketIds: readonly string[]; readonly sums: readonly number[] }[];
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

/** Rows of the roll-up of the trends that count the users of a country. */
const COUNTS_USERS = Prisma.sql`market = 0 and scope <> ''`;

type TrendingPage = TrendingScope['pages'][number];

const MARKETS_PER_PAGE = 1_000;

/** Window of the exposure, in minutes: 7 days. */
const EXPOSURE_MINUTES = 10_080;

export class TrendingRepository {
  constructor(private readonly connection: Connection) {}

  /**
   * Replaces the sums of all scopes by those of a roll-up that counts the window that ends at `now`. A country has a scope
   * if at least `minLocalUsers` distinct users act in it.
   *
   * @returns how many scopes there are.
   */
  async replaceSums(now: Date, settings: PairSettings, minLocalUsers: number): Promise<number> {
    await this.#prepare();
    const [size] = await this.connection.$queryRaw<{ markets: number }[]>`
      select count(*)::int as markets from trend_sums where scope = ''`;
    // A page has the markets whose hashes end in the same bits, which needs no sorting.
    const pageBits = 2 ** Math.ceil(Math.log2(Math.max(1, (size?.markets ?? 0) / MARKETS_PER_PAGE))) - 1;
    await this.connection.$executeRaw`delete from trending_scopes`;
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

  /** The scopes, one after the other; read a page at a time, so that each blocks the event loop for little time. */
  async *scopes(): AsyncGenerator<TrendingScope> {
    let scope: string | undefined;
    let pages: TrendingPage[] = [];
    for (let last: { scope: string; page: number } = { scope: '', page: 0 }; ;) {
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

  /** All that is stored, in pages. */
  async *attention(): AsyncGenerator<MarketAttention[]> {
    for (let last = ''; ;) {
      const page = await this.connection.$queryRaw<MarketAttention[]>`
        select market_id as "marketId", impressions, clicks, popularity from market_attention
        where market_id > ${last} order by market_id limit ${MARKETS_PER_PAGE}`;
      yield page;
      if (page.length < MARKETS_PER_PAGE) return;
      last = page.at(-1)?.marketId ?? last;
    }
  }

  /** The steps of the roll-ups disable these plans; here, all markets are read. */
  async #prepare(): Promise<void> {
    await this.connection.$executeRaw`
      select set_config('enable_seqscan', 'on', true), set_config('enable_hashjoin', 'on', true),
        set_config('enable_mergejoin', 'on', true)`;
  }
}
