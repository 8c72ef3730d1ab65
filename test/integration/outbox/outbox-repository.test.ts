import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { interactionOf, openOutbox } from '../../support/outbox.js';

let db: Awaited<ReturnType<typeof openOutbox>>;

beforeAll(async () => {
  db = await openOutbox();
});

afterAll(() => db.close());

const numbers = (rows: readonly { event: { id: string } }[]) =>
  rows.map(({ event }) => Number(event.id.slice(0, 8)));

describe('OutboxRepository', () => {
  it('returns the events of each sink in recording order with all fields', async () => {
    const context = { text: 'שלום', number: 0.1, deep: [null, true] };
    const events = [3, 1, 2].map((n) => interactionOf('ada', n, { context, weight: 1 / 3, dwellMs: 5 }));
    await db.put(['order-a', 'order-b'], events);
    await db.put(['order-a'], [interactionOf('ben', 0)]);
    expect(numbers(await db.outbox.take('order-a', 0n, 3))).toEqual([3, 1, 2]);
    expect(numbers(await db.outbox.take('order-a', 0n, 10))).toEqual([3, 1, 2, 0]);
    const [first] = await db.outbox.take('order-b', 0n, 10);
    const { userKey, ...rest } = JSON.parse(JSON.stringify(events[0])) as Record<string, unknown>;
    expect(first).toEqual({
      userKey,
      event: rest,
      recordedAt: events[0]?.receivedAt,
      seq: expect.any(BigInt) as bigint,
    });
  });

  it('keeps the order of a large commit', async () => {
    const order = Array.from({ length: 2_000 }, (_, n) => (n * 7_919) % 2_000);
    await db.put(
      ['large'],
      order.map((n) => interactionOf('ada', n)),
    );
    expect(numbers(await db.outbox.take('large', 0n, 2_000))).toEqual(order);
  });

  it('removes the given events of one sink only', async () => {
    await db.put(
      ['remove-a', 'remove-b'],
      [1, 2, 3].map((n) => interactionOf('ada', n)),
    );
    const rows = await db.outbox.take('remove-a', 0n, 10);
    await db.outbox.remove(
      'remove-a',
      rows.slice(0, 2).map(({ seq }) => seq),
    );
    await db.outbox.remove('remove-a', []);
    expect(numbers(await db.outbox.take('remove-a', 0n, 10))).toEqual([3]);
    expect(numbers(await db.outbox.take('remove-b', 0n, 10))).toEqual([1, 2, 3]);
  });

  it('reports the number of waiting events of each sink and the time of the oldest', async () => {
    await db.put(['lag-b'], [interactionOf('ada', 7)]);
    await db.put(['lag-a', 'lag-b'], [interactionOf('ada', 5), interactionOf('ada', 6)]);
    const lags = (await db.lag()).filter(({ sink }) => sink.startsWith('lag-'));
    const oldestAt = interactionOf('ada', 5).receivedAt;
    expect(lags).toEqual([
      { sink: 'lag-a', events: 2, oldestAt },
      { sink: 'lag-b', events: 3, oldestAt },
    ]);
  });

  it('locks a sink for one transaction at a time, without locking other sinks', async () => {
    await db.transaction(async ({ outbox }) => {
      expect(await outbox.lock('lock-a')).toBe(true);
      await db.transaction(async (other) => {
        expect(await other.outbox.lock('lock-a')).toBe(false);
        expect(await other.outbox.lock('lock-b')).toBe(true);
      });
    });
    expect(await db.transaction(({ outbox }) => outbox.lock('lock-a'))).toBe(true);
  });
});
