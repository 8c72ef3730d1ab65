import { Prisma } from '../../generated/prisma/client.js';
import type { Connection } from '../sql.js';

// Parts of the set-based statements of the roll-ups. They are SQL, because each step changes many rows by computed values.

/** Windows in which events of a market are counted, in minutes. */
export const ACTIVITY_MINUTES = [5, 60, 1_440, 10_080] as const;

export type ActivityMinutes = (typeof ACTIVITY_MINUTES)[number];

/** The roll-ups of event weights by pair of user and market. */
export type PairRollup = 'trends' | 'popularity';

/** How the weights of a pair are summed. */
export interface PairSettings {
  /** Half-life of an event's weight. */
  readonly halfLifeMs: number;
  /** Maximum contribution of one user to the sum of one market. */
  readonly userCap: number;
}

/** The tables of a roll-up. */
export const PAIR_TABLES: Record<PairRollup, { readonly pairs: Prisma.Sql; readonly sums: Prisma.Sql }> = {
  trends: { pairs: Prisma.sql`trend_pairs`, sums: Prisma.sql`trend_sums` },
  popularity: { pairs: Prisma.sql`popularity_pairs`, sums: Prisma.sql`popularity_sums` },
};

/**
 * Returns the factor by which a weight dated `since` has decayed at `now`. Clamped to 400 half-lives, because PostgreSQL
 * rejects results that are too small for a float8. {@link flushed} sums times this factor are never too small.
 *
 * @param since a timestamptz.
 */
export function decayFactor(since: Prisma.Sql, now: Date, halfLifeMs: number): Prisma.Sql {
  return Prisma.sql`power(0.5, least(400, greatest(-400,
    date_part('epoch', ${now}::timestamptz - ${since}) * 1000 / ${halfLifeMs}::float8)))`;
}

/** Returns the sum, or 0 if it is below 1e-100, such as a negative rounding error. */
function flushed(sum: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`case when ${sum} < 1e-100 then 0 else ${sum} end`;
}

/**
 * Returns the pairs that an event belongs to: of all countries, of its country, and of the country's users (market 0).
 * Popularity has only the first.
 */
function scopesOf(rollup: PairRollup): Prisma.Sql {
  if (rollup === 'popularity') return Prisma.sql`select '' as scope, e.market`;
  return Prisma.sql`
    select '' as scope, e.market
    union all select e.country, e.market where e.country <> ''
    union all select e.country, 0 where e.country <> ''`;
}

/**
 * Returns the changes of the pairs by events that occurred at or before `now`: columns user_hash, market, scope, sum as of
 * now, events.
 *
 * @param events rows of market, user_hash, country, occurred_at, weight and change; change is the number of times that the
 *   event is added, negative to subtract it.
 */
export function pairChanges(
  rollup: PairRollup,
  { halfLifeMs }: PairSettings,
  now: Date,
  events: Prisma.Sql,
): Prisma.Sql {
  return Prisma.sql`
    select e.user_hash, s.market, s.scope, sum(e.sum) as sum, sum(e.events)::int as events
    from (
      select user_hash, market, country, sum(change) as events,
        sum(change * weight * ${decayFactor(Prisma.sql`occurred_at`, now, halfLifeMs)}) as sum
      from (${events}) raw where weight > 0 group by user_hash, market, country
    ) e cross join lateral (${scopesOf(rollup)}) s
    group by e.user_hash, s.market, s.scope`;
}

/**
 * Returns common table expressions that apply changes to the pairs and their sums. The expression `<rollup>_broken` counts
 * pairs whose number of events would be negative.
 *
 * Only for a transaction that holds the lock of the roll-ups and has disabled hash joins, merge joins, and sequential scans:
 * each pair is found by the index, then changed by the id of its row version.
 */
export function applyPairChanges(
  rollup: PairRollup,
  settings: PairSettings,
  now: Date,
  changes: Prisma.Sql,
): Prisma.Sql {
  const { halfLifeMs } = settings;
  const { pairs, sums } = PAIR_TABLES[rollup];
  const name = (suffix: string): Prisma.Sql => Prisma.raw(`${rollup}_${suffix}`);
  const [found, pair] = [name('found'), name('pair')];
  const decayed = decayFactor(Prisma.sql`p.at`, now, halfLifeMs);
  const newSum = Prisma.sql`(c.sum + coalesce(p.sum * ${decayed}, 0))`;
  return Prisma.sql`
    ${found} as materialized (
      select c.user_hash, c.market, c.scope, p.tuple_id, p.capped_until is not null as was_capped,
        coalesce(p.sum * ${decayed}, 0) as old_sum, ${flushed(newSum)} as sum, c.events + coalesce(p.events, 0) as events
      from (${changes}) c left join lateral (
        select p.ctid as tuple_id, p.* from ${pairs} p
        where p.user_hash = c.user_hash and p.market = c.market and p.scope = c.scope limit 1
      ) p on true
    ),
    ${pair} as materialized (
      select *, case when events > 0 then ${cappedUntil(Prisma.sql`sum`, now, settings)} end as capped_until from ${found}
    ),
    ${name('updated')} as (
      update ${pairs} p set sum = n.sum, at = ${now}, events = n.events, capped_until = n.capped_until
      from ${pair} n where p.ctid = n.tuple_id and n.events > 0
    ),
    ${name('deleted')} as (
      delete from ${pairs} p using ${pair} n where p.ctid = n.tuple_id and n.events <= 0
    ),
    ${name('inserted')} as (
      insert into ${pairs} (user_hash, market, sum, at, capped_until, events, scope)
      select user_hash, market, sum, ${now}, capped_until, events, scope
      from ${pair} where tuple_id is null and events > 0 order by user_hash, market
    ),
    ${name('summed')} as (${addToSums(
      sums,
      { now, halfLifeMs },
      Prisma.sql`
        select scope, market, sum((events > 0)::int - (tuple_id is not null)::int) as pairs,
          sum((capped_until is not null)::int - was_capped::int) as capped,
          sum(case when events > 0 and capped_until is null then sum else 0 end
            - case when tuple_id is not null and not was_capped then old_sum else 0 end) as sum
        from ${pair} group by scope, market`,
    )}),
    ${name('broken')} as (select count(*) as pairs from ${pair} where events < 0)`;
}

/** Returns when a sum as of now will no longer exceed the cap; null if it does not exceed it. */
function cappedUntil(sum: Prisma.Sql, now: Date, { halfLifeMs, userCap }: PairSettings): Prisma.Sql {
  return Prisma.sql`case when ${sum} > ${userCap}::float8 then ${now}::timestamptz
    + make_interval(secs => ${halfLifeMs / 1_000}::float8 * ln(${sum} / ${userCap}::float8) / ln(2::float8)) end`;
}

/** Adds changes (scope, market, pairs, capped, sum as of now) to the sums. A sum without uncapped pairs is exactly 0. */
export function addToSums(
  sums: Prisma.Sql,
  { now, halfLifeMs }: { now: Date; halfLifeMs: number },
  changes: Prisma.Sql,
): Prisma.Sql {
  const total = Prisma.sql`(s.sum * ${decayFactor(Prisma.sql`s.at`, now, halfLifeMs)} + excluded.sum)`;
  return Prisma.sql`
    insert into ${sums} as s (scope, market, pairs, capped, sum, at)
    select scope, market, pairs, capped, sum, ${now} from (${changes}) changes where pairs <> 0 or capped <> 0 or sum <> 0
    on conflict (scope, market) do update set pairs = s.pairs + excluded.pairs, capped = s.capped + excluded.capped,
      sum = case when s.pairs + excluded.pairs = s.capped + excluded.capped then 0 else ${flushed(total)} end, at = excluded.at`;
}

/**
 * Returns a query for the totals of a roll-up as of `now`, in a transaction that has updated it to `now`: scope, market, sum
 * over distinct users, and pairs. Queued events later than `now`, of clients whose clock is ahead, count without decay.
 *
 * @param condition on scope and market.
 */
export function pairTotals(
  rollup: PairRollup,
  settings: PairSettings,
  now: Date,
  condition = Prisma.sql`true`,
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
    from (select * from ${sums} where pairs > 0 and ${condition}) s full join (
      select f.scope, f.market, sum(least(${cap}, p.sum + f.sum) - least(${cap}, p.sum)) as sum,
        count(*) filter (where not p.is_stored) as pairs
      from (${pairChanges(rollup, settings, now, ahead)}) f cross join lateral (
        select coalesce(max(p.sum * ${decayFactor(Prisma.sql`p.at`, now, halfLifeMs)}), 0) as sum, count(*) > 0 as is_stored
        from ${pairs} p where p.user_hash = f.user_hash and p.market = f.market and p.scope = f.scope
      ) p where ${condition} group by f.scope, f.market
    ) a on a.scope = s.scope and a.market = s.market`;
}

/** Returns a query for the counts of windows that end at `now`, including queued events later than `now`. */
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

/**
 * Enables the plans that `RollupRepository.begin` disabled, for a statement that reads all markets in the same
 * transaction. SQL: session settings.
 */
export async function enableAllPlans(connection: Connection): Promise<void> {
  await connection.$executeRaw`
    select set_config('enable_seqscan', 'on', true), set_config('enable_hashjoin', 'on', true),
      set_config('enable_mergejoin', 'on', true)`;
}
