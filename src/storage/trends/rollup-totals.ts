import { Prisma } from '../../generated/prisma/client.js';
import {
  decayFactor,
  pairChanges,
  PAIR_TABLES,
  type PairRollup,
  type PairSettings,
} from './pair-rollup-sql.js';
import type { ActivityMinutes } from './rollup-repository.js';

/**
 * A query for the totals of a roll-up as of `now`, in a transaction that brought it there: scope, market, sum over distinct
 * users, and pairs. Queued events of later than `now`, by clients whose clock is ahead, count without decay.
 *
 * @param only a condition on scope and market.
 */
export function pairTotals(
  rollup: PairRollup,
  settings: PairSettings,
  now: Date,
  only = Prisma.sql`true`,
): Prisma.Sql {
  const { halfLifeMs, userCap } = settings;
  const { pairs, sums } = PAIR_TABLES[rollup];
  const cap = Prisma.sql`${userCap}::float8`;
  const ahead = Prisma.sql`
    select market, user_hash, country, ${now}::timestamptz as occurred_at, weight, change
    from rollup_events where occurred_at > ${now}`;
  return Prisma.sql`
    select coalesce(s.scope, a.scope) as scope, coalesce(s.market, a.market) as market,
      coalesce(s.sum * ${decayFactor(Prisma.sql`s.at`, now, halfLifeMs)} + s.capped * ${cap}, 0) + coalesce(a.sum, 0) as sum,
      coalesce(s.pairs, 0) + coalesce(a.pairs, 0) as pairs
    from (select * from ${sums} where pairs > 0 and ${only}) s full join (
      select f.scope, f.market, sum(least(${cap}, p.sum + f.sum) - least(${cap}, p.sum)) as sum,
        count(*) filter (where not p.is_stored) as pairs
      from (${pairChanges(rollup, settings, now, ahead)}) f cross join lateral (
        select coalesce(max(p.sum * ${decayFactor(Prisma.sql`p.at`, now, halfLifeMs)}), 0) as sum, count(*) > 0 as is_stored
        from ${pairs} p where p.user_hash = f.user_hash and p.market = f.market and p.scope = f.scope
      ) p where ${only} group by f.scope, f.market
    ) a on a.scope = s.scope and a.market = s.market`;
}

/** A query for the counts of windows that end at `now`, queued events of later than `now` included. */
export function activityTotals(now: Date, windows: readonly ActivityMinutes[]): Prisma.Sql {
  return Prisma.sql`
    select minutes, market, sum(views)::int as views, sum(participations)::int as participations,
      sum(impressions)::int as impressions
    from (
      select minutes, market, views, participations, impressions from activity_counts
      where minutes = any(${[...windows]}::int[])
      union all
      select w.minutes, e.market, case when event_type in ('VIEW_MARKET', 'CLICK') then change else 0 end,
        case event_type when 'PARTICIPATE' then change else 0 end, case event_type when 'IMPRESSION' then change else 0 end
      from rollup_events e cross join unnest(${[...windows]}::int[]) w(minutes) where e.occurred_at > ${now}
    ) counts group by minutes, market`;
}
