import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoffMs, retryAfterMs } from '../../../src/lib/retry.js';

const NOW_MS = Date.UTC(2026, 5, 15, 12);

describe('backoffMs', () => {
  it('doubles with each failure up to its maximum', () => {
    const limits = { initialMs: 250, maxMs: 30_000 };
    expect([1, 2, 3, 7, 8, 9, 5_000].map((failures) => backoffMs(failures, limits))).toEqual([
      250, 500, 1_000, 16_000, 30_000, 30_000, 30_000,
    ]);
  });

  it('is multiplied by the jitter, after the maximum applies', () => {
    const limits = { initialMs: 50, maxMs: 300 };
    expect([1, 2, 3, 4, 5_000].map((failures) => backoffMs(failures, limits, 0.5))).toEqual([
      25, 50, 100, 150, 150,
    ]);
  });

  it('stays within its bounds for any number of failures', () => {
    const failures = fc.integer({ min: 1, max: 1_000_000 });
    const jitter = fc.double({ min: 0.5, max: 1, noNaN: true });
    const limits = { initialMs: 250, maxMs: 30_000 };
    fc.assert(
      fc.property(failures, jitter, (count, factor) => {
        const withoutJitter = backoffMs(count, limits);
        expect(withoutJitter).toBeLessThanOrEqual(30_000);
        expect(backoffMs(count, limits, factor)).toBeLessThanOrEqual(withoutJitter);
        expect(backoffMs(count, limits, factor)).toBeGreaterThanOrEqual(withoutJitter / 2);
      }),
    );
  });
});

describe('retryAfterMs', () => {
  it.each([
    ['90', 90_000],
    [' 0 ', 0],
    [new Date(NOW_MS + 90_000).toUTCString(), 90_000],
    [new Date(NOW_MS - 90_000).toUTCString(), -90_000],
  ])('reads a number of seconds or a date: %j', (header, delayMs) => {
    expect(retryAfterMs(header, NOW_MS)).toBe(delayMs);
  });

  it.each([null, undefined, '', 'soon', '-5', '1.5', '2027-01-01', 'Mon, 99 Foo 2026 12:00:00 GMT'])(
    'is undefined for anything else: %j',
    (header) => {
      expect(retryAfterMs(header, NOW_MS)).toBeUndefined();
    },
  );
});
