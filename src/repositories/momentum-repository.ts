import type { PrismaClient } from '../generated/prisma/client.js';
import type { Momentum, MomentumFigures } from '../scoring/momentum.js';

type Connection = Pick<PrismaClient, '$queryRaw' | '$executeRaw'>;

/** How often something was done with a market of late. */
export interface RecentActivity {
  /** VIEW_MARKET and CLICK. */
  readonly views5m: number;
  readonly views1h: number;
  readonly views24h: number;
  /** PARTICIPATE. */
  readonly participations5m: number;
  readonly participations1h: number;
  readonly participations24h: number;
}

/** What a market's momentum is made of. */
export interface MomentumSource extends RecentActivity, MomentumFigures {
  readonly marketId: string;
}

/** A market's momentum as it is stored. */
export interface StoredMomentum extends RecentActivity, Momentum {
  readonly marketId: string;
  /** 0–1; null when it was not known. */
  readonly probability24hAgo: number | null;
}

export class MomentumRepository {
  constructor(private readonly connection: Connection) {}

  /** What the momentum of every open market is made of, as of an instant. */
  async sources(now: Date): Promise<MomentumSource[]> {
    return this.connection.$queryRaw<MomentumSource[]>`
      with activity as (
        select market_id,
          count(*) filter (where occurred_at > ${now}::timestamptz - interval '5 minutes' and is_view)::int as views_5m,
          count(*) filter (where occurred_at > ${now}::timestamptz - interval '1 hour' and is_view)::int as views_1h,
          count(*) filter (where is_view)::int as views_24h,
          count(*) filter (where occurred_at > ${now}::timestamptz - interval '5 minutes' and not is_view)::int
            as participations_5m,
          count(*) filter (where occurred_at > ${now}::timestamptz - interval '1 hour' and not is_view)::int
            as participations_1h,
          count(*) filter (where not is_view)::int as participations_24h
        from (
          select market_id, occurred_at, event_type <> 'PARTICIPATE' as is_view from interactions
          where occurred_at > ${now}::timestamptz - interval '24 hours'
            and event_type in ('VIEW_MARKET', 'CLICK', 'PARTICIPATE')) done
        group by market_id
      )
      select m.id as "marketId", coalesce(a.views_5m, 0) as "views5m", coalesce(a.views_1h, 0) as "views1h",
        coalesce(a.views_24h, 0) as "views24h", coalesce(a.participations_5m, 0) as "participations5m",
        coalesce(a.participations_1h, 0) as "participations1h",
        coalesce(a.participations_24h, 0) as "participations24h",
        m.probability, m.volume_24h as "volume24h", m.participant_count as "participantCount",
        hour.probability as "probability1hAgo", day.probability as "probability24hAgo",
        day.volume_24h as "volume24hADayAgo", day.participant_count as "participantCount24hAgo"
      from markets m left join activity a on a.market_id = m.id
      left join lateral (
        select probability from market_snapshots s
        where s.market_id = m.id and s.at <= ${now}::timestamptz - interval '1 hour' order by s.at desc limit 1
      ) hour on true
      left join lateral (
        select probability, volume_24h, participant_count from market_snapshots s
        where s.market_id = m.id and s.at <= ${now}::timestamptz - interval '24 hours' order by s.at desc limit 1
      ) day on true
      where m.status = 'OPEN'`;
  }

  /** Puts these in the place of all that are stored. */
  async replaceAll(momentum: readonly StoredMomentum[]): Promise<void> {
    await this.connection.$executeRaw`delete from market_momentum`;
    await this.connection.$executeRaw`
      insert into market_momentum (market_id, views_5m, views_1h, views_24h, participations_5m, participations_1h,
        participations_24h, odds_change_1h, odds_change_24h, volume_spike, participant_delta_24h, probability_24h_ago)
      select r.* from jsonb_to_recordset(${JSON.stringify(momentum)}::jsonb)
        as r("marketId" text, "views5m" int, "views1h" int, "views24h" int, "participations5m" int,
          "participations1h" int, "participations24h" int, "oddsChange1h" float8, "oddsChange24h" float8,
          "volumeSpike" float8, "participantDelta24h" int, "probability24hAgo" float8)`;
  }

  async all(): Promise<StoredMomentum[]> {
    return this.connection.$queryRaw<StoredMomentum[]>`
      select market_id as "marketId", views_5m as "views5m", views_1h as "views1h", views_24h as "views24h",
        participations_5m as "participations5m", participations_1h as "participations1h",
        participations_24h as "participations24h", odds_change_1h as "oddsChange1h",
        odds_change_24h as "oddsChange24h", volume_spike as "volumeSpike",
        participant_delta_24h as "participantDelta24h", probability_24h_ago as "probability24hAgo"
      from market_momentum`;
  }
}
