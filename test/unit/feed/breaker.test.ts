import { expect, it } from 'vitest';
import { Breaker } from '../../../src/feed/breaker.js';
import { recordingLogger } from '../../support/log-lines.js';
import { NOON_MS } from '../../support/profile-events.js';

const works = () => Promise.resolve('ada');
const fails = () => Promise.reject(new Error('no database'));

function newBreaker() {
  const clock = { nowMs: NOON_MS };
  const { logger, lines } = recordingLogger();
  const breaker = new Breaker({ name: 'profiles', clock: () => clock.nowMs, logger });
  const failTimes = async (times: number): Promise<void> => {
    for (let time = 0; time < times; time += 1) expect(await breaker.read(fails)).toEqual({ failed: true });
  };
  /** Whether it asks at all. */
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

it('gives what was read, and says nothing', async () => {
  const { breaker, lines } = newBreaker();
  expect(await breaker.read(works)).toEqual({ failed: false, value: 'ada' });
  expect(lines).toEqual([]);
});

it('opens after five failures in a row, and says so once with the cause', async () => {
  const { lines, failTimes, asks } = newBreaker();
  await failTimes(4);
  expect(lines).toEqual([]);
  expect(await asks(fails)).toBe(true);
  expect(await asks()).toBe(false);
  await failTimes(10);
  expect(lines).toMatchObject([
    { level: 40, msg: 'profiles cannot be read; feeds do without them', err: { message: 'no database' } },
  ]);
});

it('counts anew after a success', async () => {
  const { failTimes, asks } = newBreaker();
  await failTimes(4);
  await asks();
  await failTimes(4);
  expect(await asks()).toBe(true);
});

it('tries again after a second, and every second, until it works', async () => {
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
  expect(lines).toMatchObject([{ level: 40 }, { level: 30, msg: 'profiles can be read again' }]);
});

it('has one probe at a time, however long it takes', async () => {
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

it('is not kept open by failures of readings that began before it opened', async () => {
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
