import type { PrismaClient } from '../generated/prisma/client.js';
import { lockKeys } from './advisory-locks.js';
import type { Interaction } from './interaction-repository.js';

type Connection = Pick<PrismaClient, '$queryRaw' | '$executeRaw'>;

/** An interaction as it waits in the outbox: JSON, and whose it is stands beside it. */
export type OutboxEvent = Omit<Interaction, 'userKey' | 'occurredAt' | 'receivedAt'> & {
  /** ISO 8601. */
  readonly occurredAt: string;
  /** ISO 8601. */
  readonly receivedAt: string;
};

/** An event that one sink has still to get. */
export interface OutboxRow {
  /** Of one person's events, the order of their commits. */
  readonly seq: bigint;
  readonly userKey: string;
  readonly event: OutboxEvent;
  readonly recordedAt: Date;
}

/** What a sink has still to get. */
export interface SinkLag {
  readonly sink: string;
  readonly events: number;
  /** When the longest waiting event was recorded. */
  readonly oldestAt: Date;
}

export class OutboxRepository {
  constructor(private readonly connection: Connection) {}

  /**
   * Makes this transaction the only relay of a sink, until it ends.
   *
   * @returns false when another one is.
   */
  async lock(sink: string): Promise<boolean> {
    const [row] = await this.connection.$queryRaw<{ locked: boolean }[]>`
      select pg_try_advisory_xact_lock(${lockKeys('relay', sink)}) as locked`;
    return row?.locked === true;
  }

  /**
   * The first events that a sink has still to get, in order. To be asked after {@link lock} and not with it: a
   * statement sees what was committed when it began, and the lock may have been got from a relay that has just
   * removed some.
   */
  async take(sink: string, limit: number): Promise<OutboxRow[]> {
    return this.connection.$queryRaw<OutboxRow[]>`
      select seq, user_key as "userKey", event, recorded_at as "recordedAt"
      from outbox where sink = ${sink} order by seq limit ${limit}`;
  }

  async remove(sink: string, seqs: readonly bigint[]): Promise<void> {
    if (seqs.length === 0) return;
    await this.connection.$executeRaw`
      delete from outbox where sink = ${sink} and seq = any(${seqs.map(String)}::text[]::bigint[])`;
  }

  /** How far each sink is behind. One that has everything is left out; one that is no longer configured is not. */
  async lag(): Promise<SinkLag[]> {
    const rows = await this.connection.$queryRaw<{ sink: string; events: bigint; oldestAt: Date }[]>`
      select sink, count(*) as events, min(recorded_at) as "oldestAt" from outbox group by sink order by sink`;
    return rows.map(({ sink, events, oldestAt }) => ({ sink, events: Number(events), oldestAt }));
  }
}
