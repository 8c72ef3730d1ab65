import { describe, expect, it } from 'vitest';
import { seededGenerator } from '../../../../../src/feed/selectors/exploration.js';
import { exploreByDraws, type ValueDraws } from '../../../../../src/feed/selectors/policies/draws.js';

/** Draws with these values by draw and row. */
const drawsOf = (values: readonly (readonly number[])[], optimistic = values[0] ?? []): ValueDraws => ({
  count: values.length,
  optimistic: { key: Float64Array.from(optimistic), volumeTotal: new Float64Array(optimistic.length) },
  of: (rows) => (draw, into) => {
    for (const [index, row] of rows.entries()) into[index] = values[draw]?.[row] ?? NaN;
  },
});

describe('exploration by draws', () => {
  it('samples the best rows of one draw, with the share of the draws in which they are among the best', () => {
    const draws = drawsOf([
      [9, 5, 1],
      [9, 1, 5],
      [1, 5, 9],
      [9, 5, 1],
    ]);
    const expected = new Map([
      ['0,1', [3 / 4, 3 / 4]],
      ['0,2', [3 / 4, 2 / 4]],
      ['2,1', [2 / 4, 3 / 4]],
    ]);
    const counts = new Map<string, number>();
    for (let seed = 0; seed < 400; seed += 1) {
      const sampled = exploreByDraws(Int32Array.of(0, 1, 2), draws, 2, seededGenerator(seed));
      const order = sampled.map(({ row }) => row).join();
      expect(sampled.map(({ propensity }) => propensity)).toEqual(expected.get(order));
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    // Two of the four draws, and one each; within 4.5 standard deviations.
    expect(Math.abs((counts.get('0,1') ?? 0) - 200)).toBeLessThan(45);
    expect(Math.abs((counts.get('0,2') ?? 0) - 100)).toBeLessThan(40);
  });

  it('draws the values of the most optimistic 128 rows only, or of 4 per pick', () => {
    const size = 1_000;
    const values = Array.from({ length: size }, (_, row) => (row === 7 ? 2 : row / size));
    const optimistic = Array.from({ length: size }, (_, row) => -row);
    const read: number[] = [];
    const draws = drawsOf([values], optimistic);
    const pool = Int32Array.from({ length: size }, (_, row) => row);
    const reading = {
      ...draws,
      of: (rows: Int32Array) => {
        read.push(rows.length);
        return draws.of(rows);
      },
    };
    const sampled = exploreByDraws(pool, reading, 2, seededGenerator(1));
    expect(sampled).toEqual([
      { row: 7, propensity: 1 },
      { row: 127, propensity: 1 },
    ]);
    expect(exploreByDraws(pool, reading, 100, seededGenerator(1))).toHaveLength(100);
    expect(read).toEqual([128, 400]);
  });

  it('samples nothing for no picks', () => {
    expect(exploreByDraws(new Int32Array(0), drawsOf([[]]), 0, seededGenerator(1))).toEqual([]);
  });
});
