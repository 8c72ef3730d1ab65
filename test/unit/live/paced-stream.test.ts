import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PacedStream } from '../../../src/live/paced-stream.js';

/** A stream that tells, of the numbers to be told, all together. */
function numbers() {
  const untold: number[] = [];
  const onEnd = vi.fn();
  const stream = new PacedStream({
    take: () => (untold.length === 0 ? undefined : untold.splice(0)),
    pauseMs: 1_000,
    onEnd,
  });
  const told: number[][] = [];
  const listen = async (): Promise<void> => {
    for await (const message of stream) told.push(message);
  };
  const add = (number: number): void => {
    untold.push(number);
    stream.wake();
  };
  return { stream, told, listen, add, onEnd };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('a paced stream', () => {
  it('tells the first at once, then what came in each pause at its end', async () => {
    const { told, listen, add } = numbers();
    void listen();
    add(1);
    await vi.advanceTimersByTimeAsync(0);
    expect(told).toEqual([[1]]);
    add(2);
    await vi.advanceTimersByTimeAsync(900);
    add(3);
    expect(told).toEqual([[1]]);
    await vi.advanceTimersByTimeAsync(100);
    expect(told).toEqual([[1], [2, 3]]);
    add(4);
    await vi.advanceTimersByTimeAsync(999);
    expect(told).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1);
    expect(told).toEqual([[1], [2, 3], [4]]);
  });

  it('tells at once again after a pause in which nothing came', async () => {
    const { told, listen, add } = numbers();
    void listen();
    add(1);
    await vi.advanceTimersByTimeAsync(5_000);
    add(2);
    await vi.advanceTimersByTimeAsync(0);
    expect(told).toEqual([[1], [2]]);
  });

  it('keeps what comes before anybody asks', async () => {
    const { stream, add } = numbers();
    add(1);
    add(2);
    expect(await stream.next()).toEqual({ done: false, value: [1, 2] });
  });

  it('makes no message for one who has not taken the last, however much comes', async () => {
    const { stream, add } = numbers();
    add(1);
    await stream.next();
    for (let number = 2; number <= 100; number++) {
      add(number);
      await vi.advanceTimersByTimeAsync(1_000);
    }
    expect((await stream.next()).value).toHaveLength(99);
  });

  it('ends for one who waits, and says so once', async () => {
    const { stream, onEnd } = numbers();
    const waiting = stream.next();
    await stream.return();
    await stream.return();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(await stream.next()).toEqual({ done: true, value: undefined });
    expect(onEnd).toHaveBeenCalledOnce();
  });

  it('leaves no timer behind', async () => {
    const { stream, add } = numbers();
    add(1);
    await stream.next();
    expect(vi.getTimerCount()).toBe(1);
    await stream.return();
    expect(vi.getTimerCount()).toBe(0);
  });
});
