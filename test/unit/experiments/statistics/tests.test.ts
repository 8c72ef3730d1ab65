import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Effect } from '../../../../src/experiments/statistics/compare.js';
import { compareMetrics } from '../../../../src/experiments/statistics/compare-metrics.js';
import { alwaysValidTest, fixedTest } from '../../../../src/experiments/statistics/intervals.js';
import { momentsOfProportion } from '../../../../src/experiments/statistics/moments.js';
import { benjaminiHochberg } from '../../../../src/experiments/statistics/multiple-testing.js';
import { daysNeeded, minimumDetectableEffect } from '../../../../src/experiments/statistics/power.js';
import { proportionSequence } from '../../../../src/experiments/statistics/proportion-sequence.js';
import {
  sampleRatioTest,
  sequentialSampleRatio,
} from '../../../../src/experiments/statistics/sample-ratio.js';

describe('sampleRatioTest', () => {
  it('computes χ² by hand', () => {
    // Expected 500 each: 20² / 500 twice. P(χ²₁ > 1.6) = 0.2059.
    const even = sampleRatioTest([480, 520], [1, 1]);
    expect(even.chiSquare).toBeCloseTo(1.6, 12);
    expect(even.pValue).toBeCloseTo(0.205903, 6);
    // Expected 100, 200, 700: 100 / 100 + 25 / 200 + 25 / 700. With two degrees of freedom, P = e^(−χ²/2).
    const three = sampleRatioTest([110, 195, 695], [0.1, 0.2, 0.7]);
    expect(three).toMatchObject({ degreesOfFreedom: 2 });
    expect(three.chiSquare).toBeCloseTo(1 + 1 / 8 + 1 / 28, 12);
    expect(three.pValue).toBeCloseTo(Math.exp(-three.chiSquare / 2), 12);
  });

  it('leaves out arms without weight, and accepts no units', () => {
    expect(sampleRatioTest([480, 520, 7], [1, 1, 0]).chiSquare).toBeCloseTo(1.6, 12);
    expect(sampleRatioTest([0, 0], [1, 1]).pValue).toBe(1);
  });
});

describe('sequentialSampleRatio', () => {
  it('alarms when an arm loses 5% of its units, and not for the expected shares', () => {
    expect(sequentialSampleRatio([50_000, 50_000], [1, 1])).toBe(1);
    expect(sequentialSampleRatio([50_000, 47_500], [1, 1])).toBeLessThan(0.001);
  });

  it('keeps the smallest p-value of all looks', () => {
    const early = sequentialSampleRatio([50_000, 47_500], [1, 1]);
    expect(sequentialSampleRatio([60_000, 60_000], [1, 1], early)).toBe(early);
  });

  it('computes the mixture by hand for one unit of weight 1 in 2', () => {
    // The prior mean equals the weight, so one unit is no evidence.
    expect(sequentialSampleRatio([1, 0], [1, 1])).toBeCloseTo(1, 9);
    // Two units in one arm: (0.5 · 501 / 1,001) / 0.25.
    expect(sequentialSampleRatio([2, 0], [1, 1])).toBeCloseTo(0.25 / ((0.5 * 501) / 1_001), 6);
  });
});

describe('benjaminiHochberg', () => {
  it('adjusts by hand, in the order of the input', () => {
    // Ascending 0.01, 0.02, 0.03, 0.5 times 4/1, 4/2, 4/3, 1: 0.04, 0.04, 0.04, 0.5, with the minimum from the right.
    const adjusted = benjaminiHochberg([0.03, 0.5, 0.01, 0.02]);
    [0.04, 0.5, 0.04, 0.04].forEach((expected, index) => {
      expect(adjusted[index]).toBeCloseTo(expected, 12);
    });
    expect(benjaminiHochberg([])).toEqual([]);
    expect(benjaminiHochberg([0.2])).toEqual([0.2]);
  });

  it('keeps the order of the p-values and never makes one smaller', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true })), (pValues) => {
        const adjusted = benjaminiHochberg(pValues);
        return pValues.every(
          (p, i) =>
            pValues.every((other, j) => p > other || (adjusted[i] ?? 0) <= (adjusted[j] ?? 0)) &&
            (adjusted[i] ?? 0) >= p,
        );
      }),
    );
  });
});

describe('the intervals of an effect', () => {
  const effect = fc.record({
    estimate: fc.double({ min: -1, max: 1, noNaN: true }),
    standardError: fc.double({ min: 0.001, max: 1, noNaN: true }),
    users: fc.integer({ min: 100, max: 1_000_000 }),
    degreesOfFreedom: fc.integer({ min: 50, max: 1_000_000 }),
    theta: fc.constant(0),
  }) satisfies fc.Arbitrary<Effect>;

  it('exclude 0 exactly when the p-value is below the level', () => {
    fc.assert(
      fc.property(effect, fc.constantFrom(0.01, 0.05, 0.1), (drawn, alpha) => {
        for (const { interval, pValue } of [fixedTest(drawn, alpha), alwaysValidTest(drawn, alpha)]) {
          const excludes = interval.low > 0 || interval.high < 0;
          if (Math.abs(pValue - alpha) > 1e-9 && excludes !== pValue < alpha) return false;
        }
        return true;
      }),
    );
  });

  it('are wider when they are always valid', () => {
    fc.assert(
      fc.property(effect, (drawn) => {
        return alwaysValidTest(drawn, 0.05).interval.low < fixedTest(drawn, 0.05).interval.low;
      }),
    );
  });
});

describe('proportionSequence', () => {
  it('contains the observed proportion and covers all of 0 to 1 without trials', () => {
    expect(proportionSequence(0, 0, 0.05, 100)).toEqual({ low: 0, high: 1 });
    expect(proportionSequence(0, 50, 0.05, 100).low).toBe(0);
    expect(proportionSequence(50, 50, 0.05, 100).high).toBe(1);
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (trials, share) => {
          const successes = Math.round(share * trials);
          const { low, high } = proportionSequence(successes, trials, 0.05, 500);
          return low >= 0 && low <= successes / trials && high >= successes / trials && high <= 1;
        },
      ),
    );
  });
});

describe('the plan of an experiment', () => {
  const errors = { alpha: 0.05, power: 0.8 };

  it('detects (1.960 + 0.842) standard errors with a fixed interval', () => {
    const effect = minimumDetectableEffect({ standardError: 0.01, users: 10_000 }, errors, 'fixed');
    expect(effect).toBeCloseTo(0.01 * (1.959964 + 0.841621), 6);
  });

  it('needs four times the days for half the effect, and more with the always-valid interval', () => {
    const measured = { standardError: 0.02, users: 10_000 };
    // 0.02 · 2.8016 / 0.05 squared is 1.256 of 10,000 users.
    expect(daysNeeded(0.05, measured, 1_000, errors, 'fixed')).toBe(13);
    expect(daysNeeded(-0.025, measured, 1_000, errors, 'fixed')).toBe(51);
    expect(daysNeeded(0.05, measured, 1_000, errors, 'alwaysValid')).toBeGreaterThan(20);
    expect(daysNeeded(0.001, measured, 1_000, errors, 'fixed')).toBeNull();
    expect(daysNeeded(0.05, measured, 0, errors, 'fixed')).toBeNull();
  });
});

describe('compareMetrics', () => {
  it('adjusts the p-values of the metrics that can be compared', () => {
    const arm = (successes: number) => momentsOfProportion(20_000, successes);
    const results = compareMetrics(
      [
        { control: arm(2_000), treatment: arm(2_250) },
        { control: arm(0), treatment: arm(0) },
        { control: arm(2_000), treatment: arm(2_000) },
      ],
      { alpha: 0.05, scale: 'relative', cuped: false },
    );
    const [found, empty, none] = results;
    expect(empty).toBeNull();
    expect(found?.effect.estimate).toBeCloseTo(0.125, 12);
    // Of two compared metrics, so the smaller p-value doubles.
    expect(found?.adjustedPValue).toBeCloseTo(2 * (found?.alwaysValid.pValue ?? NaN), 12);
    expect(none?.adjustedPValue).toBe(1);
    expect(found?.fixed.pValue).toBeLessThan(found?.alwaysValid.pValue ?? 0);
  });
});
