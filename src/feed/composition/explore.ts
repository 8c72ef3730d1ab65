import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { gumbelTopK } from './gumbel-top-k.js';
import { inclusionProbabilities } from './inclusion-probability.js';

/** Of more rows than this, exact probabilities of inclusion would cost too much. */
const MOST_AT_ONCE = 256;

export interface Explored {
  readonly row: number;
  /** The probability, over all seeds, that this row is among the drawn, 0–1. */
  readonly propensity: number;
}

/**
 * Draws `picks` rows of the pool without replacement, with probability proportional to weight.
 *
 * A pool of more than 256 rows is dealt out, row by row, to as few groups of at most that size as there must be; one of
 * them is drawn by its weight, and the rows from it. Then the propensity is W(group)/W · P(row in the sample of the
 * group): every row has its chance, and for one pick it is w/W as without groups.
 *
 * @param picks at most the number of rows.
 */
export function explore(
  pool: Int32Array,
  weight: Float64Array,
  picks: number,
  rng: RandomGenerator,
): Explored[] {
  if (picks === 0) return [];
  const groups = Math.ceil(pool.length / MOST_AT_ONCE);
  const groupWeights = new Float64Array(groups);
  for (let group = 0; group < groups; group += 1) {
    let own = 0;
    for (let i = group; i < pool.length; i += groups) own += weight[pool[i] as number] as number;
    groupWeights[group] = own;
  }
  const sum = groupWeights.reduce((total, own) => total + own, 0);
  const group = groups === 1 ? 0 : weightedIndex(groupWeights, sum * uniformFloat64(rng));
  const rows = new Int32Array(Math.ceil((pool.length - group) / groups));
  const weights = new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i += 1) {
    const row = (rows[i] = pool[group + i * groups] as number);
    weights[i] = weight[row] as number;
  }
  const drawn = gumbelTopK(rng, weights, picks);
  const included = inclusionProbabilities(weights, picks, drawn);
  const chance = (groupWeights[group] as number) / sum;
  return drawn.map((index, i) => ({
    row: rows[index] as number,
    propensity: Math.min(1, chance * (included[i] as number)),
  }));
}

function weightedIndex(weights: Float64Array, at: number): number {
  let rest = at;
  for (const [index, weight] of weights.entries()) {
    rest -= weight;
    if (rest < 0) return index;
  }
  return weights.length - 1;
}
