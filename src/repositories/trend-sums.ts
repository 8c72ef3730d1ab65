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
 * theirs.
 *
 * @param only a further condition.
 */
function acts(
  { now, since, halfLifeMs }: TrendWindow,
  columns: Prisma.Sql,
  only: Prisma.Sql = Prisma.empty,
): Prisma.Sql {
  // More than 900 halvings leave nothing, and are near where PostgreSQL would refuse the power as too small.
  return Prisma.sql`
    select ${columns}, sum(weight * power(0.5, least(900,
      greatest(0, date_part('epoch', ${now}::timestamptz - occurred_at) * 1000) / ${halfLifeMs}::float8))) as weight
    from interactions where occurred_at >= ${since} and weight > 0 ${only} group by ${columns}`;
}

/**
 * A query for what the crowd did with each open market since an instant: over distinct people, the smaller of
 * `userCap` and that person's decayed positive weights. Columns market_id, sum.
 */
export function trendSums(window: TrendWindow): Prisma.Sql {
  return Prisma.sql`
    select s.* from (
      select market_id, sum(least(${window.userCap}::float8, weight)) as sum
      from (${acts(window, Prisma.sql`market_id, user_key`)}) acts group by market_id
    ) s join markets m on m.id = s.market_id and m.status = 'OPEN'`;
}

/**
 * The same once over everyone (country null), and once for each country that at least `minLocalUsers` distinct people
 * act from. Columns country, market_id, sum.
 *
 * The many rows are gone through once, for what was done in each country and for who acts there. Over everyone it is the
 * sum of the countries, but for travellers, whose cap holds over all their countries: what they add too much is taken off.
 */
export function trendSumsByCountry(window: TrendWindow, minLocalUsers: number): Prisma.Sql {
  const { userCap } = window;
  const columns = Prisma.sql`market_id, user_key, country`;
  const ofTravellers = Prisma.sql`and user_key in (select user_key from travellers)`;
  return Prisma.sql`
    with grouped as materialized (
      select grouping(user_key) = 1 as of_market, country, market_id, user_key,
        sum(least(${userCap}::float8, weight)) as sum
      from (${acts(window, columns)}) acts
      group by grouping sets ((country, market_id), (country, user_key))
    ),
    travellers as materialized (
      select user_key from grouped where not of_market group by user_key having count(*) > 1
    ),
    countries as (
      select country from grouped where not of_market and country is not null
      group by country having count(*) >= ${minLocalUsers}
    ),
    everyone as (
      select market_id, sum from grouped where of_market
      union all
      select market_id, least(${userCap}::float8, sum(weight)) - sum(least(${userCap}::float8, weight))
      from (${acts(window, columns, ofTravellers)}) acts group by market_id, user_key
    ),
    sums as (
      select null as country, market_id, sum(sum) as sum from everyone group by market_id
      union all
      select country, market_id, sum from grouped
      where of_market and country in (select country from countries)
    )
    select s.* from sums s join markets m on m.id = s.market_id and m.status = 'OPEN'`;
}
