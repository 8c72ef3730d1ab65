import tCdf from '@stdlib/stats-base-dists-t-cdf';
import tQuantile from '@stdlib/stats-base-dists-t-quantile';
import type { Effect } from './compare.js';

/** Bounds of a confidence interval, both included. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** An interval of an effect, and the p-value of no effect, two-sided. */
export interface EffectTest {
  readonly interval: Interval;
  readonly pValue: number;
}

/** Number of users for which the always-valid interval is tightest; the default of GrowthBook's sequential tests. */
const SEQUENTIAL_TUNING = 5_000;

/**
 * Welch's t-test. It is valid for one look at the data, at a time that was fixed in advance. With a look on each of 28 days,
 * it finds an effect in three of ten experiments that have none (`npm run bench:statistics`).
 */
export function fixedTest({ estimate, standardError, degreesOfFreedom }: Effect, alpha: number): EffectTest {
  const halfWidth = tQuantile(1 - alpha / 2, degreesOfFreedom) * standardError;
  return {
    interval: around(estimate, halfWidth),
    pValue: 2 * tCdf(-Math.abs(estimate / standardError), degreesOfFreedom),
  };
}

/**
 * A test that stays valid under any number of looks, and with any rule for stopping: the asymptotic confidence sequence
 * of a normal mixture, and its p-value (the mixture sequential probability ratio test, mSPRT).
 *
 * Source: Waudby-Smith, Arbour, Sinha, Kennedy, and Ramdas 2024, "Time-uniform central limit theory and asymptotic
 * confidence sequences"; Johari, Koomen, Pekelis, and Walsh 2022, "Always valid inference".
 *
 * @param tuning number of users for which the interval is tightest.
 */
export function alwaysValidTest(
  { estimate, standardError, users }: Effect,
  alpha: number,
  tuning: number = SEQUENTIAL_TUNING,
): EffectTest {
  const rho2 = mixtureVariance(alpha, tuning);
  const scale = users * rho2 + 1;
  const evidence = (rho2 * users * (estimate / standardError) ** 2) / (2 * scale) - Math.log(scale) / 2;
  return {
    interval: around(estimate, alwaysValidHalfWidth(standardError, users, alpha, tuning)),
    pValue: Math.min(1, Math.exp(-evidence)),
  };
}

/** Half of the width of the always-valid interval for a standard error at a number of users. */
export function alwaysValidHalfWidth(
  standardError: number,
  users: number,
  alpha: number,
  tuning: number = SEQUENTIAL_TUNING,
): number {
  const rho2 = mixtureVariance(alpha, tuning);
  const scale = users * rho2 + 1;
  return standardError * Math.sqrt(((2 * scale) / (users * rho2)) * Math.log(Math.sqrt(scale) / alpha));
}

/** Variance of the mixture that makes the boundary tightest at `tuning` observations. */
function mixtureVariance(alpha: number, tuning: number): number {
  const twice = -2 * Math.log(alpha);
  return (twice + Math.log(twice + 1)) / tuning;
}

function around(center: number, halfWidth: number): Interval {
  return { low: center - halfWidth, high: center + halfWidth };
}
