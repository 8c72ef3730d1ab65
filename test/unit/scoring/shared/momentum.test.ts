import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  momentum,
  risingColumn,
  risingStrength,
  type MomentumFigures,
} from '../../../../src/scoring/shared/momentum.js';

const figures: MomentumFigures = {
  probability: 0.6,
  probability1hAgo: 0.55,
  probability24hAgo: 0.9,
  volume24h: 300,
  volume24hADayAgo: 100,
  participantCount: 12,
  participantCount24hAgo: 15,
};

describe('momentum', () => {
  it('is the change of probability and participants, and the ratio of volumes', () => {
    expect(momentum(figures)).toEqual({
      probabilityChange1h: expect.closeTo(0.05, 12) as number,
      probabilityChange24h: expect.closeTo(-0.3, 12) as number,
      volumeRatio24h: 3,
      participantChange24h: -3,
    });
  });

  it('has a null probability change when a probability is unknown', () => {
    expect(momentum({ ...figures, probability: null })).toMatchObject({
      probabilityChange1h: null,
      probabilityChange24h: null,
    });
    expect(momentum({ ...figures, probability1hAgo: null })).toMatchObject({ probabilityChange1h: null });
    expect(momentum({ ...figures, probability24hAgo: null })).toMatchObject({ probabilityChange24h: null });
    expect(momentum({ ...figures, probability: 0, probability1hAgo: 0 })).toMatchObject({
      probabilityChange1h: 0,
    });
  });

  it('has a null volume ratio when a volume is unknown or the earlier one is 0', () => {
    expect(momentum({ ...figures, volume24h: null }).volumeRatio24h).toBeNull();
    expect(momentum({ ...figures, volume24hADayAgo: null }).volumeRatio24h).toBeNull();
    expect(momentum({ ...figures, volume24hADayAgo: 0 }).volumeRatio24h).toBeNull();
    expect(momentum({ ...figures, volume24h: 0 }).volumeRatio24h).toBe(0);
    expect(momentum({ ...figures, volume24h: 1e300, volume24hADayAgo: 1e-10 }).volumeRatio24h).toBeNull();
  });

  it('has a null participant change when a count is unknown', () => {
    expect(momentum({ ...figures, participantCount: null }).participantChange24h).toBeNull();
    expect(momentum({ ...figures, participantCount24hAgo: null }).participantChange24h).toBeNull();
    expect(momentum({ ...figures, participantCount24hAgo: 0 }).participantChange24h).toBe(12);
  });
});

describe('rising', () => {
  it('is the move in log-odds within a day times the log of the volume', () => {
    expect(risingStrength(Math.E - 1, 0.6, 0.5)).toBeCloseTo(Math.log(0.6 / 0.4), 12);
    expect(risingStrength(99, 0.5, 0.6)).toBeCloseTo(Math.log(100) * Math.log(0.6 / 0.4), 12);
  });

  it('is 0 without a move, without volume, or when a probability is unknown', () => {
    expect([
      ...[risingStrength(100, 0.5, 0.5), risingStrength(0, 0.9, 0.1), risingStrength(-5, 0.9, 0.1)],
      ...[risingStrength(100, NaN, 0.5), risingStrength(100, 0.5, NaN), risingStrength(NaN, 0.9, 0.1)],
    ]).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('clamps probabilities to 0.01 and 0.99', () => {
    expect(risingStrength(100, 0.999, 0.001)).toBe(risingStrength(100, 0.99, 0.01));
  });

  it('is divided by the largest strength', () => {
    expect([...risingColumn(Float64Array.of(1, 0, 4))]).toEqual([0.25, 0, 1]);
    expect([...risingColumn(Float64Array.of(0, 0))]).toEqual([0, 0]);
  });

  it('is between 0 and 1 for every input', () => {
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
