import { Prisma } from '../../generated/prisma/client.js';
import type { MarketMomentum } from '../../domain/trends.js';
import type { Connection } from '../sql.js';
import { activityTotals, enableAllPlans } from './rollup-sql.js';

/** The stored momentum of a market. */
type StoredMomentum = Omit<MarketMomentum, 'computedAt'>;

/**
 * The current volume divided by the volume 24 h ago. Null if either is unknown, if the earlier one is 0, or if the quotient is
 * too large for a float8. 0 if the quotient is too small for one: PostgreSQL rejects both.
 */
const VOLUME_RATIO = Prisma.sql`
  case when coalesce(day.volume_24h, 0) <= 0 then null
    when f.volume_24h <= 0 then 0
    when ln(f.volume_24h) - ln(day.volume_24h) >= 709 then null
    when ln(f.volume_24h) - ln(day.volume_24h) <= -708 then 0
    else f.volume_24h / day.volume_24h end`;

const MARKETS_PER_PAGE = 500;

export class MomentumRepository {
  constructor(private readonly connection: Connection) {}

  /**
   * Stores the momentum of every open market as of an instant, by the formulas of `scoring/shared/momentum.ts`, and removes
   * that of other markets. Writes only rows that changed. Counts come from the activity roll-ups.
   *
   * SQL: one statement computes and stores all markets. The delete has no relation between the tables to follow.
   *
   * @returns the number of open markets.
   */
  async replaceAll(now: Date): Promise<number> {
    await enableAllPlans(this.connection);
    await this.connection.$executeRaw`
      delete from market_momentum t
      where not exists (select from markets m where m.id = t.market_id and m.status = 'OPEN')`;
    const count = (minutes: number, column: string): Prisma.Sql =>
      Prisma.sql`coalesce(max(${Prisma.raw(column)}) filter (where minutes = ${minutes}), 0)::int`;
    const [row] = await this.connection.$queryRaw<{ markets: number }[]>`
      with activity as (
        select market, ${count(5, 'views')} as views_5m, ${count(60, 'views')} as views_1h,
          ${count(1_440, 'views')} as views_24h, ${count(5, 'participations')} as participations_5m,
          ${count(60, 'participations')} as participations_1h, ${count(1_440, 'participations')} as participations_24h
        from (${activityTotals(now, [5, 60, 1_440])}) totals group by market
      ),
      computed as materialized (
        select m.id as market_id, coalesce(a.views_5m, 0) as views_5m, coalesce(a.views_1h, 0) as views_1h,
          coalesce(a.views_24h, 0) as views_24h, coalesce(a.participations_5m, 0) as participations_5m,
          coalesce(a.participations_1h, 0) as participations_1h, coalesce(a.participations_24h, 0) as participations_24h,
          f.probability - hour.probability as odds_change_1h, f.probability - day.probability as odds_change_24h,
          ${VOLUME_RATIO} as volume_spike, f.participant_count - day.participant_count as participant_delta_24h,
          day.probability as probability_24h_ago
        from markets m join market_numbers n on n.market_id = m.id
        join market_figures f on f.market_number = n.number
        left join activity a on a.market = hashtextextended(m.id, 0)
        left join lateral (
          select probability from market_snapshots s
          where s.market_id = m.id and s.at <= ${now}::timestamptz - interval '1 hour' order by s.at desc limit 1
        ) hour on true
        left join lateral (
          select probability, volume_24h, participant_count from market_snapshots s
          where s.market_id = m.id and s.at <= ${now}::timestamptz - interval '24 hours' order by s.at desc limit 1
        ) day on true
        where m.status = 'OPEN'
      ),
      stored as (
        insert into market_momentum (market_id, views_5m, views_1h, views_24h, participations_5m, participations_1h,
          participations_24h, odds_change_1h, odds_change_24h, volume_spike, participant_delta_24h, probability_24h_ago)
        select c.* from computed c left join market_momentum t using (market_id)
        where t.market_id is null or (c.*) is distinct from (t.*)
        on conflict (market_id) do update set views_5m = excluded.views_5m, views_1h = excluded.views_1h,
          views_24h = excluded.views_24h, participations_5m = excluded.participations_5m,
          participations_1h = excluded.participations_1h, participations_24h = excluded.participations_24h,
          odds_change_1h = excluded.odds_change_1h, odds_change_24h = excluded.odds_change_24h,
          volume_spike = excluded.volume_spike, participant_delta_24h = excluded.participant_delta_24h,
          probability_24h_ago = excluded.probability_24h_ago
      )
      select count(*)::int as markets from computed`;
    return row?.markets ?? 0;
  }

  /** Yields the momentum of all markets, in pages. */
  async *all(): AsyncGenerator<StoredMomentum[]> {
    for (let last = ''; ;) {
      const page = await this.connection.marketMomentum.findMany({
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
