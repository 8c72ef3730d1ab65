import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { closing } from '../../../../src/scoring/v2/closing.js';
import { followupV2 } from '../../../../src/scoring/v2/followup-v2.js';
import { freshnessV2 } from '../../../../src/scoring/v2/freshness-v2.js';
import { daysSince, halving } from '../../../../src/scoring/v2/halving.js';
import { inverseFrequency } from '../../../../src/scoring/v2/inverse-frequency.js';
import { logit } from '../../../../src/scoring/v2/logit.js';
import { newsV2 } from '../../../../src/scoring/v2/news-v2.js';
import { sportsV2 } from '../../../../src/scoring/v2/sports-v2.js';
import { unitRange } from '../../../../src/scoring/v2/unit-range.js';
import { CONSTANTS, DAY_MS, HOUR_MS, NOW_MS } from '../../../support/scoring-v2.js';

describe('halving', () => {
  it('is exact for whole half-lives, and 0 in the end', () => {
    expect([0, 10, 20, 30, 10_000, Infinity].map((elapsed) => halving(elapsed, 10))).toEqual([
      ...[1, 0.5, 0.25, 0.125],
      ...[2 ** -1_000, 0],
    ]);
    expect(halving(10_001, 10)).toBe(0);
  });

  it('is 2^(−elapsed / halfLife) to within 3e-13 of it, and never rises', () => {
    const elapsed = fc.double({ min: 0, max: 990, noNaN: true });
    fc.assert(
      fc.property(elapsed, elapsed, (one, other) => {
        const exact = 2 ** -one;
        expect(Math.abs(halving(one, 1) - exact)).toBeLessThanOrEqual(3e-13 * exact);
        if (one - other > 1e-9) expect(halving(one, 1)).toBeLessThan(halving(other, 1));
      }),
    );
  });

  it('counts the days since an instant, none for one to come or unknown', () => {
    expect(daysSince(NOW_MS - 1.5 * DAY_MS, NOW_MS)).toBe(1.5);
    expect([NOW_MS + 1, NaN].map((earlierMs) => daysSince(earlierMs, NOW_MS))).toEqual([0, 0]);
  });
});

describe('freshness', () => {
  const at = (ageDays: number) => freshnessV2(NOW_MS - ageDays * DAY_MS, NOW_MS, CONSTANTS.freshness);

  it('is a half after a day, a quarter after three, and never quite none', () => {
    expect([0, 1, 3].map(at)).toEqual([1, 0.5, 0.25]);
    expect(at(9)).toBeCloseTo(0.1, 12);
    expect(at(100_000)).toBeCloseTo(1 / 100_001, 12);
    expect(at(100_000)).toBeGreaterThan(0);
  });

  it('is a half at the age that the config says', () => {
    expect(freshnessV2(NOW_MS - 4 * DAY_MS, NOW_MS, { halfAfterDays: 4 })).toBe(0.5);
  });

  it('takes a creation to come as age 0, and an unknown one as infinitely old', () => {
    expect([at(-3), at(NaN), at(Infinity)]).toEqual([1, 0, 0]);
  });

  it('only falls with age, and stays within 0 and 1', () => {
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
  it('has steps at a day, a week, a month and three months, each bound included', () => {
    const days = [0, 1, 7, 30, 90].flatMap((bound) => [bound, bound + 0.001]);
    expect(days.map((left) => closing(NOW_MS + left * DAY_MS, NOW_MS))).toEqual([
      ...[1, 1, 1, 0.8, 0.8, 0.5],
      ...[0.5, 0.25, 0.25, 0.1],
    ]);
  });

  it('is least for a market that is over or has no end', () => {
    expect([NOW_MS - 1, Infinity, -Infinity, NaN].map((end) => closing(end, NOW_MS))).toEqual(
      Array(4).fill(0.1),
    );
  });
});

describe('news and sports', () => {
  it('lift news in full for a day and less for a week', () => {
    const at = (ageHours: number) => newsV2(1, NOW_MS - ageHours * HOUR_MS, NOW_MS);
    expect([-1, 0, 23.999, 24, 167.999, 168].map(at)).toEqual([1, 1, 1, 0.625, 0.625, 0]);
    expect(newsV2(0, NOW_MS, NOW_MS)).toBe(0);
  });

  it('lift a match that is one to three days away', () => {
    const at = (hoursLeft: number) => sportsV2(1, NOW_MS + hoursLeft * HOUR_MS, NOW_MS);
    expect([23.999, 24, 72, 72.001, Infinity].map(at)).toEqual([0, 1, 1, 0, 0]);
    expect(sportsV2(0, NOW_MS + 48 * HOUR_MS, NOW_MS)).toBe(0);
  });
});

describe('followup', () => {
  it('is the move in log-odds, 1 at most', () => {
    const fullMove = 1 / (1 + Math.exp(-1));
    expect(followupV2(fullMove, 0.5)).toBeCloseTo(1, 12);
    expect(followupV2(0.5, 0.6)).toBeCloseTo(Math.log(0.6 / 0.4), 12);
    expect([followupV2(0.5, 0.5), followupV2(0.1, 0.9)]).toEqual([0, 1]);
  });

  it('clamps odds at one and 99 percent, so that 0 and 1 are not infinitely far', () => {
    expect(logit(0)).toBe(logit(0.01));
    expect(logit(1)).toBe(logit(0.99));
    expect(logit(0.99)).toBeCloseTo(Math.log(99), 12);
    expect(followupV2(0.003, 0)).toBe(0);
  });

  it('is 0 when either probability is unknown', () => {
    expect([followupV2(NaN, 0.5), followupV2(0.5, NaN)]).toEqual([0, 0]);
  });
});

describe('what a topic or word says', () => {
  it('is more the fewer have it, and above 0 for all', () => {
    expect(inverseFrequency(100, 100)).toBe(Math.log(2));
    expect(inverseFrequency(100, 1)).toBe(Math.log(101));
    expect(inverseFrequency(100, 0)).toBe(Math.log(101));
    expect(inverseFrequency(0, 0)).toBe(Math.log(2));
  });
});

describe('the unit range', () => {
  it('holds everything, and nothing for what is not a number', () => {
    expect([-1, 0, 0.3, 1, 2, Infinity, -Infinity, NaN].map(unitRange)).toEqual([0, 0, 0.3, 1, 1, 1, 0, 0]);
  });
});
