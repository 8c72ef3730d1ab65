import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HOUR_MS } from '../../../../src/lib/time.js';
import {
  blendTrends,
  normalizeScores,
  popularityColumn,
  trendingScores,
  trendingSums,
  type TrendingRow,
} from '../../../../src/scoring/shared/trending.js';

const now = Date.UTC(2026, 5, 15, 12);
const hours = (count: number): number => count * HOUR_MS;
const settings = { windowHours: 24, halfLifeHours: 6, userCap: 8 };
const row = (userKey: string, marketId: string, weight: number, ageHours = 0): TrendingRow => ({
  userKey,
  marketId,
  weight,
  atMs: now - hours(ageHours),
});
const sums = (...rows: TrendingRow[]) => Object.fromEntries(trendingSums(rows, now, settings));

describe('trending', () => {
  it('adds up the weights of distinct users, decayed with a half-life of 6 hours', () => {
    expect(sums(row('ann', 'a', 6), row('bob', 'a', 2, 6), row('bob', 'a', 2, 12))).toEqual({ a: 7.5 });
  });

  it('limits one user to the cap', () => {
    expect(sums(...Array.from({ length: 100 }, () => row('ann', 'a', 6)))).toEqual({ a: 8 });
    expect(sums(row('ann', 'a', 6), row('ann', 'a', 6), row('bob', 'a', 6))).toEqual({ a: 14 });
  });

  it('applies the cap per market and after the decay', () => {
    expect(sums(row('ann', 'a', 6), row('ann', 'b', 6))).toEqual({ a: 6, b: 6 });
    expect(sums(row('ann', 'a', 12, 6))).toEqual({ a: 6 });
  });

  it('ignores weights of 0 or less and omits markets without positive ones', () => {
    expect(sums(row('ann', 'a', 2), row('ann', 'a', -6), row('bob', 'b', -6), row('bob', 'c', 0))).toEqual({
      a: 2,
    });
  });

  it('counts events up to and including the age of the window', () => {
    expect(sums(row('ann', 'a', 16, 24))).toEqual({ a: 1 });
    expect(
      trendingSums([{ ...row('ann', 'a', 16, 24), atMs: now - hours(24) - 1 }], now, settings).size,
    ).toBe(0);
  });

  it('treats an event in the future as current', () => {
    expect(sums(row('ann', 'a', 2, -1))).toEqual({ a: 2 });
  });

  it('divides by the largest sum of the scope', () => {
    const rows = [row('ann', 'a', 6), row('bob', 'a', 2), row('bob', 'b', 2)];
    expect(trendingScores(rows, now, settings)).toEqual(
      new Map([
        ['a', 1],
        ['b', 0.25],
      ]),
    );
  });

  it('never decreases when another user engages', () => {
    const rows = fc.array(
      fc.record({
        userKey: fc.constantFrom('ann', 'bob', 'cid'),
        marketId: fc.constantFrom('a', 'b'),
        weight: fc.double({ min: -6, max: 9, noNaN: true }),
        atMs: fc.integer({ min: now - hours(30), max: now + hours(1) }),
      }),
    );
    fc.assert(
      fc.property(rows, (list) => {
        const before = trendingSums(list, now, settings);
        const after = trendingSums([...list, row('newcomer', 'a', 2)], now, settings);
        expect(after.get('a')).toBeCloseTo((before.get('a') ?? 0) + 2, 9);
        expect(after.get('b')).toBe(before.get('b'));
        for (const score of before.values()) expect(score).toBeLessThanOrEqual(3 * settings.userCap);
      }),
    );
  });
});

describe('normalized scores', () => {
  it('are empty for no scores and 0 for zeros', () => {
    expect(normalizeScores(new Map())).toEqual(new Map());
    expect(normalizeScores(new Map([['a', 0]]))).toEqual(new Map([['a', 0]]));
  });

  it('are each score divided by the largest, which becomes exactly 1', () => {
    const scores = fc.array(fc.double({ min: 0, max: 1e12, noNaN: true }), { minLength: 1 });
    fc.assert(
      fc.property(scores, (list) => {
        const normalized = [...normalizeScores(new Map(list.map((score, i) => [String(i), score]))).values()];
        const largest = Math.max(...list);
        list.forEach((score, i) => {
          expect(normalized[i]).toBe(largest === 0 ? 0 : score / largest);
        });
        expect(Math.max(...normalized)).toBe(largest === 0 ? 0 : 1);
      }),
    );
  });
});

describe('trending blend', () => {
  it('is 0.4 local and 0.6 global', () => {
    expect(blendTrends(0.25, 0.5)).toBeCloseTo(0.35, 12);
  });

  it('is the global trend when the local one is null', () => {
    expect(blendTrends(0.25, null)).toBe(0.25);
  });

  it('treats a local trend of 0 as 0 and not as null', () => {
    expect(blendTrends(0.25, 0)).toBeCloseTo(0.15, 12);
  });
});

describe('popularity', () => {
  it('is on a logarithmic scale relative to the most popular market', () => {
    expect([...popularityColumn(Float64Array.of(0, 1, 3))]).toEqual([0, expect.closeTo(0.5, 12), 1]);
  });

  it('is 0 without activity and for negative counts and NaN', () => {
    expect([...popularityColumn(Float64Array.of(0, 0))]).toEqual([0, 0]);
    expect([...popularityColumn(new Float64Array(0))]).toEqual([]);
    expect([...popularityColumn(Float64Array.of(-3, NaN, 2))]).toEqual([0, 0, 1]);
  });

  it('keeps the order of the counts and is between 0 and 1', () => {
    const count = fc.oneof(fc.constant(0), fc.double({ min: 1e-9, max: 1e9, noNaN: true }));
    const counts = fc.array(count, { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(counts, (userCounts) => {
        const popular = popularityColumn(Float64Array.from(userCounts));
        if (Math.max(...userCounts) > 0) expect(Math.max(...popular)).toBeCloseTo(1, 12);
        for (const [row, one] of userCounts.entries()) {
          expect(popular[row]).toBeGreaterThanOrEqual(0);
          expect(popular[row]).toBeLessThanOrEqual(1 + 1e-12);
          for (const [other, two] of userCounts.entries())
            if (one < two) expect(popular[row]).toBeLessThanOrEqual(popular[other] ?? NaN);
        }
      }),
    );
  });
});
