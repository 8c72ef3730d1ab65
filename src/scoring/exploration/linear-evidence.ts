import type { ExplorationConstants } from './exploration-weight.js';
import { defaultLinearWeights, FEATURES } from './linear-features.js';

/** Sums over explored impressions, weighted by their decay. Each has the features x and the reward r, 0 or 1. */
export interface LinearEvidence {
  /** Σ x·xᵀ: the lower triangle, row by row. */
  readonly gram: Float64Array;
  /** Σ r·x. */
  readonly moment: Float64Array;
}

/** Elements of a lower triangle of so many rows. */
const triangle = (rows: number): number => (rows * (rows + 1)) / 2;

export const GRAM_SIZE = triangle(FEATURES);

export const NO_EVIDENCE: LinearEvidence = {
  gram: new Float64Array(GRAM_SIZE),
  moment: new Float64Array(FEATURES),
};

/** Adds an impression to sums, in their place. */
export function addImpression(
  { gram, moment }: LinearEvidence,
  features: Float64Array,
  reward: number,
  weight = 1,
): void {
  for (let row = 0, at = 0; row < FEATURES; row += 1) {
    const value = weight * (features[row] as number);
    if (value === 0) {
      at += row + 1;
      continue;
    }
    moment[row] = (moment[row] as number) + reward * value;
    for (let column = 0; column <= row; column += 1, at += 1)
      gram[at] = (gram[at] as number) + value * (features[column] as number);
  }
}

/**
 * The posterior of the weights of a linear model of the reward: a normal distribution around `mean`, whose covariance is the
 * variance of a reward times the inverse of A = L·Lᵀ = λI + Σ x·xᵀ.
 *
 * Sources: Li, Chu, Langford and Schapire 2010, "A contextual-bandit approach to personalized news article recommendation";
 * Agrawal and Goyal 2013, "Thompson sampling for contextual bandits with linear payoffs".
 */
export class LinearPosterior {
  readonly mean: Float64Array;
  /** L: the lower triangle, row by row. */
  readonly #factor: Float64Array;

  /** The default weights are worth as many observations of a feature of size 1 as the prior click rate: λ = n₀. */
  constructor(
    { gram, moment }: LinearEvidence,
    { priorClickRate, priorImpressions }: Pick<ExplorationConstants, 'priorClickRate' | 'priorImpressions'>,
  ) {
    const prior = defaultLinearWeights(priorClickRate);
    this.#factor = cholesky(gram, FEATURES, priorImpressions);
    // With w₀ the default weights, A·(w − w₀) = Σ r·x − Σ x·xᵀ·w₀.
    const right = moment.slice();
    subtractProduct(right, gram, prior);
    const change = solveTransposed(this.#factor, solve(this.#factor, right));
    this.mean = prior.map((value, index) => value + (change[index] as number));
  }

  /** L⁻¹·x. The squared length of the result is xᵀ·A⁻¹·x. */
  whiten(vector: Float64Array): Float64Array {
    return solve(this.#factor, vector);
  }

  /** Weights at so many standard deviations from the mean along each axis, before their scale: L⁻ᵀ·z. */
  color(deviations: Float64Array): Float64Array {
    return solveTransposed(this.#factor, deviations);
  }
}

/** The factor L of λI + G by Cholesky decomposition, for a lower triangle G. */
function cholesky(gram: Float64Array, size: number, ridge: number): Float64Array {
  const factor = new Float64Array(gram.length);
  for (let row = 0; row < size; row += 1) {
    const ofRow = triangle(row);
    for (let column = 0; column <= row; column += 1) {
      const ofColumn = triangle(column);
      let sum = (gram[ofRow + column] as number) + (row === column ? ridge : 0);
      for (let k = 0; k < column; k += 1)
        sum -= (factor[ofRow + k] as number) * (factor[ofColumn + k] as number);
      // The ridge bounds every pivot from below, except for rounding errors.
      factor[ofRow + column] =
        row === column ? Math.sqrt(Math.max(ridge, sum)) : sum / (factor[ofColumn + column] as number);
    }
  }
  return factor;
}

/** Solves L·y = b. */
function solve(factor: Float64Array, right: Float64Array): Float64Array {
  const result = new Float64Array(right.length);
  for (let row = 0, at = 0; row < right.length; row += 1) {
    let sum = right[row] as number;
    for (let column = 0; column < row; column += 1, at += 1)
      sum -= (factor[at] as number) * (result[column] as number);
    result[row] = sum / (factor[at++] as number);
  }
  return result;
}

/** Solves Lᵀ·y = b. */
function solveTransposed(factor: Float64Array, right: Float64Array): Float64Array {
  const result = right.slice();
  for (let row = right.length - 1; row >= 0; row -= 1) {
    const ofRow = triangle(row);
    const value = (result[row] as number) / (factor[ofRow + row] as number);
    result[row] = value;
    for (let column = 0; column < row; column += 1)
      result[column] = (result[column] as number) - (factor[ofRow + column] as number) * value;
  }
  return result;
}

/** b ← b − G·w, for the lower triangle of a symmetric G. */
function subtractProduct(right: Float64Array, gram: Float64Array, weights: Float64Array): void {
  for (let row = 0, at = 0; row < right.length; row += 1) {
    for (let column = 0; column <= row; column += 1, at += 1) {
      const value = gram[at] as number;
      right[row] = (right[row] as number) - value * (weights[column] as number);
      if (column < row) right[column] = (right[column] as number) - value * (weights[row] as number);
    }
  }
}
