import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { OutboxRow } from '../../../src/storage/events/outbox-repository.js';
import { SinkFailure } from '../../../src/outbox/sinks/sink.js';
import { all, relayOver, type Deliver } from '../../support/memory-relay.js';

const fails: Deliver = () => Promise.reject(new Error('gone'));

/** Lets everything happen that waits for no timer. */
const settle = () => vi.advanceTimersByTimeAsync(0);

let stop: () => Promise<void>;

beforeEach(() => vi.useFakeTimers());

afterEach(async () => {
  const stopped = stop();
  await vi.advanceTimersByTimeAsync(10_000);
  await stopped;
  vi.useRealTimers();
});

function start(made: ReturnType<typeof relayOver>) {
  stop = () => made.relay.stop(0);
  made.relay.start();
  return made;
}

describe('sink relay', () => {
  it('delivers what waits in batches, one after the other, and takes it out', async () => {
    const { state } = start(relayOver([1, 2, 3, 4, 5], { batchSize: 2 }));
    await settle();
    expect(state.attempts).toEqual([[1, 2], [3, 4], [5]]);
    expect(state.waiting()).toEqual([]);
  });

  it('delivers a new event at once when it is woken, and within a second when it is not', async () => {
    const { relay, state } = start(relayOver([]));
    await settle();
    state.add(1);
    relay.wake();
    await settle();
    expect(state.attempts).toEqual([[1]]);
    state.add(2);
    await vi.advanceTimersByTimeAsync(999);
    expect(state.attempts).toEqual([[1]]);
    await vi.advanceTimersByTimeAsync(1);
    expect(state.attempts).toEqual([[1], [2]]);
  });

  it('looks again at once when it was woken while it delivered', async () => {
    const { relay, state } = relayOver([1]);
    state.deliver = (events) => {
      state.deliver = all;
      state.add(2);
      relay.wake();
      return all(events);
    };
    start({ relay, state });
    await settle();
    expect(state.attempts).toEqual([[1], [2]]);
  });

  it('leaves a sink that fails alone for longer and longer, also when it is woken, and keeps the events', async () => {
    const { relay, state } = relayOver([1, 2]);
    state.deliver = fails;
    start({ relay, state });
    const attemptsAfter: number[] = [];
    for (const ms of [0, 249, 1, 499, 1, 999, 1]) {
      await vi.advanceTimersByTimeAsync(ms);
      relay.wake();
      await settle();
      attemptsAfter.push(state.attempts.length);
    }
    expect(attemptsAfter).toEqual([1, 1, 2, 2, 3, 3, 4]);
    expect(state.waiting()).toEqual([1, 2]);
    await vi.advanceTimersByTimeAsync(10 * 60_000);
    const before = state.attempts.length;
    await vi.advanceTimersByTimeAsync(30_000);
    expect(state.attempts.length).toBe(before + 1);
    state.deliver = all;
    await vi.advanceTimersByTimeAsync(30_000);
    expect(state.waiting()).toEqual([]);
    expect(state.lines.at(-1)).toMatchObject({ msg: 'a sink takes events again', sink: 'memory' });
  });

  it('begins with short waits again after a success', async () => {
    const { relay, state } = relayOver([1]);
    state.deliver = fails;
    start({ relay, state });
    await vi.advanceTimersByTimeAsync(5_000);
    state.deliver = all;
    await vi.advanceTimersByTimeAsync(30_000);
    state.deliver = fails;
    state.add(2);
    relay.wake();
    await settle();
    const before = state.attempts.length;
    await vi.advanceTimersByTimeAsync(250);
    expect(state.attempts.length).toBe(before + 1);
  });

  it('does not wait longer and longer for a sink that fails again and again but takes something each time', async () => {
    const { relay, state } = relayOver([1, 2, 3, 4, 5]);
    const failure = new SinkFailure('slow');
    state.deliver = () => Promise.resolve({ delivered: [0], refused: [], failure });
    start({ relay, state });
    await vi.advanceTimersByTimeAsync(4 * 250);
    expect(state.waiting()).toEqual([]);
  });

  it('waits as long as the sink asks for, but not for hours', async () => {
    const { relay, state } = relayOver([1]);
    const asking = (retryAfterMs: number): Deliver => {
      return () => Promise.reject(new SinkFailure('busy', { retryAfterMs }));
    };
    state.deliver = asking(40_000);
    start({ relay, state });
    await vi.advanceTimersByTimeAsync(39_999);
    expect(state.attempts).toHaveLength(1);
    state.deliver = asking(24 * 3_600_000);
    await vi.advanceTimersByTimeAsync(1);
    expect(state.attempts).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(10 * 60_000);
    expect(state.attempts).toHaveLength(3);
  });

  it('takes out just what was delivered or refused of a batch, and brings the rest again in order', async () => {
    const { relay, state } = relayOver([1, 2, 3, 4, 5]);
    state.deliver = () => {
      state.deliver = all;
      const failure = new SinkFailure('half done');
      return Promise.resolve({ delivered: [0, 3], refused: [{ index: 1, reason: 'bad' }], failure });
    };
    start({ relay, state });
    await settle();
    expect(state.waiting()).toEqual([3, 5]);
    expect(state.refused).toEqual([
      {
        sink: 'memory',
        reason: 'bad',
        row: expect.objectContaining({ seq: 2n, userKey: 'ada' }) as OutboxRow,
      },
    ]);
    await vi.advanceTimersByTimeAsync(250);
    expect(state.attempts).toEqual([
      [1, 2, 3, 4, 5],
      [3, 5],
    ]);
  });

  it('goes on at once with what a sink left over without a failure', async () => {
    const { relay, state } = relayOver([1, 2]);
    state.deliver = () => {
      state.deliver = all;
      return Promise.resolve({ delivered: [0], refused: [], failure: undefined });
    };
    start({ relay, state });
    await settle();
    expect(state.attempts).toEqual([[1, 2], [2]]);
  });

  it('takes a sink that did nothing and says nothing for one that failed', async () => {
    const { relay, state } = relayOver([1]);
    state.deliver = () => Promise.resolve({ delivered: [], refused: [], failure: undefined });
    start({ relay, state });
    await vi.advanceTimersByTimeAsync(249);
    expect(state.attempts).toHaveLength(1);
  });

  it('leaves the outbox alone while another relay has the lock, and looks once a second however often woken', async () => {
    const { relay, state } = relayOver([1]);
    state.locked = false;
    start({ relay, state });
    for (let n = 0; n < 20; n++) {
      relay.wake();
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(state.transactions).toBeLessThanOrEqual(3);
    expect(state.attempts).toEqual([]);
    state.locked = true;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(state.attempts).toEqual([[1]]);
  });

  it('waits for the database as it does for a sink, and does not blame the sink', async () => {
    const { relay, state } = relayOver([1]);
    state.databaseIsThere = false;
    start({ relay, state });
    await vi.advanceTimersByTimeAsync(250);
    expect(state.transactions).toBe(2);
    expect(state.lines.at(-1)).toMatchObject({ msg: 'the outbox could not be worked off', failures: 2 });
    state.databaseIsThere = true;
    state.deliver = fails;
    await vi.advanceTimersByTimeAsync(500);
    expect(state.lines.at(-1)).toMatchObject({
      msg: 'a sink did not take events',
      err: { message: expect.stringContaining('gone') as string },
    });
  });

  it('lets a delivery under way come to its end when it is stopped, and begins no other', async () => {
    const { relay, state } = relayOver([1, 2], { batchSize: 1 });
    let finish = (): void => undefined;
    state.deliver = (events) => new Promise((resolve) => (finish = () => resolve(all(events))));
    start({ relay, state });
    await settle();
    const stopped = relay.stop(5_000);
    await settle();
    expect(state.closed).toBe(0);
    finish();
    await stopped;
    expect(state).toMatchObject({ closed: 1, attempts: [[1]] });
    expect(state.waiting()).toEqual([2]);
  });

  it('closes the sink and ends in time when a delivery does not come to its end', async () => {
    const { relay, state } = relayOver([1]);
    state.deliver = () => new Promise(() => undefined);
    start({ relay, state });
    await settle();
    const stopped = relay.stop(5_000);
    await vi.advanceTimersByTimeAsync(6_000);
    await stopped;
    expect(state.closed).toBe(1);
    expect(state.waiting()).toEqual([1]);
  });

  it('ends at once when it is stopped while it waits', async () => {
    const { relay, state } = relayOver([1]);
    state.deliver = fails;
    start({ relay, state });
    await settle();
    await relay.stop(5_000);
    expect(state.closed).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  });
});
