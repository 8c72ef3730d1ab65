/**
 * An observed count relative to the expected one, shrunk to a prior ratio: `(observed + strength·prior) / (expected + strength)`.
 * It is the posterior mean of a Poisson rate under a gamma prior with this mean, which counts as `strength` expected events.
 *
 * Above 0 for a prior above 0. Source: Clayton and Kaldor 1987, "Empirical Bayes estimates of age-standardized relative risks".
 */
export function shrunkRatio(observed: number, expected: number, prior: number, strength: number): number {
  return (observed + strength * prior) / (expected + strength);
}
