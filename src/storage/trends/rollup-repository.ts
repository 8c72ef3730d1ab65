import { Prisma, type PrismaClient } from '../../generated/prisma/client.js';
import { lockKeys } from '../advisory-locks.js';
import {
  addToSums,
  applyPairChanges,
  decayFactor,
  pairChanges,
  PAIR_TABLES,
  type PairRollup,
  type PairSettings,
} from './pair-rollup-sql.js';

type Connection = Pick<PrismaClient, '$queryRaw' | '$executeRaw'>;

/** Windows in which events of a market are counted, in minutes. */
export const ACTIVITY_MINUTES = [5, 60, 1_440, 10_080] as const;

export type ActivityMinutes = (typeof ACTIVITY_MINUTES)[number];

/** Weights by pair, or `activity:` and the length of the window. */
export type RollupName = PairRollup | `activity:${ActivityMinutes}`;

/** The settings of the roll-ups. */
export type RollupSettings = Readonly<Record<PairRollup, PairSettings>>;

/** Events from an instant on, before another. Without `to`: all later ones. */
export interface TimeSlice {
  readonly from: Date;
  readonly to: Date | null;
}

/** Where a roll-up begins; null: nothing is counted yet. */
export type CoveredFrom = Date | null;

const PAIR_ROLLUPS = ['trends', 'popularity'] as const;

/** Raised with the format of the rows: roll-ups of another one are built again. */
const FORMAT = 1;

const LOCK_TIMEOUT_MS = 20_000;

/**
 * Roll-ups of the events of a window that ends now, changed by new events and by events that leave the window.
 *
 * Triggers queue each event in the transaction that stores it. In every snapshot of the database, a roll-up counts exactly
 * the stored events from its `covered_from` on that are not queued. So each event counts once, in whichever order
 * transactions commit, and a step that fails changes nothing.
 *
 * Every method needs a transaction that called {@link RollupRepository.begin}. SQL throughout: the steps are set-based,
 * and each is one statement, which sees one snapshot.
 */
export class RollupRepository {
  constructor(private readonly connection: Connection) {}

  /** Takes the lock of the roll-ups until the transaction ends. @throws if it is not free within 20 s. */
  async begin(): Promise<void> {
    await this.connection.$executeRaw`
      select set_config('lock_timeout', ${String(LOCK_TIMEOUT_MS)}, true), set_config('work_mem', '16MB', true),
        set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
        set_config('enable_mergejoin', 'off', true)`;
    await this.connection.$executeRaw`select 1 from pg_advisory_xact_lock(${lockKeys('rollups')})`;
  }

  /** Where each roll-up begins. Those that have other settings are emptied. */
  async coverage(settings: RollupSettings): Promise<Map<RollupName, CoveredFrom>> {
    const rows = await this.connection.$queryRaw<
      { name: string; settings: string; coveredFrom: CoveredFrom }[]
    >`
      select name, settings, covered_from as "coveredFrom" from rollups`;
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
      await this.connection.$executeRaw`truncate ${pairs}, ${sums}`;
    } else {
      await this.connection.$executeRaw`delete from activity_counts where minutes = ${minutesOf(name)}`;
    }
    await this.connection.$executeRaw`
      insert into rollups (name, settings, covered_from) values (${name}, ${settingsOf(name, settings)}, null)
      on conflict (name) do update set settings = excluded.settings, covered_from = null`;
  }

  /**
   * Removes queued events that no roll-up counts, such as an imported history.
   *
   * @param coverage as of this transaction.
   * @returns how many; `limit` if there may be more.
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
   * Counts queued events of up to `now` and removes them from the queue.
   *
   * @param coverage as of this transaction.
   * @returns how many; `limit` if there may be more.
   */
  async fold(
    coverage: ReadonlyMap<RollupName, CoveredFrom>,
    { settings, now, limit }: { settings: RollupSettings; now: Date; limit: number },
  ): Promise<number> {
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
          select ctid from rollup_events where occurred_at <= ${now} limit ${limit}))
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
   * The end of a roll-up's change of `covered_from` towards an instant that has at most about `limit` events: an instant
   * between the two.
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
    const afterMs = row.at.getTime() + 1;
    return new Date(from === null || afterMs < from.getTime() ? afterMs : row.at.getTime());
  }

  /**
   * Moves `covered_from`: adds the stored events of a slice that are not queued, or takes them back.
   *
   * @param sign 1 to add, -1 to take back.
   * @returns false when the roll-up lacks events that it should have had, so that it has to be built again.
   */
  async move(
    name: RollupName,
    slice: TimeSlice,
    sign: 1 | -1,
    { settings, now }: { settings: RollupSettings; now: Date },
  ): Promise<boolean> {
    await this.connection.$executeRaw`
      update rollups set covered_from = ${sign === 1 ? slice.from : slice.to} where name = ${name}`;
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
   * Counts pairs whose sum fell below the cap by its decay as uncapped.
   *
   * @returns how many; `limit` if there may be more.
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

  /** Removes sums and counts of nothing. */
  async removeEmpty(): Promise<void> {
    for (const { sums } of Object.values(PAIR_TABLES)) {
      await this.connection.$executeRaw`delete from ${sums} where pairs = 0`;
    }
    await this.connection.$executeRaw`
      delete from activity_counts where views = 0 and participations = 0 and impressions = 0`;
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
