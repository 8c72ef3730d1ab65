/** The step of the quadrature is the smaller, the more picks make the integrand steep. */
const STEP = 0.5;
/** Left of this y the integrand is nothing. */
const FIRST = -3.5;
/** A bound on what a step still adds, under which it adds nothing that counts. */
const NEGLIGIBLE = 1e-12;

/**
 * The probability that each of `wanted` is among `picks` draws without replacement with probability proportional to
 * weight, 0–1; over all indexes they add up to `picks`.
 *
 * Give every index i a clock that rings after an exponential time of rate w(i): the first `picks` to ring are such a
 * sample (Efraimidis & Spirakis 2006, "Weighted random sampling with a reservoir"). So index i is in it if, when it rings,
 * fewer than `picks` others have rung:
 *
 *     π(i) = ∫ w(i) e^(−w(i) t) · P(N(t) < picks) dt,  t from 0 to ∞,
 *
 * where N counts the other clocks that rang, independent events of probability 1 − e^(−w(j) t) (a Poisson binomial
 * distribution). For one and two picks there are closed forms; else the integral is taken by the trapezoidal rule after
 * t = e^(y − e^(−y)) / W (Takahasi & Mori 1974, "Double exponential formulas for numerical integration"), to about 1e-8 (100 picks: 1e-6).
 *
 * @param weights positive; at least `picks` of them.
 */
export function inclusionProbabilities(
  weights: Float64Array,
  picks: number,
  wanted: readonly number[],
): Float64Array {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  if (picks >= weights.length) return new Float64Array(wanted.length).fill(1);
  if (picks === 1) return Float64Array.from(wanted, (index) => (weights[index] as number) / sum);
  if (picks === 2) return ofTwoPicks(weights, sum, wanted);
  return byQuadrature(
    weights.map((weight) => weight / sum),
    picks,
    wanted,
  );
}

/** w(i)/W first, or second behind each j: Σ over j ≠ i of w(j)/W · w(i)/(W − w(j)). */
function ofTwoPicks(weights: Float64Array, sum: number, wanted: readonly number[]): Float64Array {
  const odds = weights.map((weight) => weight / (sum - weight));
  const allOdds = odds.reduce((total, value) => total + value, 0);
  return Float64Array.from(
    wanted,
    (index) => ((weights[index] as number) / sum) * (1 + allOdds - (odds[index] as number)),
  );
}

function byQuadrature(weights: Float64Array, picks: number, wanted: readonly number[]): Float64Array {
  const included = new Float64Array(wanted.length);
  const step = STEP / Math.cbrt(picks);
  const counts = new Float64Array(picks);
  const allCounts = new Float64Array(weights.length + 1);
  const without = new Float64Array(picks);
  for (let y = FIRST; ; y += step) {
    const t = Math.exp(y - Math.exp(-y));
    const width = step * t * (1 + Math.exp(-y));
    countRung(weights, t, counts);
    let hasAll = false;
    for (const [i, index] of wanted.entries()) {
      const weight = weights[index] as number;
      const silent = Math.exp(-weight * t);
      if (silent >= 0.5) {
        leaveOutSilent(counts, silent, without);
      } else {
        if (!hasAll) countRung(weights, t, allCounts);
        hasAll = true;
        leaveOutRung(allCounts, silent, without);
      }
      (included[i] as number) += width * weight * silent * total(without);
    }
    if (y > 0 && width * total(counts) < NEGLIGIBLE) return included;
  }
}

/** By m, as far as `counts` goes: the probability that m clocks have rung by `t`. */
function countRung(weights: Float64Array, t: number, counts: Float64Array): void {
  counts.fill(0);
  counts[0] = 1;
  let last = 0;
  let silent = 1;
  for (let j = 0; j < weights.length; j += 1) {
    const weight = weights[j] as number;
    if (weight !== last) {
      last = weight;
      silent = Math.exp(-weight * t);
    }
    for (let m = Math.min(j + 1, counts.length - 1); m > 0; m -= 1) {
      counts[m] = (counts[m] as number) * silent + (counts[m - 1] as number) * (1 - silent);
    }
    counts[0] *= silent;
  }
}

/** The counts without one clock, from the lowest up: loses no digits if that clock is more likely silent than not. */
function leaveOutSilent(counts: Float64Array, silent: number, without: Float64Array): void {
  let lower = 0;
  for (let m = 0; m < without.length; m += 1) {
    lower = ((counts[m] as number) - (1 - silent) * lower) / silent;
    without[m] = lower;
  }
}

/** The counts without one clock, from all clocks down: loses no digits if that clock has more likely rung than not. */
function leaveOutRung(counts: Float64Array, silent: number, without: Float64Array): void {
  let higher = 0;
  for (let m = counts.length - 2; m >= 0; m -= 1) {
    higher = ((counts[m + 1] as number) - silent * higher) / (1 - silent);
    if (m < without.length) without[m] = higher;
  }
}

function total(probabilities: Float64Array): number {
  let sum = 0;
  for (let m = 0; m < probabilities.length; m += 1) sum += probabilities[m] as number;
  return sum;
}
