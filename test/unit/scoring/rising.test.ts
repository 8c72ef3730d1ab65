import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { risingColumn, risingStrength } from '../../../src/scoring/shared/rising.js';

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
    expect([...risingColumn(Float64Array.of(1, 0, 4))]).toEqual([0.25, 0, 1]);
    expect([...risingColumn(Float64Array.of(0, 0))]).toEqual([0, 0]);
  });

  it('is within 0 and 1 whatever comes in', () => {
    const strange = fc.oneof(fc.double(), fc.double({ min: 0, max: 1, noNaN: true }));
    const row = fc.tuple(strange, strange, strange);
    fc.assert(
      fc.property(fc.array(row, { maxLength: 10 }), (rows) => {
        const strengths = Float64Array.from(rows, (values) => risingStrength(...values));
        for (const value of risingColumn(strengths)) {
          expect(value).toBeGreaterThanOrEqual(0);
          expect(value).toBeLessThanOrEqual(1);
        }
      }),
    );
  });
});
