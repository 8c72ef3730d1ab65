import { setTimeout as delay } from 'node:timers/promises';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { outgoingEvent, type OutgoingEvent } from '../../../src/outbox/sinks/outgoing-event.js';
import { SinkRelay, type DeadLetter } from '../../../src/outbox/sink-relay.js';
import { SinkFailure, type Delivery, type Sink } from '../../../src/outbox/sinks/sink.js';
import { recordingLogger } from '../../support/log-lines.js';
import { interactionOf, openOutbox } from '../../support/outbox.js';

let db: Awaited<ReturnType<typeof openOutbox>>;
let relays: { stop(withinMs: number): Promise<void> }[];

beforeEach(async () => {
  db = await openOutbox();
  relays = [];
});

afterEach(async () => {
  await Promise.all(relays.map((relay) => relay.stop(2_000)));
  await db.close();
});

type Deliver = (events: readonly OutgoingEvent[], pid: number) => Promise<Delivery>;

/** Starts a relay to the sink "site" as a separate replica would. */
function startRelay(deliver: Deliver, batchSize = 500) {
  let pid = 0;
  const deadLetters: DeadLetter[] = [];
  const sink: Sink = {
    name: 'site',
    deliver: (events) => deliver(events, pid),
    close: () => Promise.resolve(),
  };
  const relay = new SinkRelay({
    sink,
    store: {
      transaction: (work) =>
        db.transaction(async (tx) => {
          pid = await tx.pid();
          return work(tx);
        }),
    },
    toOutgoing: (row) => outgoingEvent(row, (userKey) => userKey),
    onDeadLetters: (letters) => {
      deadLetters.push(...letters);
      return Promise.resolve();
    },
    batchSize,
    random: () => 0.9,
    logger: recordingLogger().logger,
  });
  relays.push(relay);
  relay.start();
  return { relay, deadLetters };
}

const keyOf = ({ user, interactionId }: OutgoingEvent) => `${user} ${Number(interactionId.slice(0, 8))}`;
const deliveryOf = (events: readonly OutgoingEvent[]): Delivery => ({
  delivered: [...events.keys()],
  rejected: [],
  failure: undefined,
});
const untilEmpty = () =>
  vi.waitFor(async () => expect(await db.lag()).toEqual([]), { timeout: 15_000, interval: 20 });

/** The numbers of each user's events, by first delivery. */
function firstDeliveries(delivered: readonly OutgoingEvent[]): Map<string, number[]> {
  const byUser = new Map<string, number[]>();
  for (const { user, interactionId } of delivered) {
    const numbers = byUser.get(user) ?? [];
    const n = Number(interactionId.slice(0, 8));
    if (!numbers.includes(n)) byUser.set(user, [...numbers, n]);
  }
  return byUser;
}

describe('outbox relay', () => {
  it('delivers events again with the same ids when the connection ends before the commit', async () => {
    await db.put(
      ['site'],
      [1, 2].map((n) => interactionOf('ada', n)),
    );
    const attempts: string[][] = [];
    startRelay(async (events, pid) => {
      attempts.push(events.map(keyOf));
      if (attempts.length === 1) await db.endConnection(pid);
      return deliveryOf(events);
    });
    await untilEmpty();
    expect(attempts).toEqual([
      ['ada 1', 'ada 2'],
      ['ada 1', 'ada 2'],
    ]);
  });

  it('leaves the outbox unchanged when it is stopped during a delivery, and a later relay continues', async () => {
    await db.put(['site'], [interactionOf('ada', 1)]);
    let start = (): void => undefined;
    const started = new Promise<void>((resolve) => (start = resolve));
    const { relay } = startRelay(() => {
      start();
      return delay(300, { delivered: [], rejected: [], failure: new SinkFailure('closed') });
    });
    await started;
    await relay.stop(50);
    expect((await db.lag())[0]?.events).toBe(1);
    const delivered: string[] = [];
    startRelay((events) => {
      delivered.push(...events.map(keyOf));
      return Promise.resolve(deliveryOf(events));
    });
    await untilEmpty();
    expect(delivered).toEqual(['ada 1']);
  });

  it('does not skip an event whose transaction commits after later ones', async () => {
    const delivered: string[] = [];
    const { relay } = startRelay((events) => {
      delivered.push(...events.map(keyOf));
      return Promise.resolve(deliveryOf(events));
    });
    await db.put(['site'], [interactionOf('ada', 1)], async () => {
      await db.put(['site'], [interactionOf('ben', 1)]);
      relay.wake();
      await vi.waitFor(() => expect(delivered).toEqual(['ben 1']));
    });
    relay.wake();
    await vi.waitFor(() => expect(delivered).toEqual(['ben 1', 'ada 1']));
  });

  it('reports rejected events as dead letters within the transaction, and delivers the rest', async () => {
    await db.put(
      ['site'],
      [1, 2, 3].map((n) => interactionOf('ada', n)),
    );
    const { deadLetters } = startRelay(() =>
      Promise.resolve({ delivered: [0, 2], rejected: [{ index: 1, reason: 'invalid' }], failure: undefined }),
    );
    await untilEmpty();
    expect(deadLetters.map(({ sink, reason, row }) => [sink, reason, row.userKey, row.event.id])).toEqual([
      ['site', 'invalid', 'ada', interactionOf('ada', 2).id],
    ]);
  });

  it('keeps the backlog while the sink is down, reports it, and then delivers it', async () => {
    let isDown = true;
    const delivered: OutgoingEvent[] = [];
    startRelay((events) => {
      if (isDown) return Promise.reject(new Error('down'));
      delivered.push(...events);
      return Promise.resolve(deliveryOf(events));
    }, 50);
    for (let n = 0; n < 200; n += 20) {
      await db.put(
        ['site'],
        Array.from({ length: 20 }, (_, offset) =>
          interactionOf(offset % 2 === 0 ? 'ada' : 'ben', n + offset),
        ),
      );
    }
    expect(await db.lag()).toEqual([
      { sink: 'site', events: 200, oldestAt: interactionOf('ada', 0).receivedAt },
    ]);
    isDown = false;
    await untilEmpty();
    expect(delivered.map(keyOf)).toHaveLength(200);
    for (const numbers of firstDeliveries(delivered).values())
      expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
  });

  it('takes turns with another relay, and delivers nothing twice while nothing fails', async () => {
    const delivered: OutgoingEvent[] = [];
    const deliver: Deliver = async (events) => {
      await delay(3);
      delivered.push(...events);
      return deliveryOf(events);
    };
    await db.put(
      ['site'],
      Array.from({ length: 300 }, (_, n) => interactionOf('ada', n)),
    );
    for (const { relay } of [startRelay(deliver, 25), startRelay(deliver, 25)]) relay.wake();
    await untilEmpty();
    expect(delivered.map(keyOf)).toEqual(Array.from({ length: 300 }, (_, n) => `ada ${n}`));
  });

  it('delivers every event, in order per user, with two relays, concurrent writers and failures', async () => {
    const users = ['ada', 'ben', 'cy'];
    const eachUser = 120;
    const delivered: OutgoingEvent[] = [];
    const random = xoroshiro128plus(4_711);
    const chance = () => (random.next() >>> 0) / 2 ** 32;
    const activeRelays = new Set<number>();
    const relay = (number: number) =>
      startRelay(async (events, pid) => {
        activeRelays.add(number);
        await delay(chance() * 5);
        const fate = chance();
        if (fate < 0.1) throw new Error('connection refused');
        const stored = fate < 0.25 ? Math.floor(events.length / 2) : events.length;
        delivered.push(...events.slice(0, stored));
        if (fate > 0.9) await db.endConnection(pid);
        const failure = stored < events.length ? new SinkFailure('half') : undefined;
        return { ...deliveryOf(events.slice(0, stored)), failure };
      }, 25).relay;
    const both = [relay(1), relay(2)];
    const write = (from: number, to: number) =>
      Promise.all(
        users.map(async (user) => {
          for (let n = from; n < to; n += 3) {
            await db.put(
              ['site'],
              [n, n + 1, n + 2].map((number) => interactionOf(user, number)),
            );
            for (const each of both) each.wake();
          }
        }),
      );
    await write(0, eachUser / 2);
    await vi.waitFor(() => expect(activeRelays.size).toBeGreaterThan(0), { timeout: 5_000 });
    // The active relay stops; the other must continue with the remaining events.
    const [first = 1] = activeRelays;
    await Promise.all([both[first - 1]?.stop(2_000), write(eachUser / 2, eachUser)]);
    await untilEmpty();
    const expected = Array.from({ length: eachUser }, (_, n) => n);
    expect(firstDeliveries(delivered)).toEqual(
      new Map([...firstDeliveries(delivered).keys()].map((user) => [user, expected])),
    );
    expect([...firstDeliveries(delivered).keys()].sort()).toEqual(users);
    expect([...activeRelays].sort()).toEqual([1, 2]);
  });
});
