import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { risingColumn, risingStrength } from '../../src/scoring/rising.js';

describe('how much a market is on the move', () => {
  it('is its move in log-odds over a day times the logarithm of its volume', () => {
    expect(risingStrength(Math.E - 1, 0.6, 0.5)).toBeCloseTo(Math.log(0.6 / 0.4), 12);
    expect(risingStrength(99, 0.5, 0.6)).toBeCloseTo(Math.log(100) * Math.log(0.6 / 0.4), 12);
  });

  it('is 0 without a move, without volume, and when a probability is unknown', () => {
    expect([
      ...[risingStrength(100, 0.5, 0.5), risingStrength(0, 0.9, 0.1), risingStrength(-5, 0.9, 0.1)],
      ...[risingStrength(100, NaN, 0.5), risingStrength(100, 0.5, NaN), risingStrength(NaN, 0.9, 0.1)],
    ]).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('counts odds beyond one and 99 percent as those', () => {
    expect(risingStrength(100, 0.999, 0.001)).toBe(risingStrength(100, 0.99, 0.01));
  });

  it('is set against the market that moves most', () => {
    const rising = risingColumn(
      Float64Array.of(100, 100, 100),
      Float64Array.of(0.6, 0.5, 0.9),
      Float64Array.of(0.5, 0.5, 0.5),
    );
    const most = Math.log(9);
    expect([...rising]).toEqual([expect.closeTo(Math.log(1.5) / most, 12), 0, 1]);
    expect([...risingColumn(Float64Array.of(5), Float64Array.of(0.5), Float64Array.of(NaN))]).toEqual([0]);
  });

  it('is within 0 and 1 whatever comes in', () => {
    const strange = fc.oneof(fc.double(), fc.double({ min: 0, max: 1, noNaN: true }));
    const row = fc.tuple(strange, strange, strange);
    fc.assert(
      fc.property(fc.array(row, { maxLength: 10 }), (rows) => {
        const column = (at: 0 | 1 | 2) => Float64Array.from(rows, (values) => values[at]);
        for (const value of risingColumn(column(0), column(1), column(2))) {
          expect(value).toBeGreaterThanOrEqual(0);
          expect(value).toBeLessThanOrEqual(1);
        }
      }),
    );
  });
});
