import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareArms } from '../../../../src/experiments/statistics/compare.js';
import {
  MomentsAccumulator,
  momentsOfSums,
  perUser,
  type Moments,
  type UserRow,
} from '../../../../src/experiments/statistics/moments.js';
import { cupedTheta } from '../../../../src/experiments/statistics/ratio.js';

function momentsOf(rows: readonly UserRow[]): Moments {
  const accumulator = new MomentsAccumulator();
  for (const row of rows) accumulator.add(row);
  return accumulator.moments();
}

describe('MomentsAccumulator', () => {
  it('equals the moments of the sums', () => {
    const value = fc.double({ min: -100, max: 100, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(value, value, value, value), { minLength: 2, maxLength: 30 }), (rows) => {
        const sums = momentsOfSums({
          users: rows.length,
          sum: column((i) => rows.reduce((total, row) => total + row[i], 0)),
          products: ([0, 1, 2, 3] as const).map((i) =>
            column((j) => rows.reduce((total, row) => total + row[i] * row[j], 0)),
          ),
        });
        const accumulated = momentsOf(rows);
        for (const i of [0, 1, 2, 3] as const) {
          expect(accumulated.mean[i]).toBeCloseTo(sums.mean[i], 8);
          for (const j of [0, 1, 2, 3] as const) {
            expect(accumulated.covariance[i]?.[j]).toBeCloseTo(sums.covariance[i]?.[j] ?? NaN, 6);
          }
        }
      }),
    );
  });
});

describe('compareArms', () => {
  it('computes a difference of means by hand', () => {
    // Means 2 and 4; variances 1 and 4; 3 users each, so the squared error is 1/3 + 4/3.
    const control = momentsOf([1, 2, 3].map(perUser));
    const treatment = momentsOf([2, 4, 6].map(perUser));
    const effect = compareArms(control, treatment, { scale: 'absolute', cuped: false });
    expect(effect?.estimate).toBeCloseTo(2, 12);
    expect(effect?.standardError).toBeCloseTo(Math.sqrt(5 / 3), 12);
    // Welch: (5/3)² / ((1/3)² / 2 + (4/3)² / 2) = 50 / 17.
    expect(effect?.degreesOfFreedom).toBeCloseTo(50 / 17, 12);
    const relative = compareArms(control, treatment, { scale: 'relative', cuped: false });
    expect(relative?.estimate).toBeCloseTo(1, 12);
    // Of the ratio 4 / 2: (4/3) / 2² + (1/3) · 4² / 2⁴.
    expect(relative?.standardError).toBeCloseTo(Math.sqrt(2 / 3), 12);
  });

  it('computes the variance of a ratio by hand', () => {
    // Clicks 1, 0, 3 of 2, 2, 4 impressions: ratio 1/2, residuals clicks − ratio · impressions 0, −1, 1.
    const control = momentsOf([row(1, 2), row(0, 2), row(3, 4)]);
    const effect = compareArms(control, control, { scale: 'absolute', cuped: false });
    // Per arm: variance of the residuals 1, divided by mean impressions² (8/3)² and 3 users.
    expect(effect?.standardError).toBeCloseTo(Math.sqrt((2 * (9 / 64)) / 3), 12);
  });

  it('has a wider interval than independent events when users differ', () => {
    const rows = Array.from({ length: 200 }, (_, user) => row(user % 2 === 0 ? 10 : 0, 10));
    const effect = compareArms(momentsOf(rows), momentsOf(rows), { scale: 'absolute', cuped: false });
    const ofEvents = Math.sqrt((2 * 0.25) / 2_000);
    expect(effect?.standardError).toBeGreaterThan(3 * ofEvents);
  });

  it('removes the variance that the period before explains', () => {
    const arm = (shift: number) =>
      momentsOf(
        Array.from(
          { length: 100 },
          (_, user) => [shift + 2 * (user % 10) + (user % 3), 1, user % 10, 1] as const,
        ),
      );
    const [control, treatment] = [arm(0), arm(1)];
    const plain = compareArms(control, treatment, { scale: 'absolute', cuped: false });
    const adjusted = compareArms(control, treatment, { scale: 'absolute', cuped: true });
    expect(adjusted?.theta).toBeCloseTo(2, 1);
    expect(adjusted?.estimate).toBeCloseTo(1, 10);
    expect(adjusted?.standardError).toBeLessThan(0.2 * (plain?.standardError ?? 0));
  });

  it('returns null without variance, without denominators, and for a relative effect on 0', () => {
    const constant = momentsOf([1, 1, 1].map(perUser));
    const varying = momentsOf([1, 2, 3].map(perUser));
    const zero = momentsOf([-1, 0, 1].map(perUser));
    const empty = momentsOf([row(0, 0), row(0, 0)]);
    const options = { scale: 'relative', cuped: false } as const;
    expect(compareArms(constant, varying, options)).toBeNull();
    expect(compareArms(varying, constant, options)).toBeNull();
    expect(compareArms(empty, varying, options)).toBeNull();
    expect(compareArms(zero, varying, options)).toBeNull();
    expect(compareArms(momentsOf([]), varying, options)).toBeNull();
    expect(compareArms(varying, momentsOf([perUser(1)]), options)).toBeNull();
  });

  it('keeps the effect in the same units when a negative control grows', () => {
    const control = momentsOf([-1, -2, -3].map(perUser));
    const treatment = momentsOf([0, -1, -2].map(perUser));
    const effect = compareArms(control, treatment, { scale: 'relative', cuped: false });
    expect(effect?.estimate).toBeCloseTo(0.5, 12);
  });
});

describe('cupedTheta', () => {
  it('is 0 without a period before', () => {
    const arm = momentsOf([row(1, 2), row(0, 2), row(3, 4)]);
    expect(cupedTheta([arm, arm])).toBe(0);
  });
});

function row(value: number, denominator: number): UserRow {
  return [value, denominator, 0, 0];
}

function column(of: (index: 0 | 1 | 2 | 3) => number): UserRow {
  return [of(0), of(1), of(2), of(3)];
}
