import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { idsOf, rowCount, type Interactions, type SparseRows } from './interactions.js';
import { PreferenceSolver } from './preference-solver.js';
import { multiplyTransposed, solveTransposed, whiten, whiteningOf, type Vectors } from './whitening.js';

export interface AlsOptions {
  /** Numbers per user and item. */
  readonly factors: number;
  readonly regularization: number;
  /** Confidence of an engagement above that of none: the squared error of a pair counts 1 + alpha times if it is one. */
  readonly alpha: number;
  /** Maximum number of iterations. */
  readonly iterations: number;
  /** Of the first factors. */
  readonly seed: number;
}

export interface AlsResult {
  readonly users: Vectors;
  readonly items: Vectors;
  /** The loss after each iteration. */
  readonly losses: readonly number[];
}

/** Steps of the solver per row and iteration. More do not lower the loss of a later iteration. */
const STEPS = 3;

/** The iterations end once one lowers the loss by less than this share. */
const CONVERGED = 1e-3;

/**
 * Matrix factorization for implicit feedback by alternating least squares. It minimizes
 * `Σ c·(p − x·y)² + regularization · (Σ|x|² + Σ|y|²)` over all pairs of a user x and an item y, where p = 1 and c = 1 + alpha
 * for an engagement, and p = 0 and c = 1 for all other pairs.
 *
 * Source: Hu, Koren and Volinsky 2008.
 *
 * @param start the first factors of items: NaN where they are drawn at random. Default: all are.
 */
export function trainAls(
  { itemsOfUser, usersOfItem }: Interactions,
  options: AlsOptions,
  start?: Float32Array,
): AlsResult {
  const { factors, regularization, alpha, iterations, seed } = options;
  const users = { size: factors, values: new Float32Array(rowCount(itemsOfUser) * factors) };
  const items = { size: factors, values: firstFactors(rowCount(usersOfItem), factors, seed, start) };
  const side = new Side(factors, regularization, alpha);
  const losses: number[] = [];
  for (let iteration = 0; iteration < iterations; iteration += 1) {
    side.solve(itemsOfUser, items, users);
    const loss = side.solve(usersOfItem, users, items);
    const before = losses.at(-1) ?? Infinity;
    losses.push(loss);
    if (before - loss < CONVERGED * before) break;
  }
  return { users, items, losses };
}

function firstFactors(items: number, factors: number, seed: number, start?: Float32Array): Float32Array {
  const rng = xoroshiro128plus(seed);
  const values = new Float32Array(items * factors);
  const spread = 1 / Math.sqrt(factors);
  for (let index = 0; index < values.length; index += 1) {
    const random = spread * (uniformFloat64(rng) - 0.5);
    const given = start?.[index] ?? NaN;
    values[index] = Number.isNaN(given) ? random : given;
  }
  return values;
}

/** Solves for the vectors of one side, users or items, with those of the other side fixed. */
class Side {
  readonly #solver: PreferenceSolver;
  readonly #vector: Float64Array;
  #whitened = new Float32Array(0);

  constructor(
    private readonly size: number,
    private readonly regularization: number,
    private readonly alpha: number,
  ) {
    this.#solver = new PreferenceSolver(size, alpha);
    this.#vector = new Float64Array(size);
  }

  /** Replaces `vectors`, which are the start. Returns the loss without the regularization of the fixed side. */
  solve(rows: SparseRows, fixed: Vectors, vectors: Vectors): number {
    const { size, alpha, regularization } = this;
    const lower = whiteningOf(fixed, regularization);
    if (this.#whitened.length < fixed.values.length) this.#whitened = new Float32Array(fixed.values.length);
    const whitened = { size, values: this.#whitened.subarray(0, fixed.values.length) };
    whiten(lower, fixed, whitened.values);
    const vector = this.#vector;
    let loss = 0;
    for (let row = 0; row < rowCount(rows); row += 1) {
      const ids = idsOf(rows, row);
      const from = row * size;
      for (let i = 0; i < size; i += 1) vector[i] = vectors.values[from + i] as number;
      multiplyTransposed(lower, vector);
      this.#solver.solve(whitened, ids, vector, STEPS);
      loss += lossOf(whitened, ids, vector, alpha);
      solveTransposed(lower, vector);
      vectors.values.set(vector, from);
    }
    return loss;
  }
}

/** The loss of a row: in the whitened space, `|w|²` is the squared sum over all pairs with the regularization of the row. */
function lossOf({ size, values }: Vectors, ids: Int32Array, vector: Float64Array, alpha: number): number {
  let loss = 0;
  for (let i = 0; i < size; i += 1) loss += (vector[i] as number) ** 2;
  for (const id of ids) {
    let product = 0;
    for (let i = 0; i < size; i += 1) product += (values[id * size + i] as number) * (vector[i] as number);
    loss += (1 + alpha) * (1 - product) ** 2 - product ** 2;
  }
  return loss;
}
