import { stat } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { completesWithin, orAborted, TimeoutError, withTimeout } from '../../../src/lib/timeout.js';

const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;

const never = (): Promise<never> => new Promise(() => undefined);

describe('withTimeout', () => {
  it('resolves with the result of work that completes in time', async () => {
    expect(await withTimeout(() => Promise.resolve('ada'), 1_000)).toBe('ada');
  });

  it('rejects when the work does not complete in time', async () => {
    const result = withTimeout(never, 5);
    await expect(result).rejects.toBeInstanceOf(TimeoutError);
    await expect(result).rejects.toThrow('Timed out after 5 ms.');
  });

  it.each<[string, () => Promise<never>]>([
    ['rejects', () => Promise.reject(new Error('no database'))],
    [
      'throws synchronously',
      () => {
        throw new Error('no database');
      },
    ],
  ])('rejects with the cause when the work %s', async (_, work) => {
    await expect(withTimeout(work, 60_000)).rejects.toThrow('no database');
  });

  it('ignores a failure of the work after the timeout', async () => {
    let fail = (): void => undefined;
    const late = new Promise<never>((_, reject) => {
      fail = () => reject(new Error('too late'));
    });
    await expect(withTimeout(() => late, 5)).rejects.toThrow('Timed out');
    fail();
    await expect(late).rejects.toThrow('too late');
  });

  it('leaves no timer behind', async () => {
    const before = timers();
    await withTimeout(() => Promise.resolve('ada'), 600_000);
    await expect(withTimeout(() => Promise.reject(new Error('no database')), 600_000)).rejects.toThrow();
    expect(timers()).toBe(before);
  });

  it('rejects with the reason of the signal when it is aborted first', async () => {
    const lost = new AbortController();
    const result = withTimeout(never, 10_000, lost.signal);
    lost.abort(new Error('lost'));
    await expect(result).rejects.toThrow('lost');
  });
});

describe('completesWithin', () => {
  it('counts work that completed while this process was busy as in time', async () => {
    // From here on, the event loop checks timers first and reads what has arrived after them.
    await new Promise(setImmediate);
    const answered = completesWithin(stat('.'), 5);
    const busyUntilMs = performance.now() + 20;
    while (performance.now() < busyUntilMs);
    expect(await answered).toBe(true);
  });

  it('is false when the work does not complete in time', async () => {
    expect(await completesWithin(never(), 5)).toBe(false);
  });

  it('rejects with the reason of the signal when it is aborted before the work completes', async () => {
    const lost = new AbortController();
    const answered = completesWithin(never(), 10_000, lost.signal);
    lost.abort(new Error('lost'));
    await expect(answered).rejects.toThrow('lost');
    await expect(completesWithin(Promise.resolve(), 10_000, lost.signal)).rejects.toThrow('lost');
  });

  it('ignores a failure of the work when the signal was aborted before', async () => {
    const lost = AbortSignal.abort(new Error('lost'));
    const failing = new Promise<never>((_, reject) => setImmediate(reject, new Error('unhandled')));
    await expect(completesWithin(failing, 10_000, lost)).rejects.toThrow('lost');
    await new Promise((resolve) => setTimeout(resolve, 5));
  });
});

describe('orAborted', () => {
  it('settles as the work does while the signal is not aborted', async () => {
    const { signal } = new AbortController();
    expect(await orAborted(Promise.resolve('ada'), signal)).toBe('ada');
    await expect(orAborted(Promise.reject(new Error('no token')), signal)).rejects.toThrow('no token');
  });

  it('rejects with the reason of the signal', async () => {
    await expect(orAborted(never(), AbortSignal.timeout(5))).rejects.toThrow(/timeout/);
  });
});
