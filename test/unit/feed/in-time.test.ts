import { expect, it } from 'vitest';
import { inTime } from '../../../src/feed/in-time.js';

const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;

it('gives what is there in time', async () => {
  expect(await inTime(() => Promise.resolve('ada'), 1_000)).toBe('ada');
});

it('gives up when reading takes over the time given', async () => {
  await expect(inTime(() => new Promise(() => undefined), 5)).rejects.toThrow('Reading took over 5 ms.');
});

it.each<[string, () => Promise<never>]>([
  ['fails', () => Promise.reject(new Error('no database'))],
  [
    'throws at once',
    () => {
      throw new Error('no database');
    },
  ],
])('rejects with the cause when reading %s', async (_, read) => {
  await expect(inTime(read, 60_000)).rejects.toThrow('no database');
});

it('takes no notice of a reading that fails after it gave up', async () => {
  let fail = (): void => undefined;
  const late = new Promise<never>((_, reject) => {
    fail = () => reject(new Error('too late'));
  });
  await expect(inTime(() => late, 5)).rejects.toThrow('took over');
  fail();
  await expect(late).rejects.toThrow('too late');
});

it('leaves no timer behind, whatever the outcome', async () => {
  const before = timers();
  await inTime(() => Promise.resolve('ada'), 600_000);
  await expect(inTime(() => Promise.reject(new Error('no database')), 600_000)).rejects.toThrow();
  expect(timers()).toBe(before);
});
