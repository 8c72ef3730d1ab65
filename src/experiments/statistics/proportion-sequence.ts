import betaln from '@stdlib/math-base-special-betaln';
import type { Interval } from './intervals.js';

/** Level for which the mixture is tuned. */
const TUNED_ALPHA = 0.05;
/** Smallest concentration of the mixture, where the tuning asks for less. */
const MINIMUM_CONCENTRATION = 1e-3;
const BISECTIONS = 60;

/**
 * A confidence sequence of a proportion: valid at every number of trials at once. It contains each p that a
 * beta-binomial mixture centered at p does not reject. Unlike {@link alwaysValidTest}, it is exact with few trials.
 *
 * Source: Howard, Ramdas, McAuliffe, and Sekhon 2021, "Time-uniform, nonparametric, nonasymptotic confidence sequences",
 * the two-sided beta-binomial mixture of proposition 7.
 *
 * @param tuning number of trials for which the interval is tightest.
 */
export function proportionSequence(
  successes: number,
  trials: number,
  alpha: number,
  tuning: number,
): Interval {
  if (trials === 0) return { low: 0, high: 1 };
  const twice = -2 * Math.log(TUNED_ALPHA);
  const concentration = Math.max(tuning / (twice + Math.log(1 + twice)) - 1, MINIMUM_CONCENTRATION);
  const rejected = (p: number) =>
    logMixture(p, successes, trials - successes, concentration) > -Math.log(alpha);
  const observed = successes / trials;
  return {
    low: successes === 0 ? 0 : boundary(rejected, 0, observed),
    high: successes === trials ? 1 : boundary(rejected, 1, observed),
  };
}

/** Logarithm of the likelihood under Beta(cp, c(1 − p)), relative to that under p. */
function logMixture(p: number, successes: number, failures: number, concentration: number): number {
  const [a, b] = [concentration * p, concentration * (1 - p)];
  return (
    betaln(a + successes, b + failures) - betaln(a, b) - successes * Math.log(p) - failures * Math.log1p(-p)
  );
}

/** The boundary between `outside`, which is rejected, and `inside`, which is not. */
function boundary(rejected: (p: number) => boolean, outside: number, inside: number): number {
  let [out, kept] = [outside, inside];
  for (let step = 0; step < BISECTIONS; step += 1) {
    const middle = (out + kept) / 2;
    if (rejected(middle)) out = middle;
    else kept = middle;
  }
  return (out + kept) / 2;
}
