import { describe, expect, it } from 'vitest';
import {
  hitAt,
  intraListDiversity,
  ndcgAt,
  novelty,
  reciprocalRank,
} from '../../../src/evaluation/metrics.js';

describe('nDCG with one relevant market', () => {
  it.each([
    [1, 1],
    [2, 1 / Math.log2(3)],
    [3, 0.5],
    [7, 1 / 3],
    [10, 1 / Math.log2(11)],
    [11, 0],
  ])('at 10 is, for rank %i, %f', (rank, expected) => {
    expect(ndcgAt(10, rank)).toBeCloseTo(expected, 12);
  });

  it('counts only the first k', () => {
    expect(ndcgAt(3, 4)).toBe(0);
    expect(ndcgAt(4, 4)).toBeGreaterThan(0);
  });
});

it('hitAt is 1 when the relevant market is among the first k', () => {
  expect([1, 5, 6].map((rank) => hitAt(5, rank))).toEqual([1, 1, 0]);
});

it('reciprocalRank has no limit on the rank', () => {
  expect([1, 4, 1000].map(reciprocalRank)).toEqual([1, 0.25, 0.001]);
});

describe('intra-list diversity', () => {
  const sets = (...topics: number[][]) => topics.map((each) => new Set(each));

  it('is 0 when all topics are the same and 1 when none are', () => {
    expect(intraListDiversity(sets([1, 2], [1, 2], [2, 1]))).toBe(0);
    expect(intraListDiversity(sets([1], [2], [3, 4]))).toBe(1);
  });

  it('is 1 minus the mean similarity of the pairs', () => {
    // Jaccard of the pairs: 1/3, 0 and 1/3.
    expect(intraListDiversity(sets([1, 2], [2, 3], [3, 4]))).toBeCloseTo(1 - 2 / 9, 12);
  });

  it('is 1 for a list without pairs', () => {
    expect(intraListDiversity(sets([1]))).toBe(1);
    expect(intraListDiversity([])).toBe(1);
  });
});

describe('novelty', () => {
  it('is the mean self-information in bits', () => {
    // (3 + 1)/(7 + 1) is 1 bit, (0 + 1)/(7 + 1) is 3.
    expect(novelty([3, 0], 7)).toBeCloseTo(2, 12);
  });

  it('is 0 when every user has engaged with every item, and for an empty list', () => {
    expect(novelty([7, 7], 7)).toBeCloseTo(0, 12);
    expect(novelty([], 7)).toBe(0);
  });
});
