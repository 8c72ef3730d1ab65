import type { EventType } from '../domain/event.js';
import type { Exposure } from '../domain/exposure.js';
import { DAY_MS } from '../lib/time.js';
import type { Connection } from './sql.js';

/** The exposed users of an arm. */
export interface ArmUsers {
  readonly arm: string;
  readonly users: number;
}

/** Sums over the exposed users of an arm of a metric: its value and its denominator per user, and their products. */
export interface MetricSums {
  readonly arm: string;
  /** A type of events, or the share of two: `hideRate`, `clickRate`. */
  readonly metric: EventType | RateMetric;
  readonly value: number;
  readonly denominator: number;
  readonly valueSquared: number;
  readonly product: number;
  readonly denominatorSquared: number;
}

/** Hides, and clicks, per impression. */
export type RateMetric = 'hideRate' | 'clickRate';

export interface ExperimentSums {
  readonly arms: readonly ArmUsers[];
  /** Users who were exposed to several arms, as after a change of the seed. They count in no arm. */
  readonly usersOfSeveralArms: number;
  /** Of types and arms without events, there is none. */
  readonly metrics: readonly MetricSums[];
}

/** The exposed users of an experiment, and when. */
export interface ExposureSummary {
  readonly experiment: string;
  readonly users: number;
  readonly first: Date;
  readonly last: Date;
}

/** From an instant up to, but not including, another. */
export interface ReportPeriod {
  readonly from: Date;
  readonly to: Date;
}

/** Exposures to experiments, and what the exposed users did. */
export class ExperimentRepository {
  constructor(private readonly connection: Connection) {}

  /** Stores exposures; of a user, experiment, and day, the first one stays. Prisma Client: one statement. */
  async addExposures(exposures: readonly Exposure[]): Promise<void> {
    await this.connection.exposure.createMany({
      data: exposures.map(({ userKey, experiment, arm, exposedAtMs }) => ({
        ...{ userKey, experiment, arm, exposedAt: new Date(exposedAtMs) },
        day: new Date(Math.floor(exposedAtMs / DAY_MS) * DAY_MS),
      })),
      skipDuplicates: true,
    });
  }

  /**
   * Removes exposures of days before an instant. SQL: Prisma has no limit of deletions.
   *
   * @returns how many it removed, at most `limit`.
   */
  async removeExposures(before: Date, limit: number): Promise<number> {
    return this.connection.$executeRaw`
      delete from exposures e using (
        select user_key, experiment, day from exposures where day < ${before}::date limit ${limit}
      ) old where e.user_key = old.user_key and e.experiment = old.experiment and e.day = old.day`;
  }

  /** Returns each experiment with exposures. SQL: counts of distinct users. */
  async exposed(): Promise<ExposureSummary[]> {
    return this.connection.$queryRaw<ExposureSummary[]>`
      select experiment, count(distinct user_key)::int as users, min(exposed_at) as first, max(exposed_at) as last
      from exposures group by experiment order by experiment`;
  }

  /**
   * Returns what the exposed users of each arm did in a period, from their first exposure on. SQL: sums over users of counts
   * over events.
   */
  async sums(experiment: string, { from, to }: ReportPeriod): Promise<ExperimentSums> {
    const rows = await this.connection.$queryRaw<SumsRow[]>`
      with exposed as materialized (
        select user_key, min(arm) as arm, min(exposed_at) as since, count(distinct arm) as arms
        from exposures
        where experiment = ${experiment} and exposed_at >= ${from} and exposed_at < ${to}
        group by user_key
      ), counted as materialized (
        select e.arm, e.user_key, i.event_type::text as event_type, count(*)::float8 as events
        from exposed e
        join interactions i on i.user_key = e.user_key and i.occurred_at >= e.since
        where e.arms = 1 and i.occurred_at >= ${from} and i.occurred_at < ${to}
        group by e.arm, e.user_key, i.event_type
      ), rates as (
        select arm, user_key,
          coalesce(sum(events) filter (where event_type = 'HIDE'), 0) as hides,
          coalesce(sum(events) filter (where event_type = 'CLICK'), 0) as clicks,
          coalesce(sum(events) filter (where event_type = 'IMPRESSION'), 0) as impressions
        from counted group by arm, user_key
      )
      select 'users' as metric, case when arms = 1 then arm end as arm, count(*)::float8 as value,
        0::float8 as denominator, 0::float8 as "valueSquared", 0::float8 as product, 0::float8 as "denominatorSquared"
      from exposed group by 2
      union all
      select event_type, arm, sum(events), 0, sum(events * events), 0, 0 from counted group by event_type, arm
      union all
      select m.metric, r.arm, sum(m.value), sum(r.impressions), sum(m.value * m.value), sum(m.value * r.impressions),
        sum(r.impressions * r.impressions)
      from rates r cross join lateral (values ('hideRate', r.hides), ('clickRate', r.clicks)) m(metric, value)
      group by m.metric, r.arm`;
    const users = rows.filter(({ metric }) => metric === 'users');
    return {
      arms: users.flatMap(({ arm, value }) => (arm === null ? [] : [{ arm, users: value }])),
      usersOfSeveralArms: users.find(({ arm }) => arm === null)?.value ?? 0,
      metrics: rows.flatMap(({ arm, metric, ...sums }) =>
        arm === null || metric === 'users' ? [] : [{ arm, metric, ...sums }],
      ),
    };
  }
}

interface SumsRow extends Omit<MetricSums, 'arm' | 'metric'> {
  readonly arm: string | null;
  readonly metric: MetricSums['metric'] | 'users';
}
