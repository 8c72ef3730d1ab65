import { Prisma, type PrismaClient } from '../../generated/prisma/client.js';
import { FOLLOW_INDEX } from './outbox-repository.js';

type Connection = Pick<PrismaClient, '$queryRaw' | '$transaction'>;

/** Undelivered events of one sink. */
export interface Backlog {
  readonly sink: string;
  /** Exact up to {@link COUNTED}, estimated from the numbers of the events beyond. */
  readonly events: number;
  readonly isEstimate: boolean;
  /** Size of the events in bytes, without indexes; estimated as `events` is. */
  readonly bytes: number;
  /** When the oldest event was recorded; null without events. */
  readonly oldestAt: Date | null;
}

/** Events of a sink that are counted one by one; counting millions would take seconds. */
export const COUNTED = 10_000;

/** Sinks beyond this number are not looked for. */
const MAX_SINKS = 100;

/** Fixed columns and the header of a row, in bytes. */
const ROW_OVERHEAD = 60;

/** How far the sinks are behind, and the removal of events that no sink will receive. */
export class OutboxBacklogRepository {
  constructor(private readonly connection: Connection) {}

  /** The backlog of one sink. Reads at most {@link COUNTED} events, from the position of its relay on. */
  async of(sink: string): Promise<Backlog> {
    const [row] = await this.#rows<CountedRow>(Prisma.sql`
      with counted as (
        select seq, recorded_at, pg_column_size(user_key) + pg_column_size(event) + ${ROW_OVERHEAD}::int as bytes
        from outbox where sink = ${sink} and seq > (
          select coalesce(max(seq), 0) from outbox_positions where sink = ${sink})
        order by seq limit ${COUNTED}
      )
      select count(*)::int as events, coalesce(sum(bytes), 0)::int as bytes, min(recorded_at) as "oldestAt",
        min(seq) as first, max(seq) as last,
        (select seq from outbox where sink = ${sink} order by seq desc limit 1) as newest
      from counted`);
    if (row === undefined) throw new Error('An aggregate returned no row.');
    const { events, bytes, oldestAt, first, last, newest } = row;
    if (events < COUNTED || first === null || last === null || newest === null || newest <= last) {
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
   * The sinks that have events in the outbox, except the known ones: at most {@link MAX_SINKS}, in order. Reads one event
   * of each, and none of the known sinks.
   */
  async sinksExcept(known: readonly string[]): Promise<string[]> {
    const bounds = await this.connection.$queryRaw<{ low: string; high: string | null }[]>`
      select k as low, lead(k) over (order by k) as high from unnest(${['', ...known]}::text[]) k order by k`;
    const found: string[] = [];
    for (const { low, high } of bounds) {
      for (let next = await this.#sinkBetween(low, high); next !== undefined;) {
        if (found.length === MAX_SINKS) return found;
        found.push(next);
        next = await this.#sinkBetween(next, high);
      }
    }
    return found;
  }

  /** The first sink with events after `low` and, unless null, before `high`. Both as index conditions, so that no other event is read. */
  async #sinkBetween(low: string, high: string | null): Promise<string | undefined> {
    const before = high === null ? Prisma.empty : Prisma.sql`and sink < ${high}`;
    const [row] = await this.#rows<{ sink: string }>(
      Prisma.sql`select sink from outbox where sink > ${low} ${before} order by sink limit 1`,
    );
    return row?.sink;
  }

  /**
   * Removes the first events of a sink after one.
   *
   * @param after 0 for the first call, then the `last` that the call before returned.
   * @returns how many were removed, and the last of them; fewer than `limit` when none is left.
   */
  async drop(sink: string, after: bigint, limit: number): Promise<{ removed: number; last: bigint }> {
    const [row] = await this.#rows<{ removed: number; last: bigint | null }>(Prisma.sql`
      with first as (
        select max(seq) as last from (
          select seq from outbox where sink = ${sink} and seq > ${after} order by seq limit ${limit}) f
      ), removed as (
        delete from outbox where sink = ${sink} and seq > ${after} and seq <= (select last from first) returning seq
      )
      select count(*)::int as removed, max(seq) as last from removed`);
    return { removed: row?.removed ?? 0, last: row?.last ?? after };
  }

  /** The rows of a statement that follows the index, whatever the statistics say. */
  async #rows<Row>(statement: Prisma.Sql): Promise<Row[]> {
    const [, rows] = await this.connection.$transaction([
      this.connection.$queryRaw`select ${FOLLOW_INDEX}`,
      this.connection.$queryRaw<Row[]>(statement),
    ]);
    return rows;
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
