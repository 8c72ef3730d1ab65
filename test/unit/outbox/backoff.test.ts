import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoffMs } from '../../../src/outbox/backoff.js';

describe('sink back-off', () => {
  it('doubles from 250 ms up to 30 s', () => {
    expect([1, 2, 3, 7, 8, 9].map((failures) => backoffMs(failures, 0))).toEqual([
      250, 500, 1_000, 16_000, 30_000, 30_000,
    ]);
  });

  it('is never more than 30 s nor less than half of what it is without chance, however often a sink failed', () => {
    const failures = fc.integer({ min: 1, max: 1_000_000 });
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(failures, random, (count, chance) => {
        const most = backoffMs(count, 0);
        expect(most).toBeLessThanOrEqual(30_000);
        expect(backoffMs(count, chance)).toBeLessThanOrEqual(most);
        expect(backoffMs(count, chance)).toBeGreaterThanOrEqual(most / 2);
      }),
    );
  });
});
