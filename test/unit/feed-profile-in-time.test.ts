import { expect, it } from 'vitest';
import { profileInTime } from '../../src/feed/profile-in-time.js';
import { emptyProfile } from '../../src/repositories/profile-state.js';
import { recordingLogger } from '../support/log-lines.js';

const ada = emptyProfile('ada');

const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;

it('gives a profile that is there in time, without a word', async () => {
  const { logger, lines } = recordingLogger();
  expect(await profileInTime(() => Promise.resolve(ada), 1_000, logger)).toEqual({
    profile: ada,
    failed: false,
  });
  expect(lines).toEqual([]);
});

it('gives up when reading takes over the time given, and says so once', async () => {
  const { logger, lines } = recordingLogger();
  const reading = await profileInTime(() => new Promise(() => undefined), 5, logger);
  expect(reading).toEqual({ profile: null, failed: true });
  expect(lines).toEqual([
    expect.objectContaining({
      level: 40,
      err: expect.objectContaining({ message: 'The profile took over 5 ms.' }) as unknown,
    }),
  ]);
});

it.each<[string, () => Promise<never>]>([
  ['fails', () => Promise.reject(new Error('no database'))],
  [
    'throws at once',
    () => {
      throw new Error('no database');
    },
  ],
])('gives up when reading %s', async (_, read) => {
  const { logger, lines } = recordingLogger();
  expect(await profileInTime(read, 60_000, logger)).toEqual({ profile: null, failed: true });
  expect(lines).toMatchObject([{ level: 40, err: { message: 'no database' } }]);
});

it('takes no notice of a reading that fails after it gave up', async () => {
  const { logger, lines } = recordingLogger();
  let fail = (): void => undefined;
  const late = new Promise<never>((_, reject) => {
    fail = () => reject(new Error('too late'));
  });
  await profileInTime(() => late, 5, logger);
  fail();
  await expect(late).rejects.toThrow('too late');
  expect(lines).toHaveLength(1);
});

it('leaves no timer behind, whatever the outcome', async () => {
  const { logger } = recordingLogger();
  const before = timers();
  await profileInTime(() => Promise.resolve(ada), 600_000, logger);
  await profileInTime(() => Promise.reject(new Error('no database')), 600_000, logger);
  expect(timers()).toBe(before);
});
