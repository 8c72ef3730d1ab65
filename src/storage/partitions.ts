import { escapeIdentifier, escapeLiteral } from 'pg';
import type { Logger } from '../lib/logger.js';
import { DAY_MS, HOUR_MS } from '../lib/time.js';
import { withOwnSession, type OwnSession } from './database/connection.js';
import type { Connection } from './sql.js';
import { isUnavailable, sqlStateOf } from './database-errors.js';

/** The tables that are partitioned by time. */
export type PartitionedTable = 'interactions' | 'served_feeds' | 'served_feed_rests';

/** Live events are accepted up to 7 days late; one more day allows for clocks that differ. */
const LATE_EVENT_MS = 8 * DAY_MS;

/** Full calendar months created ahead, so that creating them may fail for weeks without losing events. */
const MONTHS_AHEAD = 2;

/** Partitions of served feeds created ahead. Each partition of six hours makes every lookup a little slower. */
const FEED_DAYS_AHEAD = 3;

/** Partitions of served feed rests created ahead. They last one hour each, and are created every 12 hours. */
const REST_HOURS_AHEAD = 13;

/** Feeds of replicas whose clocks are slow by less than this can be stored. */
const SLOW_CLOCK_MS = HOUR_MS;

/**
 * Creates partitions. SQL: the database functions that it calls take a lock and wait for other sessions at most 2 s; Prisma
 * has no DDL.
 */
export class PartitionRepository {
  constructor(private readonly connection: Connection) {}

  /** Creates the missing partitions for events of these instants: one per UTC month. */
  async ensureForEvents(instants: readonly Date[]): Promise<void> {
    await this.connection.$executeRaw`select ensure_interaction_partitions(${[...instants]}::timestamptz[])`;
  }

  /** Creates the missing partitions for pages of feeds served from `first` to `last`: one per 6 hours. */
  async ensureForServedFeeds(first: Date, last: Date): Promise<void> {
    await this.connection.$executeRaw`select ensure_served_feed_partitions(${first}, ${last})`;
  }

  /** Creates the missing partitions for the rests of feeds served from `first` to `last`: one per hour. */
  async ensureForServedFeedRests(first: Date, last: Date): Promise<void> {
    await this.connection.$executeRaw`select ensure_served_feed_rest_partitions(${first}, ${last})`;
  }
}

/**
 * Creates the partitions that events and served feeds need now and in the coming weeks. If another session locks a table
 * for more than 2 s, logs a warning and returns; {@link withPartitions} creates a missing partition when it is needed.
 */
export async function ensureUpcomingPartitions(
  partitions: PartitionRepository,
  nowMs: number,
  logger: Logger,
): Promise<void> {
  try {
    await partitions.ensureForEvents(eventMonths(nowMs));
    await ensureServedFeedPartitions(partitions, nowMs);
  } catch (error) {
    if (!isUnavailable(error)) throw error;
    logger.warn({ err: error }, 'failed to create upcoming partitions; missing ones are created when needed');
  }
}

/** Creates the partitions for feeds served now and soon: pages 3 days ahead, rests 13 hours ahead. */
export async function ensureServedFeedPartitions(
  partitions: Pick<PartitionRepository, 'ensureForServedFeeds' | 'ensureForServedFeedRests'>,
  nowMs: number,
): Promise<void> {
  const first = new Date(nowMs - SLOW_CLOCK_MS);
  await partitions.ensureForServedFeeds(first, new Date(nowMs + FEED_DAYS_AHEAD * DAY_MS));
  await partitions.ensureForServedFeedRests(first, new Date(nowMs + REST_HOURS_AHEAD * HOUR_MS));
}

/** Returns an instant of each UTC month from 8 days before `nowMs` to 2 months after its month. */
export function eventMonths(nowMs: number): Date[] {
  const first = new Date(nowMs - LATE_EVENT_MS);
  const now = new Date(nowMs);
  const end = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + MONTHS_AHEAD, 1);
  const months: Date[] = [];
  for (let offset = 0; ; offset += 1) {
    const month = Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + offset, 1);
    if (month > end) return months;
    months.push(new Date(month));
  }
}

/** The SQLSTATE of a row without a partition, and of a value that a check constraint rejects. */
const CHECK_VIOLATION = '23514';

/**
 * Runs work that stores rows in a partitioned table. If a row may lack a partition, creates it and runs the work once more.
 *
 * @param ensurePartitions creates the partitions of all rows.
 */
export async function withPartitions<Result>(
  ensurePartitions: () => Promise<void>,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (sqlStateOf(error) !== CHECK_VIOLATION) throw error;
    await ensurePartitions();
    return work();
  }
}

/** A partition that may be dropped. */
interface OldPartition {
  readonly table: PartitionedTable;
  readonly name: string;
  /** How far an earlier attempt to drop it got. */
  readonly state: 'ATTACHED' | 'DETACHING' | 'DETACHED';
}

/** lock_not_available, and object_not_in_prerequisite_state: another partition of the table is being detached. */
const RETRYABLE_STATES = new Set(['55P03', '55000']);

/** How long a drop waits for sessions that use a table. They do not wait for it. */
const LOCK_TIMEOUT_MS = 5_000;

/** Finds and drops old partitions. On sessions of its own: `detach … concurrently` cannot run in a transaction. */
export class OldPartitions {
  constructor(private readonly options: { readonly url: string; readonly lockTimeoutMs?: number }) {}

  /**
   * Returns the partitions of a table that end at or before an instant, and those whose drop did not finish, oldest first.
   */
  endedBefore(table: PartitionedTable, instant: Date): Promise<OldPartition[]> {
    return this.#session((session) =>
      session.query<OldPartition>(
        `select $1::text as table, c.relname as name,
           case when i.inhrelid is null then 'DETACHED' when i.inhdetachpending then 'DETACHING' else 'ATTACHED' end
             as state
         from pg_class c
         left join pg_inherits i on i.inhrelid = c.oid and i.inhparent = $1::regclass
         where c.relkind = 'r' and c.relnamespace = (select relnamespace from pg_class where oid = $1::regclass)
           and (i.inhrelid is not null or not c.relispartition)
           and case when i.inhrelid is null or i.inhdetachpending then obj_description(c.oid, 'pg_class') = $3
             else (regexp_match(pg_get_expr(c.relpartbound, c.oid), 'TO \\(''([^'']+)''\\)'))[1]::timestamptz <= $2 end
         order by i.inhdetachpending desc nulls first, c.relname`,
        [table, instant, dropMarkOf(table)],
      ),
    );
  }

  /**
   * Drops a partition without blocking sessions that use the table: detaches it concurrently, then drops it. Continues an
   * unfinished attempt.
   *
   * @returns false if another session used the table for too long. Nothing is lost; try again later.
   */
  async drop({ table, name, state }: OldPartition): Promise<boolean> {
    const partition = escapeIdentifier(name);
    const parent = escapeIdentifier(table);
    return this.#session(async (session) => {
      let isMarked = false;
      try {
        if (state === 'ATTACHED') {
          // Identifies the partition if this attempt ends after detaching it.
          await session.query(`comment on table ${partition} is ${escapeLiteral(dropMarkOf(table))}`);
          isMarked = true;
          await session.query(`alter table ${parent} detach partition ${partition} concurrently`);
        } else if (state === 'DETACHING') {
          await session.query(`alter table ${parent} detach partition ${partition} finalize`);
        }
        await session.query(`drop table if exists ${partition}`);
        return true;
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && RETRYABLE_STATES.has(String(error.code))))
          throw error;
        // With the mark, a partition that an operator detaches later to keep it would be dropped.
        if (isMarked) await this.#unmark(session, table, name);
        return false;
      }
    });
  }

  /** Removes the mark if the partition is fully attached. A partition that is being detached needs it. */
  async #unmark(session: OwnSession, table: PartitionedTable, name: string): Promise<void> {
    const [attached] = await session.query(
      `select from pg_inherits where inhparent = $1::regclass and inhrelid = $2::regclass and not inhdetachpending`,
      [table, escapeIdentifier(name)],
    );
    if (attached !== undefined) await session.query(`comment on table ${escapeIdentifier(name)} is null`);
  }

  #session<Result>(work: (session: OwnSession) => Promise<Result>): Promise<Result> {
    const { url, lockTimeoutMs = LOCK_TIMEOUT_MS } = this.options;
    return withOwnSession({ url, lockTimeoutMs }, work);
  }
}

/** The comment on a partition that is being dropped. Replicas of other versions compare it, so it must not change. */
function dropMarkOf(table: PartitionedTable): string {
  return `a part of ${table} that is to be dropped`;
}
