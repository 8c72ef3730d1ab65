import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';

export interface ExploredRow {
  readonly row: number;
  /** The probability of selecting this row, 0–1. Its inverse is an unbiased weight for off-policy estimates. */
  readonly propensity: number;
}

/**
 * Samples `picks` rows of a pool without replacement, in the order of their positions. The propensity of each is the
 * probability, over the draws of the generator, that the sample has it.
 *
 * @param picks at most the size of the pool.
 */
export type Sampler = (pool: Int32Array, picks: number, rng: RandomGenerator) => ExploredRow[];
