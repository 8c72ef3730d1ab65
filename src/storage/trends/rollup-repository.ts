import { Prisma } from '../../generated/prisma/client.js';
import { lockKeys, type Connection } from '../sql.js';
import {
  ACTIVITY_MINUTES,
  addToSums,
  applyPairChanges,
  decayFactor,
  pairChanges,
  PAIR_TABLES,
  type ActivityMinutes,
  type PairRollup,
  type PairSettings,
} from './rollup-sql.js';

/** A roll-up of weights by pair, or of event counts: `activity:` and the length of the window in minutes. */
export type RollupName = PairRollup | `activity:${ActivityMinutes}`;

/** The settings of the roll-ups. */
export type RollupSettings = Readonly<Record<PairRollup, PairSettings>>;

/** The events from `from` on and before `to`. Null: no upper bound. */
interface TimeSlice {
  readonly from: Date;
  readonly to: Date | null;
}

/** The start of the events that a roll-up counts; null: it counts none yet. */
export type CoveredFrom = Date | null;

const PAIR_ROLLUPS = ['trends', 'popularity'] as const;

/** Format of the rows. Increase it when the format changes, so that roll-ups are built again. */
const FORMAT = 1;

/** Maximum wait for a lock of another transaction. */
const LOCK_TIMEOUT_MS = 20_000;

/**
 * Roll-ups of the events of a window that ends now. New events, and events that leave the window, change them incrementally.
 *
 * Triggers queue each event in the transaction that stores it. In every snapshot of the database, a roll-up counts exactly
 * the stored events from its `covered_from` on that are not queued. So each event counts once, regardless of the order of
 * commits, and a step that fails changes nothing.
 *
 * Every method requires a transaction that called {@link RollupRepository.begin}. Most steps are SQL, because they are
 * set-based, and each is one statement, which sees one snapshot.
 */
export class RollupRepository {
  constructor(private readonly connection: Connection) {}

  /**
   * Takes the lock of the roll-ups until the transaction ends. SQL: session settings and an advisory lock.
   *
   * @throws if the lock is not available within 20 s.
   */
  async begin(): Promise<void> {
    await this.connection.$executeRaw`
      select set_config('lock_timeout', ${String(LOCK_TIMEOUT_MS)}, true), set_config('work_mem', '16MB', true),
        set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
        set_config('enable_mergejoin', 'off', true)`;
    await this.connection.$executeRaw`select 1 from pg_advisory_xact_lock(${lockKeys('rollups')})`;
  }

  /** Returns the start of each roll-up. Roll-ups with other settings are emptied. */
  async coverage(settings: RollupSettings): Promise<Map<RollupName, CoveredFrom>> {
    const rows = await this.connection.rollup.findMany();
    const stored = new Map(rows.map((row) => [row.name, row]));
    const coverage = new Map<RollupName, CoveredFrom>();
    for (const name of ROLLUPS) {
      const row = stored.get(name);
      const isCurrent = row?.settings === settingsOf(name, settings);
      if (!isCurrent) await this.reset(name, settings);
      coverage.set(name, isCurrent ? row.coveredFrom : null);
    }
    return coverage;
  }

  /** Empties a roll-up. */
  async reset(name: RollupName, settings: RollupSettings): Promise<void> {
    if (isPairRollup(name)) {
      const { pairs, sums } = PAIR_TABLES[name];
      // SQL: Prisma has no truncate.
      await this.connection.$executeRaw`truncate ${pairs}, ${sums}`;
    } else {
      await this.connection.activityCount.deleteMany({ where: { minutes: minutesOf(name) } });
    }
    const values = { settings: settingsOf(name, settings), coveredFrom: null };
    await this.connection.rollup.upsert({ where: { name }, create: { name, ...values }, update: values });
  }

  /**
   * Removes queued events that no roll-up counts, such as an imported history.
   *
   * @param coverage as of this transaction.
   * @returns their number; `limit` if there may be more.
   */
  async discard(
    coverage: ReadonlyMap<RollupName, CoveredFrom>,
    { now, limit }: { now: Date; limit: number },
  ): Promise<number> {
    const begins = [...coverage.values()].flatMap((from) => (from === null ? [] : [from.getTime()]));
    const before = new Date(Math.min(now.getTime(), ...begins));
    return this.connection.$executeRaw`
      delete from rollup_events where ctid = any(array(
        select ctid from rollup_events where occurred_at < ${before} limit ${limit}))`;
  }

  /**
   * Counts queued events up to `now` and removes them from the queue.
   *
   * @param coverage as of this transaction.
   * @param options.userKey only the events of this user, whatever their time. Default: those of all users.
   * @returns their number; `limit` if there may be more.
   */
  async fold(
    coverage: ReadonlyMap<RollupName, CoveredFrom>,
    {
      settings,
      now,
      limit,
      userKey,
    }: { settings: RollupSettings; now: Date; limit: number; userKey?: string },
  ): Promise<number> {
    const queued =
      userKey === undefined
        ? Prisma.sql`occurred_at <= ${now}`
        : Prisma.sql`user_hash = hashtextextended(${userKey}, 0)`;
    const applied = PAIR_ROLLUPS.map((name) => {
      const changes = pairChanges(
        name,
        settings[name],
        now,
        Prisma.sql`select * from batch where occurred_at >= ${coverage.get(name) ?? null}::timestamptz`,
      );
      return applyPairChanges(name, settings[name], now, changes);
    });
    const windows = ACTIVITY_MINUTES.map(
      (minutes) => Prisma.sql`(${minutes}::int, ${coverage.get(`activity:${minutes}`) ?? null}::timestamptz)`,
    );
    const [row] = await this.connection.$queryRaw<{ events: number }[]>`
      with batch as materialized (
        delete from rollup_events where ctid = any(array(
          select ctid from rollup_events where ${queued} limit ${limit}))
        returning *
      ),
      ${Prisma.join(applied)},
      counted as (${addCounts(Prisma.sql`
        select w.minutes, e.market, e.event_type, e.change
        from batch e join (values ${Prisma.join(windows)}) w(minutes, since) on e.occurred_at >= w.since`)})
      select count(*)::int as events from batch`;
    return row?.events ?? 0;
  }

  /**
   * Returns how far `covered_from` can move towards an instant in one step of about `limit` events: an instant between the
   * two.
   *
   * SQL: an index-only scan. Prisma adds the key to the selected columns, which costs a read of the table per skipped row.
   */
  async nextStop(from: CoveredFrom, towards: Date, limit: number): Promise<Date> {
    if (from !== null && from < towards) {
      const [row] = await this.connection.$queryRaw<{ at: Date }[]>`
        select occurred_at as at from interactions where occurred_at >= ${from} and occurred_at < ${towards}
        order by occurred_at offset ${limit} limit 1`;
      return row === undefined ? towards : new Date(Math.max(row.at.getTime(), from.getTime() + 1));
    }
    const [row] = await this.connection.$queryRaw<{ at: Date }[]>`
      select occurred_at as at from interactions
      where occurred_at >= ${towards} and occurred_at < coalesce(${from}::timestamptz, 'infinity')
      order by occurred_at desc offset ${limit} limit 1`;
    if (row === undefined) return towards;
    const atMs = row.at.getTime();
    return new Date(from === null || atMs + 1 < from.getTime() ? atMs + 1 : atMs);
  }

  /**
   * Moves `covered_from`: adds or subtracts the stored events of a slice that are not queued.
   *
   * @param sign 1 to add, -1 to subtract.
   * @returns false if the roll-up lacks events that it should have counted, so that it must be built again.
   */
  async move(
    name: RollupName,
    slice: TimeSlice,
    sign: 1 | -1,
    { settings, now }: { settings: RollupSettings; now: Date },
  ): Promise<boolean> {
    await this.connection.rollup.updateMany({
      where: { name },
      data: { coveredFrom: sign === 1 ? slice.from : slice.to },
    });
    const { from, to } = slice;
    const within = Prisma.sql`occurred_at >= ${from} and occurred_at < coalesce(${to}::timestamptz, 'infinity')`;
    if (!isPairRollup(name)) {
      await this.connection.$executeRaw`${addCounts(Prisma.sql`
        select ${minutesOf(name)}::int as minutes, hashtextextended(market_id, 0) as market, event_type, ${sign}::int as change
        from interactions where ${within} and event_type in ('VIEW_MARKET', 'CLICK', 'PARTICIPATE', 'IMPRESSION')
        union all
        select ${minutesOf(name)}::int, market, event_type, ${-sign}::int * change from rollup_events where ${within}`)}`;
      return true;
    }
    const events = Prisma.sql`
      select hashtextextended(market_id, 0) as market, hashtextextended(user_key, 0) as user_hash,
        coalesce(country, '') as country, occurred_at, weight, ${sign}::int as change
      from interactions where ${within} and weight > 0
      union all
      select market, user_hash, country, occurred_at, weight, ${-sign}::int * change from rollup_events
      where ${within} and weight > 0`;
    const changes = pairChanges(name, settings[name], now, events);
    const [row] = await this.connection.$queryRaw<{ broken: number }[]>`
      with ${applyPairChanges(name, settings[name], now, changes)}
      select pairs::int as broken from ${Prisma.raw(`${name}_broken`)}`;
    return row?.broken === 0;
  }

  /**
   * Marks pairs as uncapped whose sum decayed below the cap.
   *
   * @returns their number; `limit` if there may be more.
   */
  async uncap(
    name: PairRollup,
    { settings, now, limit }: { settings: RollupSettings; now: Date; limit: number },
  ): Promise<number> {
    const { pairs, sums } = PAIR_TABLES[name];
    const { halfLifeMs } = settings[name];
    const [row] = await this.connection.$queryRaw<{ pairs: number }[]>`
      with due as materialized (
        select ctid as tuple_id, scope, market, sum * ${decayFactor(Prisma.sql`at`, now, halfLifeMs)} as sum
        from ${pairs} where capped_until <= ${now} limit ${limit}
      ),
      uncapped as (
        update ${pairs} p set sum = due.sum, at = ${now}, capped_until = null from due where p.ctid = due.tuple_id
      ),
      summed as (${addToSums(
        sums,
        { now, halfLifeMs },
        Prisma.sql`select scope, market, 0 as pairs, -count(*) as capped, sum(sum) as sum from due group by scope, market`,
      )})
      select count(*)::int as pairs from due`;
    return row?.pairs ?? 0;
  }

  /** Removes sums without pairs, and counts of zero. */
  async removeEmpty(): Promise<void> {
    await this.connection.trendSum.deleteMany({ where: { pairs: 0 } });
    await this.connection.popularitySum.deleteMany({ where: { pairs: 0 } });
    await this.connection.activityCount.deleteMany({
      where: { views: 0, participations: 0, impressions: 0 },
    });
  }
}

const ROLLUPS: readonly RollupName[] = [
  ...PAIR_ROLLUPS,
  ...ACTIVITY_MINUTES.map((minutes) => `activity:${minutes}` as const),
];

function isPairRollup(name: RollupName): name is PairRollup {
  return name === 'trends' || name === 'popularity';
}

function minutesOf(name: Exclude<RollupName, PairRollup>): number {
  return Number(name.slice('activity:'.length));
}

function settingsOf(name: RollupName, settings: RollupSettings): string {
  return JSON.stringify([FORMAT, ...(isPairRollup(name) ? Object.entries(settings[name]).sort() : [])]);
}

/** Adds changes (minutes, market, event_type, change) to the counts. */
function addCounts(changes: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`
    insert into activity_counts as a (minutes, market, views, participations, impressions)
    select * from (
      select minutes, market,
        coalesce(sum(change) filter (where event_type in ('VIEW_MARKET', 'CLICK')), 0) as views,
        coalesce(sum(change) filter (where event_type = 'PARTICIPATE'), 0) as participations,
        coalesce(sum(change) filter (where event_type = 'IMPRESSION'), 0) as impressions
      from (${changes}) changes group by minutes, market
    ) added where views <> 0 or participations <> 0 or impressions <> 0
    on conflict (minutes, market) do update set views = a.views + excluded.views,
      participations = a.participations + excluded.participations, impressions = a.impressions + excluded.impressions`;
}
