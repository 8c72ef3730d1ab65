import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { notifyInTurns, ThrottledStream } from '../../../src/live/throttled-stream.js';

/** A stream whose messages are the lists of numbers that are pending. */
function numbers() {
  const pending: number[] = [];
  const onEnd = vi.fn();
  const stream = new ThrottledStream({
    takePending: () => (pending.length === 0 ? undefined : pending.splice(0)),
    intervalMs: 1_000,
    onEnd,
  });
  const received: number[][] = [];
  const listen = async (): Promise<void> => {
    for await (const message of stream) received.push(message);
  };
  const add = (number: number): void => {
    pending.push(number);
    stream.notify();
  };
  return { stream, received, listen, add, onEnd };
}

describe('a throttled stream', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('sends the first message immediately, then everything pending at the end of each interval', async () => {
    const { received, listen, add } = numbers();
    void listen();
    add(1);
    await vi.advanceTimersByTimeAsync(0);
    expect(received).toEqual([[1]]);
    add(2);
    await vi.advanceTimersByTimeAsync(900);
    add(3);
    expect(received).toEqual([[1]]);
    await vi.advanceTimersByTimeAsync(100);
    expect(received).toEqual([[1], [2, 3]]);
    add(4);
    await vi.advanceTimersByTimeAsync(999);
    expect(received).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1);
    expect(received).toEqual([[1], [2, 3], [4]]);
  });

  it('sends a message immediately after an interval without messages', async () => {
    const { received, listen, add } = numbers();
    void listen();
    add(1);
    await vi.advanceTimersByTimeAsync(5_000);
    add(2);
    await vi.advanceTimersByTimeAsync(0);
    expect(received).toEqual([[1], [2]]);
  });

  it('combines everything that is pending before the first request', async () => {
    const { stream, add } = numbers();
    add(1);
    add(2);
    expect(await stream.next()).toEqual({ done: false, value: [1, 2] });
  });

  it('builds no message until the subscriber requests it', async () => {
    const { stream, add } = numbers();
    add(1);
    await stream.next();
    for (let number = 2; number <= 100; number++) {
      add(number);
      await vi.advanceTimersByTimeAsync(1_000);
    }
    expect((await stream.next()).value).toHaveLength(99);
  });

  it('ends a pending request, and calls onEnd once', async () => {
    const { stream, onEnd } = numbers();
    const waiting = stream.next();
    await stream.return();
    await stream.return();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(await stream.next()).toEqual({ done: true, value: undefined });
    expect(onEnd).toHaveBeenCalledOnce();
  });

  it('clears its timer when it ends', async () => {
    const { stream, add } = numbers();
    add(1);
    await stream.next();
    expect(vi.getTimerCount()).toBe(1);
    await stream.return();
    expect(vi.getTimerCount()).toBe(0);
  });
});

it('notifyInTurns notifies all streams once, in order, 50 per turn of the event loop', async () => {
  const notified: number[] = [];
  notifyInTurns(Array.from({ length: 120 }, (_, index) => ({ notify: () => void notified.push(index) })));
  const counts = [notified.length];
  while (notified.length < 120) {
    await new Promise((resolve) => setImmediate(resolve));
    counts.push(notified.length);
  }
  expect(counts).toEqual([50, 100, 120]);
  expect(notified).toEqual(Array.from({ length: 120 }, (_, index) => index));
});
