import { Prisma, type PrismaClient } from '../../generated/prisma/client.js';
import { lockKeys } from '../advisory-locks.js';
import type { Interaction } from './interaction-repository.js';

/** Until the transaction ends. */
export const FOLLOW_INDEX = Prisma.sql`set_config('enable_seqscan', 'off', true),
  set_config('enable_bitmapscan', 'off', true), set_config('enable_sort', 'off', true)`;

type Connection = Pick<PrismaClient, '$queryRaw' | '$executeRaw'>;

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
   * Makes this transaction the only relay of a sink until it ends. Its statements follow the index: the statistics of a
   * table that is usually empty make the planner read and sort all events of a sink to take the first.
   *
   * @returns false if another transaction is.
   */
  async lock(sink: string): Promise<boolean> {
    const [row] = await this.connection.$queryRaw<{ locked: boolean }[]>`
      select pg_try_advisory_xact_lock(${lockKeys('relay', sink)}) as locked, ${FOLLOW_INDEX}`;
    return row?.locked === true;
  }

  /** Up to this `seq`, every event of the sink is delivered and none can still be committed. 0 before the first call of {@link savePosition}. */
  async position(sink: string): Promise<bigint> {
    const [row] = await this.connection.$queryRaw<{ seq: bigint }[]>`
      select seq from outbox_positions where sink = ${sink}`;
    return row?.seq ?? 0n;
  }

  /** Stores the position of a sink. A lower one than the stored position changes nothing. */
  async savePosition(sink: string, seq: bigint): Promise<void> {
    await this.connection.$executeRaw`
      insert into outbox_positions as p (sink, seq) values (${sink}, ${seq})
      on conflict (sink) do update set seq = excluded.seq where p.seq < excluded.seq`;
  }

  /**
   * The transactions, besides this one, that may have put events into the outbox and are not finished. A transaction
   * locks the table before it draws a `seq`, so one that is not listed here commits no event with a `seq` that was seen
   * before this call.
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
   * The next events for a sink, in order of `seq`. Call it after {@link lock}, in a statement of its own: a statement
   * sees what was committed when it began, and the previous relay may have removed events while the lock was awaited.
   *
   * @param after a position, as of {@link position}.
   */
  async take(sink: string, after: bigint, limit: number): Promise<OutboxRow[]> {
    return this.connection.$queryRaw<OutboxRow[]>`
      select seq, user_key as "userKey", event, recorded_at as "recordedAt"
      from outbox where sink = ${sink} and seq > ${after} order by seq limit ${limit}`;
  }

  /** Removes events by their numbers. A range would also remove events within it that were committed since {@link take}. */
  async remove(sink: string, seqs: readonly bigint[]): Promise<void> {
    if (seqs.length === 0) return;
    await this.connection.$executeRaw`
      delete from outbox where sink = ${sink} and seq = any(${seqs.map(String)}::text[]::bigint[])`;
  }
}
