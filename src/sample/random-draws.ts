import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';

/** True with probability `p`. */
export function chance(rng: RandomGenerator, p: number): boolean {
  return uniformFloat64(rng) < p;
}

/** True with probability σ(logOdds) = 1 / (1 + e^−logOdds). */
export function chanceOfLogOdds(rng: RandomGenerator, logOdds: number): boolean {
  return chance(rng, 1 / (1 + Math.exp(-logOdds)));
}

/** A standard normal variate (Box–Muller). */
export function standardNormal(rng: RandomGenerator): number {
  const radius = Math.sqrt(-2 * Math.log(1 - uniformFloat64(rng)));
  return radius * Math.cos(2 * Math.PI * uniformFloat64(rng));
}

/** A log-normal variate: `median · e^(spread · N(0, 1))`. */
export function logNormal(rng: RandomGenerator, median: number, spread: number): number {
  return median * Math.exp(spread * standardNormal(rng));
}

/**
 * A standard Gumbel variate. The k largest of `logit + gumbel` are a sample of size k without replacement, with
 * probabilities proportional to e^logit (Gumbel top-k).
 */
export function standardGumbel(rng: RandomGenerator): number {
  return -Math.log(-Math.log(1 - uniformFloat64(rng)) + Number.MIN_VALUE);
}

/** A Poisson variate with the given mean, by Knuth's product of uniforms; suited to means below about 30. */
export function poisson(rng: RandomGenerator, mean: number): number {
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = uniformFloat64(rng); product > limit; product *= uniformFloat64(rng)) count += 1;
  return count;
}

/** An index of `weights`, drawn with probability proportional to the weight; weights ≥ 0, at least one positive. */
export function weightedIndex(rng: RandomGenerator, weights: readonly number[]): number {
  let rest = uniformFloat64(rng) * weights.reduce((sum, weight) => sum + weight, 0);
  for (const [index, weight] of weights.entries()) {
    rest -= weight;
    if (rest < 0) return index;
  }
  return weights.findLastIndex((weight) => weight > 0);
}
