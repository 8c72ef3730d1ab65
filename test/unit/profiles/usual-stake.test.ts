import fc from 'fast-check';
import { expect, it } from 'vitest';
import { usualStake as ofLifetime, type UsualStake } from '../../../src/profiles/profile-service.js';
import type { LifetimeState, StakeState } from '../../../src/domain/profile.js';
import { NOON_MS } from '../../support/profile-events.js';

/** Stakes of one category, newest first. */
const staked = (category: string, ...stakes: number[]): StakeState[] =>
  stakes.map((stake, index) => ({ category, stake, atMs: NOON_MS - index }));

const usualStake = (
  stakes: readonly StakeState[],
  topics: LifetimeState['topics'] = new Map(),
): UsualStake | null => ofLifetime({ stakes, topics });

it('is null without stakes', () => {
  expect(usualStake([])).toBeNull();
});

it.each([
  [[7], 7],
  [[100, 1, 10], 10],
  [[1, 1_000, 10, 20], 15],
  [[9, 100], 54.5],
  [[2, 10, 9], 9],
  [[1.7e308, 1.7e308], 1.7e308],
])('is the median of %j', (stakes, median) => {
  const byCategory = [{ category: 'sports', topicKey: 'sports', stake: median }];
  expect(usualStake(staked('sports', ...stakes))).toEqual({ overall: median, byCategory });
});

it('uses the last 20 stakes overall, and the last 20 of each category', () => {
  const newest = staked('sports', ...Array.from({ length: 20 }, () => 5));
  const before = staked('crypto', ...Array.from({ length: 20 }, () => 100), 9_999, 9_999);
  expect(usualStake([...newest, ...staked('sports', 800, 800), ...before])).toEqual({
    overall: 5,
    byCategory: [
      { category: 'crypto', topicKey: 'crypto', stake: 100 },
      { category: 'sports', topicKey: 'sports', stake: 5 },
    ],
  });
});

it('is between the smallest and the largest stake, with at most half of the stakes on either side', () => {
  const stake = fc.double({ min: 0.01, max: 1e9, noNaN: true });
  fc.assert(
    fc.property(fc.array(stake, { minLength: 1, maxLength: 20 }), (stakes) => {
      const overall = usualStake(staked('sports', ...stakes))?.overall ?? NaN;
      expect(overall).toBeGreaterThanOrEqual(Math.min(...stakes));
      expect(overall).toBeLessThanOrEqual(Math.max(...stakes));
      expect(stakes.filter((value) => value < overall).length).toBeLessThanOrEqual(stakes.length / 2);
      expect(stakes.filter((value) => value > overall).length).toBeLessThanOrEqual(stakes.length / 2);
    }),
  );
});

it('does not change its input', () => {
  const stakes = Object.freeze(staked('sports', 3, 1, 2));
  expect(usualStake(stakes)?.overall).toBe(2);
});

it('names a category as first written', () => {
  const sports = {
    kind: 'CATEGORY',
    key: 'sports',
    label: 'Sports',
    points: 1,
    dwellMsTotal: 0,
    dwellEvents: 0,
  } as const;
  const [category] =
    usualStake(staked('sports', 3), new Map([['CATEGORY:sports', sports]]))?.byCategory ?? [];
  expect(category).toEqual({ category: 'Sports', topicKey: 'sports', stake: 3 });
});
