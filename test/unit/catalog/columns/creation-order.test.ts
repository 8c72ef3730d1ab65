import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { creationOrderOfSubset, creationOrderWork } from '../../../../src/catalog/columns/creation-order.js';
import { atOnce } from '../../../../src/lib/event-loop.js';

const instants = fc.array(fc.integer({ min: -1_000, max: 1_000 }), { maxLength: 30 });
const creationOrder = (createdAtMs: Float64Array) => atOnce(creationOrderWork(createdAtMs));
const ranksOf = (createdAtMs: readonly number[]) => [
  ...creationOrder(Float64Array.from(createdAtMs)).creationRank,
];

describe('creation order', () => {
  it('ranks markets by creation time from 0, regardless of the intervals', () => {
    expect(ranksOf([500, 3, 1_000_000])).toEqual([1, 0, 2]);
    expect(ranksOf([])).toEqual([]);
  });

  it('gives markets with the same creation time the mean of their ranks', () => {
    expect(ranksOf([7, 5, 7, 9])).toEqual([1.5, 0, 1.5, 3]);
    expect(ranksOf([7, 7, 7])).toEqual([1, 1, 1]);
  });

  it('returns the mean distance of markets with the same creation time in random order', () => {
    const { creationSpread, creationSpreadOf } = creationOrder(Float64Array.of(7, 5, 7, 7, 9, 9));
    // Among three ranks in a row, the pairs are 1, 1, and 2 apart.
    expect([...creationSpread]).toEqual([4 / 3, 0, 4 / 3, 4 / 3, 1, 1]);
    expect([creationSpreadOf(9), creationSpreadOf(8)]).toEqual([1, 0]);
  });

  it('ranks a subset of markets among all markets', () => {
    const all = creationOrder(Float64Array.of(10, 20, 20, 30));
    const few = creationOrderOfSubset(Float64Array.of(30, 20, 25), all);
    expect([...few.creationRank]).toEqual([3, 1.5, 2.5]);
    expect([...few.creationSpread]).toEqual([0, 1, 0]);
  });

  it('ranks a time without a market half a rank before the next market', () => {
    const { creationRankOf } = creationOrder(Float64Array.of(10, 20, 20, 30));
    expect([5, 10, 15, 20, 29, 30, 31].map(creationRankOf)).toEqual([-0.5, 0, 0.5, 1.5, 2.5, 3, 3.5]);
    expect(creationOrder(new Float64Array(0)).creationRankOf(5)).toBe(-0.5);
  });

  it('is consistent with the times in any row order and does not modify its input', () => {
    fc.assert(
      fc.property(instants, (createdAtMs) => {
        const column = Float64Array.from(createdAtMs);
        const { creationRank, creationRankOf } = creationOrder(column);
        expect([...column]).toEqual(createdAtMs);
        for (const [row, one] of createdAtMs.entries()) {
          expect(creationRankOf(one)).toBe(creationRank[row]);
          for (const [other, two] of createdAtMs.entries())
            expect(Math.sign((creationRank[row] ?? NaN) - (creationRank[other] ?? NaN))).toBe(
              Math.sign(one - two),
            );
        }
        expect(new Set(creationRank).size).toBe(new Set(createdAtMs).size);
      }),
    );
  });
});
