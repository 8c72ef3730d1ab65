import { describe, expect, it } from 'vitest';
import { Breaker, inTime } from '../../../../src/feed/hydrators/bounded-read.js';
import { recordingLogger } from '../../../support/log-lines.js';
import { NOON_MS } from '../../../support/profile-events.js';

const works = () => Promise.resolve('ada');
const fails = () => Promise.reject(new Error('no database'));

function newBreaker() {
  const clock = { nowMs: NOON_MS };
  const { logger, lines } = recordingLogger();
  const breaker = new Breaker({ name: 'profiles', clock: () => clock.nowMs, logger });
  const failTimes = async (times: number): Promise<void> => {
    for (let time = 0; time < times; time += 1) expect(await breaker.read(fails)).toEqual({ failed: true });
  };
  /** Whether the breaker calls the work. */
  const asks = async (work: () => Promise<unknown> = works): Promise<boolean> => {
    let asked = false;
    await breaker.read(() => {
      asked = true;
      return work();
    });
    return asked;
  };
  return { breaker, clock, lines, failTimes, asks };
}

describe('the circuit breaker', () => {
  it('returns the value and logs nothing on success', async () => {
    const { breaker, lines } = newBreaker();
    expect(await breaker.read(works)).toEqual({ failed: false, value: 'ada' });
    expect(lines).toEqual([]);
  });

  it('opens after 5 failures in a row and logs the cause once', async () => {
    const { lines, failTimes, asks } = newBreaker();
    await failTimes(4);
    expect(lines).toEqual([]);
    expect(await asks(fails)).toBe(true);
    expect(await asks()).toBe(false);
    await failTimes(10);
    expect(lines).toMatchObject([{ level: 40, dependency: 'profiles', err: { message: 'no database' } }]);
  });

  it('resets the failure count on success', async () => {
    const { failTimes, asks } = newBreaker();
    await failTimes(4);
    await asks();
    await failTimes(4);
    expect(await asks()).toBe(true);
  });

  it('probes every second until a probe succeeds', async () => {
    const { clock, lines, failTimes, asks } = newBreaker();
    await failTimes(5);
    clock.nowMs += 999;
    expect(await asks()).toBe(false);
    clock.nowMs += 1;
    expect(await asks(fails)).toBe(true);
    expect(await asks()).toBe(false);
    clock.nowMs += 999;
    expect(await asks()).toBe(false);
    clock.nowMs += 1;
    expect(await asks()).toBe(true);
    expect(await asks()).toBe(true);
    expect(lines).toMatchObject([{ level: 40 }, { level: 30, dependency: 'profiles' }]);
  });

  it('sends one probe at a time, however long it takes', async () => {
    const { breaker, clock, failTimes, asks } = newBreaker();
    await failTimes(5);
    clock.nowMs += 1_000;
    let answer = (): void => undefined;
    const probe = breaker.read(() => new Promise<string>((resolve) => (answer = () => resolve('ada'))));
    clock.nowMs += 5_000;
    expect(await asks()).toBe(false);
    answer();
    expect(await probe).toEqual({ failed: false, value: 'ada' });
    expect(await asks()).toBe(true);
  });

  it('does not postpone the probe for failures of reads that began before it opened', async () => {
    const { breaker, clock, failTimes, asks } = newBreaker();
    let fail = (): void => undefined;
    const early = breaker.read(() => new Promise((_, reject) => (fail = () => reject(new Error('late')))));
    await failTimes(5);
    clock.nowMs += 999;
    fail();
    expect(await early).toEqual({ failed: true });
    clock.nowMs += 1;
    expect(await asks()).toBe(true);
  });
});

describe('inTime', () => {
  const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;

  it('returns a result that arrives in time', async () => {
    expect(await inTime(() => Promise.resolve('ada'), 1_000)).toBe('ada');
  });

  it('rejects with a timeout when the read takes longer', async () => {
    await expect(inTime(() => new Promise(() => undefined), 5)).rejects.toThrow('The read took over 5 ms.');
  });

  it.each<[string, () => Promise<never>]>([
    ['rejects', () => Promise.reject(new Error('no database'))],
    [
      'throws synchronously',
      () => {
        throw new Error('no database');
      },
    ],
  ])('rejects with the cause when the read %s', async (_, read) => {
    await expect(inTime(read, 60_000)).rejects.toThrow('no database');
  });

  it('ignores a read that fails after the timeout', async () => {
    let fail = (): void => undefined;
    const late = new Promise<never>((_, reject) => {
      fail = () => reject(new Error('too late'));
    });
    await expect(inTime(() => late, 5)).rejects.toThrow('took over');
    fail();
    await expect(late).rejects.toThrow('too late');
  });

  it('leaves no timer, whatever the outcome', async () => {
    const before = timers();
    await inTime(() => Promise.resolve('ada'), 600_000);
    await expect(inTime(() => Promise.reject(new Error('no database')), 600_000)).rejects.toThrow();
    expect(timers()).toBe(before);
  });
});
