import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareRanked, type RankKey } from '../../../../src/scoring/shared/rank-order.js';

const ids = (keys: RankKey[]): string[] => keys.toSorted(compareRanked).map(({ id }) => id);
const key = (id: string, final: number, volumeTotal = 0): RankKey => ({ id, final, volumeTotal });

const numbers = fc.oneof(fc.constantFrom(0, -0, 1, 2, NaN, Infinity, -Infinity), fc.double());
const keys = fc.record({ id: fc.string({ maxLength: 3 }), final: numbers, volumeTotal: numbers });

describe('rank order', () => {
  it('sorts by score, then volume, then id', () => {
    expect(ids([key('d', 1, 5), key('c', 2, 1), key('b', 1, 9), key('a', 1, 5)])).toEqual([
      'c',
      'b',
      'a',
      'd',
    ]);
  });

  it('compares ids by code unit and not by locale', () => {
    expect(ids([key('é', 0), key('b', 0), key('a', 0), key('B', 0), key('10', 0), key('9', 0)])).toEqual([
      '10',
      '9',
      'B',
      'a',
      'b',
      'é',
    ]);
  });

  it('puts scores that are not finite last, ordered by volume and id', () => {
    const list = [
      key('nan', NaN, 1),
      key('inf', Infinity, 2),
      key('low', -1e300),
      key('minus', -Infinity, 2),
    ];
    expect(ids(list)).toEqual(['low', 'inf', 'minus', 'nan']);
  });

  it('puts volumes that are not finite after finite ones', () => {
    expect(ids([key('nan', 1, NaN), key('zero', 1, 0), key('inf', 1, Infinity)])).toEqual([
      'zero',
      'inf',
      'nan',
    ]);
  });

  it('is a total order: antisymmetric, transitive, and equal only for the same id', () => {
    fc.assert(
      fc.property(keys, keys, keys, (a, b, c) => {
        expect(Math.sign(compareRanked(a, b)) + Math.sign(compareRanked(b, a))).toBe(0);
        if (compareRanked(a, b) <= 0 && compareRanked(b, c) <= 0) {
          expect(compareRanked(a, c)).toBeLessThanOrEqual(0);
        }
        if (a.id !== b.id) expect(compareRanked(a, b)).not.toBe(0);
        expect(compareRanked(a, a)).toBe(0);
      }),
    );
  });

  it('gives the same result for every permutation', () => {
    const shuffled = fc
      .uniqueArray(keys, { selector: ({ id }) => id, maxLength: 12 })
      .chain((list) =>
        fc.tuple(
          fc.constant(list),
          fc.shuffledSubarray(list, { minLength: list.length, maxLength: list.length }),
        ),
      );
    fc.assert(
      fc.property(shuffled, ([list, permuted]) => {
        expect(ids(permuted)).toEqual(ids(list));
      }),
    );
  });
});
