import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { OutboxRepository } from '../../../src/storage/events/outbox-repository.js';
import { outgoingEvent } from '../../../src/outbox/sinks/outgoing-event.js';
import { SinkRelay } from '../../../src/outbox/sink-relay.js';
import { recordingLogger } from '../../support/log-lines.js';
import { interactionOf, openOutbox } from '../../support/outbox.js';

let db: Awaited<ReturnType<typeof openOutbox>>;
/** A session that holds an old snapshot, such as a backup: rows removed after it began cannot be vacuumed. */
let backup: Client;

beforeEach(async () => {
  db = await openOutbox();
  backup = new Client({ connectionString: db.url });
  await backup.connect();
  await backup.query('begin isolation level repeatable read');
  await backup.query('select count(*) from outbox');
});

afterEach(async () => {
  await backup.end();
  await db.close();
});

const EVENTS = 4_000;
const BATCH = 100;

/** Delivers the backlog of the sink "site", and returns the index entries that each round with events read. */
async function drain(expected: number): Promise<{ reads: number[]; delivered: string[] }> {
  const reads: number[] = [];
  const delivered: string[] = [];
  let taken = 0;
  const relay = new SinkRelay({
    sink: {
      name: 'site',
      deliver: (events) => {
        delivered.push(...events.map(({ interactionId }) => interactionId));
        return Promise.resolve({ delivered: [...events.keys()], rejected: [], failure: undefined });
      },
      close: () => Promise.resolve(),
    },
    store: {
      transaction: (work) =>
        db.transaction(async (tx) => {
          const before = await tx.reads();
          const outbox = new Proxy(tx.outbox, {
            get: (target, name: keyof OutboxRepository) =>
              name === 'take'
                ? async (...args: Parameters<OutboxRepository['take']>) => {
                    const rows = await target.take(...args);
                    taken = rows.length;
                    return rows;
                  }
                : (target[name] as () => unknown).bind(target),
          });
          const result = await work({ outbox });
          if (taken > 0) reads.push((await tx.reads()) - before);
          return result;
        }),
    },
    toOutgoing: (row) => outgoingEvent(row, (userKey) => userKey),
    onDeadLetters: () => Promise.resolve(),
    batchSize: BATCH,
    random: () => 0.5,
    logger: recordingLogger().logger,
  });
  relay.start();
  try {
    await vi.waitFor(() => expect(delivered).toHaveLength(expected), { timeout: 20_000, interval: 20 });
  } finally {
    await relay.stop(5_000);
  }
  return { reads, delivered };
}

const put = (from: number, count: number) =>
  db.put(
    ['site'],
    Array.from({ length: count }, (_, n) => interactionOf('ada', from + n)),
  );

describe('an outbox whose removed rows cannot be vacuumed', () => {
  it('is drained with a constant number of index reads per batch', async () => {
    for (let n = 0; n < EVENTS; n += 1_000) await put(n, 1_000);
    const { reads, delivered } = await drain(EVENTS);
    expect(new Set(delivered).size).toBe(EVENTS);
    expect(reads).toHaveLength(EVENTS / BATCH);
    // The batch, the previous one, and the removal of the batch.
    for (const read of reads) expect(read).toBeLessThanOrEqual(4 * BATCH);
  });

  it('is drained by another relay from the stored position', async () => {
    for (let n = 0; n < 12_000; n += 2_000) await put(n, 2_000);
    await drain(12_000);
    await put(12_000, 10);
    const { reads } = await drain(10);
    expect(reads[0]).toBeLessThanOrEqual(5_000 + 5 * BATCH);
  });
});
