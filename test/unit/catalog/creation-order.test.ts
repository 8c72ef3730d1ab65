import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { creationOrderOfSome, creationOrderWork } from '../../../src/catalog/columns/creation-order.js';
import { atOnce } from '../../../src/lib/in-slices.js';

const instants = fc.array(fc.integer({ min: -1_000, max: 1_000 }), { maxLength: 30 });
const creationOrder = (createdAtMs: Float64Array) => atOnce(creationOrderWork(createdAtMs));
const placesOf = (createdAtMs: readonly number[]) => [
  ...creationOrder(Float64Array.from(createdAtMs)).creationRank,
];

describe('the order of creation', () => {
  it('numbers markets by when they were made, from 0, whatever time lies between', () => {
    expect(placesOf([500, 3, 1_000_000])).toEqual([1, 0, 2]);
    expect(placesOf([])).toEqual([]);
  });

  it('gives markets made at the same instant the middle of their places', () => {
    expect(placesOf([7, 5, 7, 9])).toEqual([1.5, 0, 1.5, 3]);
    expect(placesOf([7, 7, 7])).toEqual([1, 1, 1]);
  });

  it('says how far apart these would be on average in any order', () => {
    const { creationSpread, creationSpreadOf } = creationOrder(Float64Array.of(7, 5, 7, 7, 9, 9));
    // Of three in a row, the pairs are 1, 1 and 2 apart.
    expect([...creationSpread]).toEqual([4 / 3, 0, 4 / 3, 4 / 3, 1, 1]);
    expect([creationSpreadOf(9), creationSpreadOf(8)]).toEqual([1, 0]);
  });

  it('has for a few markets their places among all', () => {
    const all = creationOrder(Float64Array.of(10, 20, 20, 30));
    const few = creationOrderOfSome(Float64Array.of(30, 20, 25), all);
    expect([...few.creationRank]).toEqual([3, 1.5, 2.5]);
    expect([...few.creationSpread]).toEqual([0, 1, 0]);
  });

  it('puts an instant that none was made at half a place before the next', () => {
    const { creationRankOf } = creationOrder(Float64Array.of(10, 20, 20, 30));
    expect([5, 10, 15, 20, 29, 30, 31].map(creationRankOf)).toEqual([-0.5, 0, 0.5, 1.5, 2.5, 3, 3.5]);
    expect(creationOrder(new Float64Array(0)).creationRankOf(5)).toBe(-0.5);
  });

  it('keeps the order, takes no notice of that of the rows, and leaves the instants as they are', () => {
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
