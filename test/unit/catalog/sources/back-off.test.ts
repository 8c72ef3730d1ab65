import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { retryAtMs } from '../../../../src/catalog/sources/back-off.js';

const STARTED_MS = Date.UTC(2026, 5, 15, 12);
const FAILED_MS = STARTED_MS + 5_000;
const DAY_SECONDS = 86_400;

const secondsAfterStart = (failures: number, everySeconds: number): number =>
  (retryAtMs({ failures, everySeconds, startedMs: STARTED_MS, failedMs: FAILED_MS, retryAfter: undefined }) -
    STARTED_MS) /
  1_000;

const secondsAfterFailure = (retryAfter: string): number =>
  (retryAtMs({
    ...{ failures: 1, everySeconds: 60, startedMs: STARTED_MS, failedMs: FAILED_MS, retryAfter },
  }) -
    FAILED_MS) /
  1_000;

describe('when a source that failed is asked again', () => {
  it('grows with each failure, from the usual pause to an hour', () => {
    expect([1, 2, 3, 4, 7, 2_000].map((failures) => secondsAfterStart(failures, 60))).toEqual([
      ...[59, 119, 239, 479, 3_599, 3_599],
    ]);
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5_000 }),
        fc.integer({ min: 10, max: 86_400 }),
        (failures, every) => {
          const pause = secondsAfterStart(failures, every);
          expect(pause).toBeGreaterThanOrEqual(Math.min(every, 3_600) - 1);
          expect(pause).toBeLessThanOrEqual(3_599);
          expect(secondsAfterStart(failures + 1, every)).toBeGreaterThanOrEqual(pause);
        },
      ),
    );
  });

  it.each([
    ['a number of seconds', '90', 90],
    ['a date', new Date(FAILED_MS + 90_000).toUTCString(), 90],
    ['a date that is over', new Date(FAILED_MS - 90_000).toUTCString(), -90],
    ['an age', '99999999999999999999', DAY_SECONDS],
    ['a year', new Date(FAILED_MS + 365 * DAY_SECONDS * 1_000).toUTCString(), DAY_SECONDS],
  ])('is when its server says, by %s, within a day', (_, retryAfter, seconds) => {
    expect(secondsAfterFailure(retryAfter)).toBe(seconds);
  });

  it.each(['soon', '', '-5', '1.5', '2027-01-01', 'Mon, 99 Foo 2026 12:00:00 GMT'])(
    'is as without a Retry-After when that says %j',
    (retryAfter) => {
      expect(secondsAfterFailure(retryAfter)).toBe(54);
    },
  );
});
