import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededGenerator } from '../../../../../src/feed/selectors/exploration.js';
import type { ExploredRow } from '../../../../../src/feed/selectors/policies/sampler.js';
import { exploreGreedily, inclusionProbability } from '../../../../../src/feed/selectors/policies/greedy.js';

const rowsOf = (count: number): Int32Array => Int32Array.from({ length: count }, (_, row) => row);

/** All subsets of so many of the ranks 1 to `size`. */
function subsets(size: number, count: number, from = 1): number[][] {
  if (count === 0) return [[]];
  return Array.from({ length: size - from + 1 }, (_, index) => from + index).flatMap((first) =>
    subsets(size, count - 1, first + 1).map((rest) => [first, ...rest]),
  );
}

/** The same as `inclusionProbability` by listing all sets of drawn rows. */
function listed(rank: number, size: number, epsilon: number, picks: number): number {
  let total = 0;
  for (let m = 0; m <= picks; m += 1) {
    const sets = subsets(size, m);
    const isIn = sets.filter((drawn) => {
      const left = Array.from({ length: size }, (_, index) => index + 1).filter((r) => !drawn.includes(r));
      return drawn.includes(rank) || left.slice(0, picks - m).includes(rank);
    });
    const positions = subsets(picks, m).length * epsilon ** m * (1 - epsilon) ** (picks - m);
    total += (positions * isIn.length) / sets.length;
  }
  return total;
}

const sampleOf = (values: readonly number[], epsilon: number, picks: number, seed: number): ExploredRow[] =>
  exploreGreedily(rowsOf(values.length), Float64Array.from(values), epsilon, picks, seededGenerator(seed));

describe('greedy exploration', () => {
  it('picks the best row, except with the probability of a uniform draw', () => {
    // 0.9 + 0.1 / 4, and 0.1 / 4.
    expect(inclusionProbability(1, 4, 0.1, 1)).toBeCloseTo(0.925, 12);
    expect(inclusionProbability(2, 4, 0.1, 1)).toBeCloseTo(0.025, 12);
    // For two picks of three at ε = 0.5, the third is in unless no position, or one that draws another, is random:
    // 1/2 · 1/3 + 1/4 · 2/3.
    expect(inclusionProbability(3, 3, 0.5, 2)).toBeCloseTo(1 / 3, 12);
  });

  it('includes a rank with the probability of listing all draws', () => {
    const cases = fc.record({
      size: fc.integer({ min: 1, max: 8 }),
      epsilon: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(cases, fc.nat(7), fc.nat(7), ({ size, epsilon }, a, b) => {
        const [rank, picks] = [1 + (a % size), 1 + (b % size)];
        expect(inclusionProbability(rank, size, epsilon, picks)).toBeCloseTo(
          listed(rank, size, epsilon, picks),
          9,
        );
      }),
      { numRuns: 300 },
    );
  });

  it('has propensities above 0 to 1 that add up to the picks, for any values with ties', () => {
    const values = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(
        values,
        fc.nat(100),
        fc.double({ min: 0.001, max: 1, noNaN: true }),
        fc.nat(),
        (list, most, epsilon, seed) => {
          const picks = 1 + (most % list.length);
          const sampled = sampleOf(list, epsilon, picks, seed);
          expect(new Set(sampled.map(({ row }) => row)).size).toBe(picks);
          let sum = 0;
          for (let rank = 1; rank <= list.length; rank += 1)
            sum += inclusionProbability(rank, list.length, epsilon, picks);
          expect(sum).toBeCloseTo(picks, 6);
          for (const { propensity } of sampled) {
            expect(propensity).toBeGreaterThan(0);
            expect(propensity).toBeLessThanOrEqual(1);
          }
        },
      ),
    );
  });

  it('gives equal values equal propensities: the mean over the ranks that they share', () => {
    const propensityOf = new Map<number, number>();
    for (let seed = 0; seed < 200; seed += 1)
      for (const { row, propensity } of sampleOf([5, 5, 5, 1, 7], 0.2, 2, seed))
        propensityOf.set(row, propensity);
    const atRank = (rank: number): number => inclusionProbability(rank, 5, 0.2, 2);
    expect(propensityOf.get(4)).toBe(atRank(1));
    for (const row of [0, 1, 2])
      expect(propensityOf.get(row)).toBeCloseTo((atRank(2) + atRank(3) + atRank(4)) / 3, 12);
    expect(propensityOf.get(3)).toBe(atRank(5));
  });

  it('is uniform at ε = 1', () => {
    for (const { propensity } of sampleOf([3, 2, 1, 0, 0], 1, 2, 9)) expect(propensity).toBe(2 / 5);
  });

  it('puts the best rows at the positions that are not random, in order', () => {
    expect(sampleOf([1, 4, 2, 3], 1e-9, 3, 5).map(({ row }) => row)).toEqual([1, 3, 2]);
  });
});
