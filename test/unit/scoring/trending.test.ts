import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalizeScores } from '../../../src/scoring/shared/normalize-scores.js';
import { trendingScores, trendingSums, type TrendingRow } from '../../../src/scoring/shared/trending.js';

const now = Date.UTC(2026, 5, 15, 12);
const hours = (count: number): number => count * 3_600_000;
const settings = { windowHours: 24, halfLifeHours: 6, userCap: 8 };
const row = (userKey: string, marketId: string, weight: number, ageHours = 0): TrendingRow => ({
  userKey,
  marketId,
  weight,
  atMs: now - hours(ageHours),
});
const sums = (...rows: TrendingRow[]) => Object.fromEntries(trendingSums(rows, now, settings));

describe('the trend of a market', () => {
  it('adds up what distinct people did, each event halved every 6 hours', () => {
    expect(sums(row('ann', 'a', 6), row('bob', 'a', 2, 6), row('bob', 'a', 2, 12))).toEqual({ a: 7.5 });
  });

  it('lets one busy person count no more than the cap', () => {
    expect(sums(...Array.from({ length: 100 }, () => row('ann', 'a', 6)))).toEqual({ a: 8 });
    expect(sums(row('ann', 'a', 6), row('ann', 'a', 6), row('bob', 'a', 6))).toEqual({ a: 14 });
  });

  it('caps a person market by market, after the decay', () => {
    expect(sums(row('ann', 'a', 6), row('ann', 'b', 6))).toEqual({ a: 6, b: 6 });
    expect(sums(row('ann', 'a', 12, 6))).toEqual({ a: 6 });
  });

  it('takes nothing off for dislike, and leaves out markets with nothing else', () => {
    expect(sums(row('ann', 'a', 2), row('ann', 'a', -6), row('bob', 'b', -6), row('bob', 'c', 0))).toEqual({
      a: 2,
    });
  });

  it('counts events up to an age of exactly the window', () => {
    expect(sums(row('ann', 'a', 16, 24))).toEqual({ a: 1 });
    expect(
      trendingSums([{ ...row('ann', 'a', 16, 24), atMs: now - hours(24) - 1 }], now, settings).size,
    ).toBe(0);
  });

  it('counts an event from a clock that is ahead as of now', () => {
    expect(sums(row('ann', 'a', 2, -1))).toEqual({ a: 2 });
  });

  it('is divided by the largest of the scope', () => {
    const rows = [row('ann', 'a', 6), row('bob', 'a', 2), row('bob', 'b', 2)];
    expect(trendingScores(rows, now, settings)).toEqual(
      new Map([
        ['a', 1],
        ['b', 0.25],
      ]),
    );
  });

  it('never falls when another person joins in', () => {
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

describe('normalizing scores', () => {
  it('of nothing gives nothing, and of zeros zeros', () => {
    expect(normalizeScores(new Map())).toEqual(new Map());
    expect(normalizeScores(new Map([['a', 0]]))).toEqual(new Map([['a', 0]]));
  });

  it('keeps order and range, the largest being exactly 1', () => {
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
