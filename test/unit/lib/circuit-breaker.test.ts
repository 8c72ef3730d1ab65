import { expect, it } from 'vitest';
import { CircuitBreaker } from '../../../src/lib/circuit-breaker.js';
import { recordingLogger } from '../../support/log-lines.js';

const works = () => Promise.resolve('ada');
const fails = () => Promise.reject(new Error('no database'));

function newBreaker() {
  const clock = { nowMs: Date.UTC(2026, 5, 15, 12) };
  const { logger, lines } = recordingLogger();
  const breaker = new CircuitBreaker({ name: 'profiles', clock: () => clock.nowMs, logger });
  const failTimes = async (times: number): Promise<void> => {
    for (let time = 0; time < times; time += 1) expect(await breaker.call(fails)).toEqual({ failed: true });
  };
  /** Whether the breaker makes the call. */
  const makesCall = async (work: () => Promise<unknown> = works): Promise<boolean> => {
    let isCalled = false;
    await breaker.call(() => {
      isCalled = true;
      return work();
    });
    return isCalled;
  };
  return { breaker, clock, lines, failTimes, makesCall };
}

it('returns the value of a successful call and logs nothing', async () => {
  const { breaker, lines } = newBreaker();
  expect(await breaker.call(works)).toEqual({ failed: false, value: 'ada' });
  expect(lines).toEqual([]);
});

it('opens after five consecutive failures, and logs it once with the cause', async () => {
  const { lines, failTimes, makesCall } = newBreaker();
  await failTimes(4);
  expect(lines).toEqual([]);
  expect(await makesCall(fails)).toBe(true);
  expect(await makesCall()).toBe(false);
  await failTimes(10);
  expect(lines).toMatchObject([
    {
      level: 40,
      msg: 'circuit breaker opened; serving without this dependency',
      dependency: 'profiles',
      err: { message: 'no database' },
    },
  ]);
});

it('resets the failure count after a success', async () => {
  const { failTimes, makesCall } = newBreaker();
  await failTimes(4);
  await makesCall();
  await failTimes(4);
  expect(await makesCall()).toBe(true);
});

it('probes 1 s after opening and 1 s after each failed probe, until one succeeds', async () => {
  const { clock, lines, failTimes, makesCall } = newBreaker();
  await failTimes(5);
  clock.nowMs += 999;
  expect(await makesCall()).toBe(false);
  clock.nowMs += 1;
  expect(await makesCall(fails)).toBe(true);
  expect(await makesCall()).toBe(false);
  clock.nowMs += 999;
  expect(await makesCall()).toBe(false);
  clock.nowMs += 1;
  expect(await makesCall()).toBe(true);
  expect(await makesCall()).toBe(true);
  expect(lines).toMatchObject([{ level: 40 }, { level: 30, msg: 'circuit breaker closed' }]);
});

it('makes one probe at a time, however long it takes', async () => {
  const { breaker, clock, failTimes, makesCall } = newBreaker();
  await failTimes(5);
  clock.nowMs += 1_000;
  let answer = (): void => undefined;
  const probe = breaker.call(() => new Promise<string>((resolve) => (answer = () => resolve('ada'))));
  clock.nowMs += 5_000;
  expect(await makesCall()).toBe(false);
  answer();
  expect(await probe).toEqual({ failed: false, value: 'ada' });
  expect(await makesCall()).toBe(true);
});

it('does not delay the probe when a call that began before it opened fails', async () => {
  const { breaker, clock, failTimes, makesCall } = newBreaker();
  let fail = (): void => undefined;
  const early = breaker.call(() => new Promise((_, reject) => (fail = () => reject(new Error('late')))));
  await failTimes(5);
  clock.nowMs += 999;
  fail();
  expect(await early).toEqual({ failed: true });
  clock.nowMs += 1;
  expect(await makesCall()).toBe(true);
});
