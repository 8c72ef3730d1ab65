import { pino } from 'pino';
import { openDatabase } from '../../src/storage/database/client.js';
import {
  OutboxBacklogRepository,
  OutboxRepository,
  type OutboxEvent,
} from '../../src/storage/events/outbox-repository.js';
import { createStore } from '../../src/storage/store.js';
import { outgoingEvent, type OutgoingEvent } from '../../src/outbox/sinks/outgoing-event.js';
import { decay, NOON_MS } from './profile-events.js';
import { createTestDatabase } from './test-database.js';
import type { Interaction } from '../../src/domain/event.js';

/** The n-th event of a user; its id encodes both. */
export function interactionOf(userKey: string, n: number, details: Partial<Interaction> = {}): Interaction {
  const user = Buffer.from(userKey).toString('hex').padStart(12, '0').slice(-12);
  const at = new Date(NOON_MS + n * 1_000);
  return {
    id: `${String(n).padStart(8, '0')}-0000-4000-8000-${user}`,
    userKey,
    marketId: 'bitcoin',
    eventType: 'CLICK',
    weight: 2,
    dwellMs: null,
    section: null,
    position: null,
    country: null,
    sessionId: null,
    feedId: null,
    stake: null,
    context: null,
    clientEventId: null,
    probability: 0.25,
    volume24h: null,
    occurredAt: at,
    receivedAt: at,
    clamped: false,
    attribution: null,
    ...details,
  };
}

/** The same event as a sink receives it. */
export function outgoing(userKey: string, n: number, details: Partial<Interaction> = {}): OutgoingEvent {
  const interaction = interactionOf(userKey, n, details);
  const event = JSON.parse(JSON.stringify(interaction)) as OutboxEvent;
  return outgoingEvent({ userKey, event }, (key) => key);
}

interface TestTransaction {
  readonly outbox: OutboxRepository;
  readonly backlog: OutboxBacklogRepository;
  readonly pid: () => Promise<number>;
  /** Index entries of the outbox that this transaction has read so far, including those of removed rows. */
  readonly reads: () => Promise<number>;
}

/** A private database whose outbox receives the events that `put` stores. */
export async function openOutbox() {
  const testDatabase = await createTestDatabase();
  const database = openDatabase({
    url: testDatabase.url,
    logger: pino({ level: 'silent' }),
    poolSize: 8,
  });
  const { prisma } = database;
  const store = createStore(prisma, { decay });
  await store.partitions.ensureForEvents([new Date(NOON_MS)]);
  const transaction = <Result>(work: (tx: TestTransaction) => Promise<Result>): Promise<Result> =>
    prisma.$transaction(
      (tx) =>
        work({
          outbox: new OutboxRepository(tx),
          // Its nested transactions join this one.
          backlog: new OutboxBacklogRepository({
            outbox: tx.outbox,
            $queryRaw: (...query: Parameters<typeof tx.$queryRaw>) => tx.$queryRaw(...query),
            $transaction: (queries: Promise<unknown>[]) => Promise.all(queries),
          } as never),
          pid: async () => {
            const [row] = await tx.$queryRaw<{ pid: number }[]>`select pg_backend_pid() as pid`;
            return row?.pid ?? 0;
          },
          reads: async () => {
            const [row] = await tx.$queryRaw<{ reads: bigint }[]>`
              select pg_stat_get_xact_tuples_returned('outbox_pkey'::regclass) as reads`;
            return Number(row?.reads ?? 0);
          },
        }),
      { timeout: 30_000, maxWait: 10_000 },
    );
  const backlog = new OutboxBacklogRepository(prisma);
  return {
    url: testDatabase.url,
    outbox: new OutboxRepository(prisma),
    backlog,
    transaction,
    /** The backlog of every sink that has one, sorted by sink. */
    lag: async () => {
      const backlogs = [];
      for (const sink of await backlog.sinksExcept([])) {
        const { events, oldestAt } = await backlog.of(sink);
        if (events > 0) backlogs.push({ sink, events, oldestAt });
      }
      return backlogs;
    },
    /** Stores events in one transaction, which waits for `meanwhile` before it commits. */
    put: async (
      sinks: readonly string[],
      interactions: readonly Interaction[],
      meanwhile: () => Promise<void> = () => Promise.resolve(),
    ) => {
      // Tests reuse the same numbers.
      await prisma.$executeRaw`delete from interactions where id = any(${interactions.map(({ id }) => id)}::uuid[])`;
      const events = interactions.map((interaction) => ({ interaction, marketNumber: 1, servingId: null }));
      await store.transaction(async (tx) => {
        await tx.record({ events, sinks, claim: false });
        await meanwhile();
      });
    },
    /** Terminates the connection of a transaction in progress. */
    endConnection: async (pid: number) => {
      await prisma.$executeRaw`select pg_terminate_backend(${pid}::int)`;
    },
    close: async () => {
      await database.close();
      await testDatabase.drop();
    },
  };
}
