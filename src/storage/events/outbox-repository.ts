import { Prisma, type PrismaClient } from '../../generated/prisma/client.js';
import { lockKeys, type Connection } from '../sql.js';
import type { Interaction } from '../../domain/event.js';

/**
 * Makes the statements of a transaction follow the index. The statistics of a table that is usually empty make the planner
 * read and sort all events of a sink to find the first ones.
 */
const FOLLOW_INDEX = Prisma.sql`set_config('enable_seqscan', 'off', true),
  set_config('enable_bitmapscan', 'off', true), set_config('enable_sort', 'off', true)`;

/** An interaction in the outbox, as JSON; its user key is a column of its own. */
export type OutboxEvent = Omit<Interaction, 'userKey' | 'occurredAt' | 'receivedAt'> & {
  /** ISO 8601. */
  readonly occurredAt: string;
  /** ISO 8601. */
  readonly receivedAt: string;
};

/** An event that one sink has not received yet. */
export interface OutboxRow {
  /** Grows in the order of commits for the events of one user. Events of other users may be committed out of order. */
  readonly seq: bigint;
  readonly userKey: string;
  readonly event: OutboxEvent;
  readonly recordedAt: Date;
}

/** The outbox as its relays use it, within a transaction. */
export class OutboxRepository {
  constructor(private readonly connection: Connection) {}

  /**
   * Makes this transaction the only relay of a sink until it ends, and makes its statements follow the index.
   *
   * SQL: advisory lock.
   *
   * @returns false if another transaction is the relay.
   */
  async lock(sink: string): Promise<boolean> {
    const [row] = await this.connection.$queryRaw<{ locked: boolean }[]>`
      select pg_try_advisory_xact_lock(${lockKeys('relay', sink)}) as locked, ${FOLLOW_INDEX}`;
    return row?.locked === true;
  }

  /**
   * Returns the position of a sink: every event up to this `seq` is delivered, and none can still be committed. 0 before
   * the first call of {@link savePosition}.
   */
  async position(sink: string): Promise<bigint> {
    const stored = await this.connection.outboxPosition.findUnique({ where: { sink } });
    return stored?.seq ?? 0n;
  }

  /**
   * Stores the position of a sink. A position below the stored one changes nothing.
   *
   * SQL: an upsert with a condition.
   */
  async savePosition(sink: string, seq: bigint): Promise<void> {
    await this.connection.$executeRaw`
      insert into outbox_positions as p (sink, seq) values (${sink}, ${seq})
      on conflict (sink) do update set seq = excluded.seq where p.seq < excluded.seq`;
  }

  /**
   * Returns the unfinished transactions, except this one, that may have added events to the outbox. A transaction locks the
   * table before it draws a `seq`. So one that is not listed here commits no event with a `seq` that was seen before this
   * call.
   *
   * SQL: reads the system catalog.
   */
  async writers(): Promise<string[]> {
    const rows = await this.connection.$queryRaw<{ transaction: string }[]>`
      select distinct virtualtransaction as transaction from pg_locks
      where locktype = 'relation' and relation = 'outbox'::regclass and mode = 'RowExclusiveLock'
        and database = (select oid from pg_database where datname = current_database())
        and pid is distinct from pg_backend_pid()`;
    return rows.map(({ transaction }) => transaction);
  }

  /**
   * Returns the next events of a sink, in order of `seq`. Call it after {@link lock}, as a separate statement: a statement
   * sees what was committed when it began, and the previous relay may have removed events while the lock was awaited.
   *
   * @param after a position, as returned by {@link position}.
   */
  async take(sink: string, after: bigint, limit: number): Promise<OutboxRow[]> {
    const rows = await this.connection.outbox.findMany({
      where: { sink, seq: { gt: after } },
      orderBy: { seq: 'asc' },
      take: limit,
      select: { seq: true, userKey: true, event: true, recordedAt: true },
    });
    return rows as unknown as OutboxRow[];
  }

  /** Removes events by their numbers. A range would also remove events that were committed within it since {@link take}. */
  async remove(sink: string, seqs: readonly bigint[]): Promise<void> {
    if (seqs.length === 0) return;
    await this.connection.outbox.deleteMany({ where: { sink, seq: { in: [...seqs] } } });
  }
}

/** Undelivered events of one sink. */
export interface Backlog {
  readonly sink: string;
  /** Exact up to {@link MAX_COUNTED_EVENTS}; above that, estimated from the range of `seq`. */
  readonly events: number;
  readonly isEstimate: boolean;
  /** Size of the events in bytes, without indexes; estimated if `events` is. */
  readonly bytes: number;
  /** When the oldest event was recorded; null without events. */
  readonly oldestAt: Date | null;
}

/** Events of a sink that are counted one by one; counting millions would take seconds. */
export const MAX_COUNTED_EVENTS = 10_000;

/** Maximum number of sinks that {@link OutboxBacklogRepository.sinksExcept} returns. */
const MAX_SINKS = 100;

/** Fixed columns and the header of a row, in bytes. */
const ROW_OVERHEAD_BYTES = 60;

/** The backlogs of sinks, and the removal of events that no sink will receive. */
export class OutboxBacklogRepository {
  constructor(private readonly prisma: Pick<PrismaClient, '$queryRaw' | '$transaction' | 'outbox'>) {}

  /**
   * Returns the backlog of one sink. Reads at most {@link MAX_COUNTED_EVENTS} events, from the position of its relay on.
   *
   * SQL: aggregates over a limited number of rows, and their stored sizes.
   */
  async of(sink: string): Promise<Backlog> {
    const [row] = await this.#followIndex(this.prisma.$queryRaw<CountedRow[]>`
      with counted as (
        select seq, recorded_at, pg_column_size(user_key) + pg_column_size(event) + ${ROW_OVERHEAD_BYTES}::int as bytes
        from outbox where sink = ${sink} and seq > (
          select coalesce(max(seq), 0) from outbox_positions where sink = ${sink})
        order by seq limit ${MAX_COUNTED_EVENTS}
      )
      select count(*)::int as events, coalesce(sum(bytes), 0)::int as bytes, min(recorded_at) as "oldestAt",
        min(seq) as first, max(seq) as last,
        (select seq from outbox where sink = ${sink} order by seq desc limit 1) as newest
      from counted`);
    if (row === undefined) throw new Error('An aggregate returned no row.');
    const { events, bytes, oldestAt, first, last, newest } = row;
    if (events < MAX_COUNTED_EVENTS || first === null || last === null || newest === null || newest <= last) {
      return { sink, events, isEstimate: false, bytes, oldestAt };
    }
    const factor = Number(newest - first + 1n) / Number(last - first + 1n);
    return {
      ...{ sink, oldestAt, isEstimate: true },
      events: Math.round(events * factor),
      bytes: Math.round(bytes * factor),
    };
  }

  /**
   * Returns the sinks that have events in the outbox, except the known ones: at most {@link MAX_SINKS}, in order. Reads one
   * event of each, and none of the known sinks.
   */
  async sinksExcept(known: readonly string[]): Promise<string[]> {
    // SQL: the gaps between known sinks, in the order of the database.
    const gaps = await this.prisma.$queryRaw<{ low: string; high: string | null }[]>`
      select k as low, lead(k) over (order by k) as high from unnest(${['', ...known]}::text[]) k order by k`;
    const found: string[] = [];
    for (const { low, high } of gaps) {
      for (let next = await this.#sinkBetween(low, high); next !== undefined;) {
        if (found.length === MAX_SINKS) return found;
        found.push(next);
        next = await this.#sinkBetween(next, high);
      }
    }
    return found;
  }

  /** Returns the first sink with events after `low` and, unless null, before `high`. */
  async #sinkBetween(low: string, high: string | null): Promise<string | undefined> {
    const first = await this.#followIndex(
      this.prisma.outbox.findFirst({
        where: { sink: { gt: low, ...(high === null ? {} : { lt: high }) } },
        orderBy: { sink: 'asc' },
        select: { sink: true },
      }),
    );
    return first?.sink;
  }

  /**
   * Removes the first events of a sink after a position.
   *
   * SQL: Prisma cannot limit a delete.
   *
   * @param after 0 for the first call, then the `last` of the previous call.
   * @returns the number of removed events and the `seq` of the last one; fewer than `limit` if none is left.
   */
  async drop(sink: string, after: bigint, limit: number): Promise<{ removed: number; last: bigint }> {
    const [row] = await this.#followIndex(this.prisma.$queryRaw<{ removed: number; last: bigint | null }[]>`
      with first as (
        select max(seq) as last from (
          select seq from outbox where sink = ${sink} and seq > ${after} order by seq limit ${limit}) f
      ), removed as (
        delete from outbox where sink = ${sink} and seq > ${after} and seq <= (select last from first) returning seq
      )
      select count(*)::int as removed, max(seq) as last from removed`);
    return { removed: row?.removed ?? 0, last: row?.last ?? after };
  }

  /** Runs a statement that follows the index. */
  async #followIndex<Result>(statement: Prisma.PrismaPromise<Result>): Promise<Result> {
    const [, result] = await this.prisma.$transaction([
      this.prisma.$queryRaw`select ${FOLLOW_INDEX}`,
      statement,
    ]);
    return result;
  }
}

interface CountedRow {
  readonly events: number;
  readonly bytes: number;
  readonly oldestAt: Date | null;
  readonly first: bigint | null;
  readonly last: bigint | null;
  readonly newest: bigint | null;
}
