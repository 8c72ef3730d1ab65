import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GreedyDeterminant } from '../../../../../src/feed/selectors/diversity/greedy-determinant.js';
import { rowVectors } from '../../../../../src/feed/selectors/diversity/row-vectors.js';

const NO_CATEGORY = 0;

/** @param topics of each row; 0 is the category of markets without one. */
function cosines(topics: readonly (readonly number[])[]): number[][] {
  const start = Int32Array.from([0, ...topics.keys()], (_, row) =>
    topics.slice(0, row).reduce((sum, ids) => sum + ids.length, 0),
  );
  const rows = Int32Array.from(topics.keys());
  const write = rowVectors({
    vectors: null,
    ids: topics.map((_, row) => `market ${row}`),
    topics: { start, ids: Int32Array.from(topics.flat()), count: 20, idOf: () => NO_CATEGORY },
  });
  return topics.map((_, row) => {
    const target = new Float64Array(rows.length);
    write(row, rows, target);
    return [...target];
  });
}

describe('the vectors of rows', () => {
  it('have the cosine of their topics', () => {
    const [first] = cosines([[1, 2], [1, 2], [1, 3, 4, 5], [6]]);
    expect(first?.map((value) => Number(value.toFixed(12)))).toEqual([1, 1, 0.353553390593, 0]);
  });

  it('depend on the id if a row has no topic but the category of markets without one', () => {
    const [[self, other, topical] = []] = cosines([[NO_CATEGORY], [NO_CATEGORY], [NO_CATEGORY, 1]]);
    expect(self).toBe(1);
    expect(Math.abs(other ?? NaN)).toBeLessThan(0.5);
    expect(topical).toBe(0);
    expect(cosines([[NO_CATEGORY], [NO_CATEGORY]])).toEqual(cosines([[NO_CATEGORY], [NO_CATEGORY]]));
  });

  it('are vectors of one space, whatever kinds of rows there are: no residual is below the bound', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uniqueArray(fc.nat({ max: 5 }), { maxLength: 4 }), { minLength: 1, maxLength: 30 }),
        (topics) => {
          const gram = cosines(topics);
          const greedy = new GreedyDeterminant(Int32Array.from(gram.keys()), (row, rows, target) => {
            for (const [index, other] of rows.entries()) target[index] = gram[row]?.[other] ?? NaN;
          });
          for (const row of gram.keys()) {
            expect(gram[row]?.[row]).toBeCloseTo(1, 12);
            greedy.select(row);
            for (const other of gram.keys()) expect(Number.isFinite(greedy.residualOf(other))).toBe(true);
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});
