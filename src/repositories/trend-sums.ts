import { Prisma } from '../generated/prisma/client.js';

/** Whose events count for a trend, and how much. */
export interface TrendWindow {
  readonly now: Date;
  readonly since: Date;
  /** An event counts half after this time. */
  readonly halfLifeMs: number;
  /** The most that one person adds to one market. */
  readonly userCap: number;
}

/**
 * A query for the positive events since an instant, each halved every `halfLifeMs` of age, summed up by these columns of
 * theirs; open markets only.
 */
function acts({ now, since, halfLifeMs }: TrendWindow, columns: Prisma.Sql): Prisma.Sql {
  // More than 900 halvings leave nothing, and are near where PostgreSQL would refuse the power as too small.
  return Prisma.sql`
    select a.* from (
      select ${columns}, sum(weight * power(0.5, least(900,
        greatest(0, date_part('epoch', ${now}::timestamptz - occurred_at) * 1000) / ${halfLifeMs}::float8))) as weight
      from interactions where occurred_at >= ${since} and weight > 0 group by ${columns}
    ) a join markets m on m.id = a.market_id and m.status = 'OPEN'`;
}

/**
 * A query for what the crowd did with each open market since an instant: over distinct people, the smaller of
 * `userCap` and that person's decayed positive weights. Columns market_id, sum.
 */
export function trendSums(window: TrendWindow): Prisma.Sql {
  return Prisma.sql`
    select market_id, sum(least(${window.userCap}::float8, weight)) as sum
    from (${acts(window, Prisma.sql`market_id, user_key`)}) acts group by market_id`;
}

/**
 * The same once over everyone (country null), and once for each country that at least `minLocalUsers` distinct people
 * act from. Columns country, market_id, sum.
 *
 * Most people act from one country, so what they add to a market there is what they add over everyone: the many rows
 * are gone through once for both, and only travellers are added up again.
 */
export function trendSumsByCountry(window: TrendWindow, minLocalUsers: number): Prisma.Sql {
  const { userCap } = window;
  return Prisma.sql`
    with acts as materialized (${acts(window, Prisma.sql`market_id, user_key, country`)}),
    people as materialized (select user_key, country from acts group by user_key, country),
    travellers as (select user_key from people group by user_key having count(*) > 1),
    countries as (
      select country from people where country is not null group by country having count(*) >= ${minLocalUsers}
    ),
    sums as (
      select a.country, a.market_id, sum(least(${userCap}::float8, a.weight)) as sum,
        sum(least(${userCap}::float8, a.weight)) filter (where t.user_key is null) as of_settled
      from acts a left join travellers t on t.user_key = a.user_key group by a.country, a.market_id
    ),
    everyone as (
      select market_id, of_settled as sum from sums
      union all
      select market_id, least(${userCap}::float8, sum(weight)) from acts join travellers using (user_key)
      group by market_id, user_key
    )
    select null as country, market_id, sum(sum) as sum from everyone group by market_id
    union all
    select country, market_id, sum from sums where country in (select country from countries)`;
}
