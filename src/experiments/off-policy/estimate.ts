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
 * Estimates the mean reward of a slate under the evaluated policy, with an interval by the delta method. Users are the
 * independent units, whatever the number of their slates.
 *
 * @returns null with fewer than two users, or if every weight is 0.
 */
export function estimatePolicy(
  slates: Iterable<WeightedSlate>,
  estimator: EstimatorName,
  alpha: number,
): PolicyEstimate | null {
  const contributionOf = ESTIMATORS[estimator];
  const byUser = new Map<string, [number, number]>();
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
  const ratio = ratioOf(moments, 0);
  if (ratio === null || moments.users < 2) return null;
  const standardError = Math.sqrt(deltaVariance(moments, ratio.rawGradient));
  const halfWidth = tQuantile(1 - alpha / 2, moments.users - 1) * standardError;
  return {
    value: ratio.raw,
    standardError,
    interval: { low: ratio.raw - halfWidth, high: ratio.raw + halfWidth },
    users: moments.users,
  };
}
