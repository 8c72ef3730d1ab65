/** Bins with fewer expected samples are added up, because the χ² distribution does not hold for them. */
const MIN_EXPECTED = 10;

/** The 99.99% quantile of the normal distribution. */
const Z = 3.719;

/**
 * Pearson's χ² test of whole numbers against a probability mass function.
 *
 * @param mass probabilities by value; the values that it lacks have the rest.
 * @returns the statistic, and the value that it exceeds with probability 0.0001 if the samples have this distribution (Wilson,
 *   Hilferty, "The distribution of chi-square", 1931).
 */
export function chiSquare(
  samples: readonly number[],
  mass: ReadonlyMap<number, number>,
): { statistic: number; critical: number } {
  const observed = new Map<number, number>();
  for (const sample of samples) observed.set(sample, (observed.get(sample) ?? 0) + 1);
  let statistic = 0;
  let bins = 0;
  let rest = { observed: samples.length, expected: samples.length };
  for (const [value, probability] of mass) {
    const expected = probability * samples.length;
    if (expected < MIN_EXPECTED) continue;
    const count = observed.get(value) ?? 0;
    statistic += (count - expected) ** 2 / expected;
    bins += 1;
    rest = { observed: rest.observed - count, expected: rest.expected - expected };
  }
  if (rest.expected >= MIN_EXPECTED) {
    statistic += (rest.observed - rest.expected) ** 2 / rest.expected;
    bins += 1;
  }
  return { statistic, critical: criticalChiSquare(bins - 1) };
}

/** The value that χ² with so many degrees of freedom exceeds once in ten thousand times (Wilson & Hilferty 1931). */
export function criticalChiSquare(freedom: number): number {
  const spread = 2 / (9 * freedom);
  return freedom * (1 - spread + Z * Math.sqrt(spread)) ** 3;
}
