import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DAY_MS, MINUTE_MS } from '../../../src/lib/time.js';
import type { OutboxRow } from '../../../src/storage/events/outbox-repository.js';
import { SinkFailure } from '../../../src/outbox/sinks/sink.js';
import { all, relayOver, type Deliver } from '../../support/memory-relay.js';

const fails: Deliver = () => Promise.reject(new Error('gone'));

/** Runs everything that does not wait for a timer. */
const settle = () => vi.advanceTimersByTimeAsync(0);

let stop: () => Promise<void>;

beforeEach(() => vi.useFakeTimers());

afterEach(async () => {
  const stopped = stop();
  await vi.advanceTimersByTimeAsync(10_000);
  await stopped;
  vi.useRealTimers();
});

function start(setup: ReturnType<typeof relayOver>) {
  stop = () => setup.relay.stop(0);
  setup.relay.start();
  return setup;
}

describe('sink relay', () => {
  it('delivers the backlog in batches and removes delivered events', async () => {
    const { state } = start(relayOver([1, 2, 3, 4, 5], { batchSize: 2 }));
    await settle();
    expect(state.attempts).toEqual([[1, 2], [3, 4], [5]]);
    expect(state.waiting()).toEqual([]);
  });

  it('delivers a new event at once when it is woken, and within one second otherwise', async () => {
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

  it('reads the outbox again at once when it was woken during a delivery', async () => {
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

  it('backs off from a failing sink even when it is woken, and keeps the events', async () => {
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
    await vi.advanceTimersByTimeAsync(10 * MINUTE_MS);
    const before = state.attempts.length;
    await vi.advanceTimersByTimeAsync(30_000);
    expect(state.attempts.length).toBe(before + 1);
    state.deliver = all;
    await vi.advanceTimersByTimeAsync(30_000);
    expect(state.waiting()).toEqual([]);
    expect(state.lines.at(-1)).toMatchObject({ msg: 'sink accepts events again', sink: 'memory' });
  });

  it('resets the backoff after a success', async () => {
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

  it('resets the backoff when a failing sink accepts some events', async () => {
    const { relay, state } = relayOver([1, 2, 3, 4, 5]);
    const failure = new SinkFailure('slow');
    state.deliver = () => Promise.resolve({ delivered: [0], rejected: [], failure });
    start({ relay, state });
    await vi.advanceTimersByTimeAsync(4 * 250);
    expect(state.waiting()).toEqual([]);
  });

  it('waits for the delay that the sink asks for, up to 10 minutes', async () => {
    const { relay, state } = relayOver([1]);
    const askingFor = (retryAfterMs: number): Deliver => {
      return () => Promise.reject(new SinkFailure('busy', { retryAfterMs }));
    };
    state.deliver = askingFor(40_000);
    start({ relay, state });
    await vi.advanceTimersByTimeAsync(39_999);
    expect(state.attempts).toHaveLength(1);
    state.deliver = askingFor(DAY_MS);
    await vi.advanceTimersByTimeAsync(1);
    expect(state.attempts).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(10 * MINUTE_MS);
    expect(state.attempts).toHaveLength(3);
  });

  it('removes delivered events and dead letters of a batch, and delivers the rest again in order', async () => {
    const { relay, state } = relayOver([1, 2, 3, 4, 5]);
    state.deliver = () => {
      state.deliver = all;
      const failure = new SinkFailure('half done');
      return Promise.resolve({ delivered: [0, 3], rejected: [{ index: 1, reason: 'bad' }], failure });
    };
    start({ relay, state });
    await settle();
    expect(state.waiting()).toEqual([3, 5]);
    expect(state.deadLetters).toEqual([
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

  it('continues at once with events that a sink left without a failure', async () => {
    const { relay, state } = relayOver([1, 2]);
    state.deliver = () => {
      state.deliver = all;
      return Promise.resolve({ delivered: [0], rejected: [], failure: undefined });
    };
    start({ relay, state });
    await settle();
    expect(state.attempts).toEqual([[1, 2], [2]]);
  });

  it('backs off from a sink that accepts nothing and reports no failure', async () => {
    const { relay, state } = relayOver([1]);
    state.deliver = () => Promise.resolve({ delivered: [], rejected: [], failure: undefined });
    start({ relay, state });
    await vi.advanceTimersByTimeAsync(249);
    expect(state.attempts).toHaveLength(1);
  });

  it('tries to get a lock that another relay holds once per second, however often it is woken', async () => {
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

  it('backs off from a failing database, and logs it apart from sink failures', async () => {
    const { relay, state } = relayOver([1]);
    state.isDatabaseUp = false;
    start({ relay, state });
    await vi.advanceTimersByTimeAsync(250);
    expect(state.transactions).toBe(2);
    expect(state.lines.at(-1)).toMatchObject({ msg: 'failed to read the outbox; retrying', failures: 2 });
    state.isDatabaseUp = true;
    state.deliver = fails;
    await vi.advanceTimersByTimeAsync(500);
    expect(state.lines.at(-1)).toMatchObject({
      msg: 'failed to deliver events to sink; retrying',
      err: { message: expect.stringContaining('gone') as string },
    });
  });

  it('completes a delivery in progress when it is stopped, and starts no other', async () => {
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

  it('closes the sink and stops in time when a delivery does not complete', async () => {
    const { relay, state } = relayOver([1]);
    state.deliver = () => new Promise(() => undefined);
    start({ relay, state });
    await settle();
    const stopped = relay.stop(5_000);
    for (const ms of [5_000, 1_000]) {
      await vi.advanceTimersByTimeAsync(ms);
      await vi.advanceTimersByTimeAsync(1);
    }
    await stopped;
    expect(state.closed).toBe(1);
    expect(state.waiting()).toEqual([1]);
  });

  it('stops at once while it waits', async () => {
    const { relay, state } = relayOver([1]);
    state.deliver = fails;
    start({ relay, state });
    await settle();
    await relay.stop(5_000);
    expect(state.closed).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  });
});
