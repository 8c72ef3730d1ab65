import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadRankingConfig } from '../../../../src/config/ranking-config.js';
import { DAY_MS, HOUR_MS } from '../../../../src/lib/time.js';
import { explorationWeight } from '../../../../src/scoring/exploration/exploration-weight.js';

const { exploration } = loadRankingConfig(undefined).feed;
const weightOf = (impressions: number, clicks: number, ageHours = 1, remainingMs = Infinity) =>
  explorationWeight(ageHours * HOUR_MS, remainingMs, impressions, clicks, exploration);

describe('exploration weight', () => {
  it('is the prior click rate without impressions', () => {
    expect(weightOf(0, 0)).toBe(0.05);
  });

  it('moves from the prior to the observed click rate, the prior counting as 20 impressions', () => {
    expect(weightOf(20, 3)).toBeCloseTo(4 / 40, 12);
    expect(weightOf(1_980, 199)).toBeCloseTo(0.1, 12);
    expect(weightOf(180, 0)).toBeCloseTo(1 / 200, 12);
  });

  it('is 0 only for a market that has reached both the age and the impression limit', () => {
    expect(weightOf(200, 10, 72)).toBe(0);
    expect(weightOf(199, 10, 72)).toBeGreaterThan(0);
    expect(weightOf(200, 10, 71.999)).toBeGreaterThan(0);
  });

  it('is 0 for a young market after the impressions that end its freshness', () => {
    const at = (impressions: number, ageHours: number): number =>
      explorationWeight(ageHours * HOUR_MS, Infinity, impressions, 10, {
        ...exploration,
        freshImpressions: 500,
      });
    expect(at(499, 1)).toBeGreaterThan(0);
    expect(at(500, 1)).toBe(0);
    // It is eligible again once the impressions of the last 7 days are few.
    expect(at(199, 100)).toBeGreaterThan(0);
    expect(at(200, 100)).toBe(0);
  });

  it('decreases to 0 over the last 24 hours of a market', () => {
    expect(weightOf(0, 0, 1, DAY_MS)).toBe(0.05);
    expect(weightOf(0, 0, 1, DAY_MS / 2)).toBe(0.025);
    expect([weightOf(0, 0, 1, 0), weightOf(0, 0, 1, -5)]).toEqual([0, 0]);
  });

  it('is between 0 and 1 and never decreases with a click', () => {
    const count = fc.nat(1_000);
    const hours = fc.double({ min: 0, max: 1_000, noNaN: true });
    fc.assert(
      fc.property(count, count, hours, hours, (impressions, clicks, age, left) => {
        const weight = weightOf(impressions, clicks, age, left * HOUR_MS);
        expect(weight).toBeGreaterThanOrEqual(0);
        expect(weight).toBeLessThanOrEqual(1);
        expect(weightOf(impressions, clicks + 1, age, left * HOUR_MS)).toBeGreaterThanOrEqual(weight);
      }),
    );
  });
});
