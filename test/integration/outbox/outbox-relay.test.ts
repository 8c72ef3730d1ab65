import { setTimeout as delay } from 'node:timers/promises';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { outgoingEvent, type OutgoingEvent } from '../../../src/outbox/sinks/outgoing-event.js';
import { SinkRelay, type RefusedEvent } from '../../../src/outbox/sink-relay.js';
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

/** Starts a relay to the sink "site" in this process, as a gateway of its own would. */
function startRelay(deliver: Deliver, batchSize = 500) {
  let pid = 0;
  const refused: RefusedEvent[] = [];
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
    outgoing: (row) => outgoingEvent(row, (userKey) => userKey),
    onRefused: (events) => {
      refused.push(...events);
      return Promise.resolve();
    },
    batchSize,
    random: () => 0.9,
    logger: recordingLogger().logger,
  });
  relays.push(relay);
  relay.start();
  return { relay, refused };
}

const keyOf = ({ user, interactionId }: OutgoingEvent) => `${user} ${Number(interactionId.slice(0, 8))}`;
const whole = (events: readonly OutgoingEvent[]): Delivery => ({
  delivered: [...events.keys()],
  refused: [],
  failure: undefined,
});
const untilEmpty = () =>
  vi.waitFor(async () => expect(await db.lag()).toEqual([]), { timeout: 15_000, interval: 20 });

/** Each user's events in the order in which each was there first. */
function firstTimes(delivered: readonly OutgoingEvent[]): Map<string, number[]> {
  const byUser = new Map<string, number[]>();
  for (const { user, interactionId } of delivered) {
    const numbers = byUser.get(user) ?? [];
    const n = Number(interactionId.slice(0, 8));
    if (!numbers.includes(n)) byUser.set(user, [...numbers, n]);
  }
  return byUser;
}

describe('outbox relay', () => {
  it('delivers again, with the same ids, what a relay delivered that died before it could say so', async () => {
    await db.put(
      ['site'],
      [1, 2].map((n) => interactionOf('ada', n)),
    );
    const attempts: string[][] = [];
    startRelay(async (events, pid) => {
      attempts.push(events.map(keyOf));
      if (attempts.length === 1) await db.endConnection(pid);
      return whole(events);
    });
    await untilEmpty();
    expect(attempts).toEqual([
      ['ada 1', 'ada 2'],
      ['ada 1', 'ada 2'],
    ]);
  });

  it('leaves the outbox as it was when it is stopped in the midst, and a later relay goes on', async () => {
    await db.put(['site'], [interactionOf('ada', 1)]);
    let began = (): void => undefined;
    const beginning = new Promise<void>((resolve) => (began = resolve));
    const { relay } = startRelay(() => {
      began();
      return delay(300, { delivered: [], refused: [], failure: new SinkFailure('closed') });
    });
    await beginning;
    await relay.stop(50);
    expect((await db.lag())[0]?.events).toBe(1);
    const delivered: string[] = [];
    startRelay((events) => {
      delivered.push(...events.map(keyOf));
      return Promise.resolve(whole(events));
    });
    await untilEmpty();
    expect(delivered).toEqual(['ada 1']);
  });

  it('does not pass over an event whose transaction commits after those that began later', async () => {
    const delivered: string[] = [];
    const { relay } = startRelay((events) => {
      delivered.push(...events.map(keyOf));
      return Promise.resolve(whole(events));
    });
    await db.put(['site'], [interactionOf('ada', 1)], async () => {
      await db.put(['site'], [interactionOf('ben', 1)]);
      relay.wake();
      await vi.waitFor(() => expect(delivered).toEqual(['ben 1']));
    });
    relay.wake();
    await vi.waitFor(() => expect(delivered).toEqual(['ben 1', 'ada 1']));
  });

  it('hands what a sink refuses over with the transaction, and the rest goes on', async () => {
    await db.put(
      ['site'],
      [1, 2, 3].map((n) => interactionOf('ada', n)),
    );
    const { refused } = startRelay(() =>
      Promise.resolve({ delivered: [0, 2], refused: [{ index: 1, reason: 'invalid' }], failure: undefined }),
    );
    await untilEmpty();
    expect(refused.map(({ sink, reason, row }) => [sink, reason, row.userKey, row.event.id])).toEqual([
      ['site', 'invalid', 'ada', interactionOf('ada', 2).id],
    ]);
  });

  it('lets the outbox grow while the sink is down, tells the lag, and catches up', async () => {
    let down = true;
    const delivered: OutgoingEvent[] = [];
    startRelay((events) => {
      if (down) return Promise.reject(new Error('down'));
      delivered.push(...events);
      return Promise.resolve(whole(events));
    }, 50);
    for (let n = 0; n < 200; n += 20) {
      await db.put(
        ['site'],
        Array.from({ length: 20 }, (_, more) => interactionOf(more % 2 === 0 ? 'ada' : 'ben', n + more)),
      );
    }
    expect(await db.lag()).toEqual([
      { sink: 'site', events: 200, oldestAt: interactionOf('ada', 0).receivedAt },
    ]);
    down = false;
    await untilEmpty();
    expect(delivered.map(keyOf)).toHaveLength(200);
    for (const numbers of firstTimes(delivered).values())
      expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
  });

  it('takes turns with another, so that nothing is delivered twice as long as nothing fails', async () => {
    const delivered: OutgoingEvent[] = [];
    const deliver: Deliver = async (events) => {
      await delay(3);
      delivered.push(...events);
      return whole(events);
    };
    await db.put(
      ['site'],
      Array.from({ length: 300 }, (_, n) => interactionOf('ada', n)),
    );
    for (const { relay } of [startRelay(deliver, 25), startRelay(deliver, 25)]) relay.wake();
    await untilEmpty();
    expect(delivered.map(keyOf)).toEqual(Array.from({ length: 300 }, (_, n) => `ada ${n}`));
  });

  it('side by side with another, under writers and failures, delivers every event and each user’s in order', async () => {
    const users = ['ada', 'ben', 'cy'];
    const eachUser = 120;
    const delivered: OutgoingEvent[] = [];
    const random = xoroshiro128plus(4_711);
    const chance = () => (random.next() >>> 0) / 2 ** 32;
    const takers = new Set<number>();
    const relay = (number: number) =>
      startRelay(async (events, pid) => {
        takers.add(number);
        await delay(chance() * 5);
        const fate = chance();
        if (fate < 0.1) throw new Error('refused the connection');
        const taken = fate < 0.25 ? Math.floor(events.length / 2) : events.length;
        delivered.push(...events.slice(0, taken));
        if (fate > 0.9) await db.endConnection(pid);
        const failure = taken < events.length ? new SinkFailure('half') : undefined;
        return { ...whole(events.slice(0, taken)), failure };
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
    await vi.waitFor(() => expect(takers.size).toBeGreaterThan(0), { timeout: 5_000 });
    // Whoever is at it is gone from then on, and the other has to go on with what it left.
    const [first = 1] = takers;
    await Promise.all([both[first - 1]?.stop(2_000), write(eachUser / 2, eachUser)]);
    await untilEmpty();
    const expected = Array.from({ length: eachUser }, (_, n) => n);
    expect(firstTimes(delivered)).toEqual(
      new Map([...firstTimes(delivered).keys()].map((user) => [user, expected])),
    );
    expect([...firstTimes(delivered).keys()].sort()).toEqual(users);
    expect([...takers].sort()).toEqual([1, 2]);
  });
});
