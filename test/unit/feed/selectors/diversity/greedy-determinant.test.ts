import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  GreedyDeterminant,
  OWN_SHARE,
  type WriteSimilarities,
} from '../../../../../src/feed/selectors/diversity/greedy-determinant.js';

type Matrix = readonly (readonly number[])[];

const similaritiesOf =
  (gram: Matrix): WriteSimilarities =>
  (row, rows, target) => {
    for (const [index, other] of rows.entries()) target[index] = gram[row]?.[other] ?? NaN;
  };

/** Unit vectors of few dimensions, so that some are equal and most are dependent. */
const gramMatrices = fc
  .array(fc.array(fc.integer({ min: -2, max: 3 }), { minLength: 3, maxLength: 3 }), {
    minLength: 2,
    maxLength: 7,
  })
  .filter((vectors) => vectors.every((vector) => vector.some((value) => value !== 0)))
  .map((vectors): Matrix => {
    const units = vectors.map((vector) => vector.map((value) => value / Math.hypot(...vector)));
    return units.map((one) =>
      units.map((other) => one.reduce((sum, value, i) => sum + value * (other[i] ?? 0), 0)),
    );
  });

const kernelOf = (gram: Matrix): Matrix =>
  gram.map((line, row) => line.map((value, other) => (row === other ? 1 : (1 - OWN_SHARE) * value)));

/** By expansion along the first row. */
function determinant(matrix: Matrix): number {
  const [first, ...rest] = matrix;
  if (first === undefined) return 1;
  return first.reduce(
    (sum, value, column) =>
      sum + (column % 2 === 0 ? 1 : -1) * value * determinant(rest.map((line) => line.toSpliced(column, 1))),
    0,
  );
}

const minor = (matrix: Matrix, rows: readonly number[]): Matrix =>
  rows.map((row) => rows.map((other) => matrix[row]?.[other] ?? NaN));

describe('the greedy determinant', () => {
  it('has residuals that are ratios of determinants of the kernel', () => {
    fc.assert(
      fc.property(gramMatrices, fc.array(fc.nat({ max: 6 }), { maxLength: 5 }), (gram, picks) => {
        const kernel = kernelOf(gram);
        const rows = gram.map((_, row) => row);
        const greedy = new GreedyDeterminant(Int32Array.from(rows), similaritiesOf(gram));
        const selected: number[] = [];
        for (const row of new Set(picks.filter((pick) => pick < gram.length))) {
          greedy.select(row);
          selected.push(row);
          for (const other of rows.filter((each) => !selected.includes(each))) {
            const ratio =
              determinant(minor(kernel, [...selected, other])) / determinant(minor(kernel, selected));
            expect(greedy.residualOf(other)).toBeCloseTo(ratio, 9);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('has the same residuals whether the selected rows are in the pool or not', () => {
    fc.assert(
      fc.property(gramMatrices, (gram) => {
        const [last, all] = [gram.length - 1, gram.map((_, row) => row)];
        const whole = new GreedyDeterminant(Int32Array.from(all), similaritiesOf(gram));
        const single = new GreedyDeterminant(Int32Array.of(last), similaritiesOf(gram));
        for (const row of all.slice(0, -1)) {
          whole.select(row);
          single.select(row);
        }
        expect(single.residualOf(0)).toBe(whole.residualOf(last));
      }),
      { numRuns: 100 },
    );
  });

  it('selects the rows of the largest determinant where greed is exact: orthogonal groups of equal rows', () => {
    const group = [0, 0, 1, 1, 2];
    const gram = group.map((one) => group.map((other) => Number(one === other)));
    const greedy = new GreedyDeterminant(Int32Array.of(0, 1, 2, 3, 4), similaritiesOf(gram));
    greedy.select(0);
    // det of [[1, 0.95], [0.95, 1]] is 0.0975.
    expect([1, 2, 3, 4].map((row) => Number(greedy.residualOf(row).toFixed(12)))).toEqual([0.0975, 1, 1, 1]);
  });

  it('never has a residual below the own share, however many equal rows are selected', () => {
    const gram = Array.from({ length: 40 }, () => Array.from({ length: 40 }, () => 1));
    const greedy = new GreedyDeterminant(Int32Array.from(gram.keys()), similaritiesOf(gram));
    for (let row = 0; row < 39; row += 1) greedy.select(row);
    expect(greedy.residualOf(39)).toBeGreaterThanOrEqual(OWN_SHARE);
    expect(greedy.residualOf(39)).toBeLessThan(0.06);
  });
});
