import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS } from '../../../../../src/lib/time.js';
import { closing, freshness, news, sports } from '../../../../../src/scoring/v2/components/timing.js';
import { CONSTANTS, NOW_MS } from '../../../../support/scoring-v2.js';

describe('freshness', () => {
  const at = (ageDays: number) => freshness(NOW_MS - ageDays * DAY_MS, NOW_MS, CONSTANTS.freshness);

  it('is 1/2 after one day, 1/4 after three, and always above 0', () => {
    expect([0, 1, 3].map(at)).toEqual([1, 0.5, 0.25]);
    expect(at(9)).toBeCloseTo(0.1, 12);
    expect(at(100_000)).toBeCloseTo(1 / 100_001, 12);
    expect(at(100_000)).toBeGreaterThan(0);
  });

  it('is 1/2 at the configured age', () => {
    expect(freshness(NOW_MS - 4 * DAY_MS, NOW_MS, { halfAfterDays: 4 })).toBe(0.5);
  });

  it('treats a future creation as age 0 and an unknown one as infinite age', () => {
    expect([at(-3), at(NaN), at(Infinity)]).toEqual([1, 0, 0]);
  });

  it('never increases with age and is between 0 and 1', () => {
    const days = fc.double({ min: -10, max: 10_000, noNaN: true });
    fc.assert(
      fc.property(days, days, (one, other) => {
        const [younger, older] = [at(Math.min(one, other)), at(Math.max(one, other))];
        expect(older).toBeLessThanOrEqual(younger);
        expect(older).toBeGreaterThanOrEqual(0);
        expect(younger).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('closing', () => {
  it('has steps at 1, 7, 30 and 90 days, each bound included', () => {
    const days = [0, 1, 7, 30, 90].flatMap((bound) => [bound, bound + 0.001]);
    expect(days.map((left) => closing(NOW_MS + left * DAY_MS, NOW_MS))).toEqual([
      ...[1, 1, 1, 0.8, 0.8, 0.5],
      ...[0.5, 0.25, 0.25, 0.1],
    ]);
  });

  it('is 0.1 for a market that is past its end or has none', () => {
    expect([NOW_MS - 1, Infinity, -Infinity, NaN].map((end) => closing(end, NOW_MS))).toEqual(
      Array(4).fill(0.1),
    );
  });
});

describe('news and sports', () => {
  it('boost news by 1 for a day and by 0.625 for a week', () => {
    const at = (ageHours: number) => news(1, NOW_MS - ageHours * HOUR_MS, NOW_MS);
    expect([-1, 0, 23.999, 24, 167.999, 168].map(at)).toEqual([1, 1, 1, 0.625, 0.625, 0]);
    expect(news(0, NOW_MS, NOW_MS)).toBe(0);
  });

  it('boost a match that is 24 to 72 hours away', () => {
    const at = (hoursLeft: number) => sports(1, NOW_MS + hoursLeft * HOUR_MS, NOW_MS);
    expect([23.999, 24, 72, 72.001, Infinity].map(at)).toEqual([0, 1, 1, 0, 0]);
    expect(sports(0, NOW_MS + 48 * HOUR_MS, NOW_MS)).toBe(0);
  });
});
