import tQuantile from '@stdlib/stats-base-dists-t-quantile';
import type { Interval } from '../statistics/intervals.js';
import { MomentsAccumulator } from '../statistics/moments.js';
import { deltaVariance, ratioOf } from '../statistics/ratio.js';
import { ESTIMATORS, type EstimatorName } from './estimators.js';
import type { WeightedSlate } from './slates.js';

/** What a policy would have earned per slate. */
export interface PolicyEstimate {
  readonly value: number;
  readonly standardError: number;
  /** For one look at the logs. */
  readonly interval: Interval;
  readonly users: number;
}

/**
 * Estimates the mean reward of a slate under the evaluated policy. Users are the independent units, whatever the number of
 * their slates. The standard error is that of the delta method, and the interval corrects for the skewness of weights.
 *
 * Source: Hall 1992, "On the removal of skewness by transformation".
 *
 * @returns null with fewer than two users, or if every weight is 0.
 */
export function estimatePolicy(
  slates: Iterable<WeightedSlate>,
  estimator: EstimatorName,
  alpha: number,
): PolicyEstimate | null {
  const contributionOf = ESTIMATORS[estimator];
  const byUser = new Map<string, [numerator: number, denominator: number]>();
  for (const slate of slates) {
    const { numerator, denominator } = contributionOf(slate);
    const sums = byUser.get(slate.user);
    if (sums === undefined) byUser.set(slate.user, [numerator, denominator]);
    else {
      sums[0] += numerator;
      sums[1] += denominator;
    }
  }
  const accumulator = new MomentsAccumulator();
  for (const [numerator, denominator] of byUser.values()) accumulator.add([numerator, denominator, 0, 0]);
  const moments = accumulator.moments();
  const { users } = moments;
  const ratio = ratioOf(moments, 0);
  if (ratio === null || users < 2) return null;
  const value = ratio.raw;
  const standardError = Math.sqrt(deltaVariance(moments, ratio.rawGradient));
  const skew = skewness(byUser.values(), value) / Math.sqrt(users);
  const quantile = tQuantile(1 - alpha / 2, users - 1);
  return {
    value,
    standardError,
    interval: {
      low: value - standardError * withoutSkew(quantile, skew),
      high: value - standardError * withoutSkew(-quantile, skew),
    },
    users,
  };
}

/** Skewness of what each user adds to the error of the ratio. */
function skewness(sums: Iterable<readonly [number, number]>, ratio: number): number {
  let [count, squares, cubes] = [0, 0, 0];
  for (const [numerator, denominator] of sums) {
    const residual = numerator - ratio * denominator;
    count += 1;
    squares += residual ** 2;
    cubes += residual ** 3;
  }
  return squares === 0 ? 0 : cubes / count / (squares / count) ** 1.5;
}

/**
 * The quantile of a studentized mean whose observations are skewed: the inverse of the transformation that removes the
 * skewness.
 *
 * @param skew skewness divided by the root of the number of observations.
 */
function withoutSkew(quantile: number, skew: number): number {
  if (Math.abs(skew) < 1e-9) return quantile;
  return (3 / skew) * (Math.cbrt(1 + skew * (quantile - skew / 6)) - 1);
}
