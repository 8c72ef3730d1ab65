import type { Vectors } from './whitening.js';

/** Squared residual, relative to that of zeros, from which on a solution counts as exact. */
const EXACT = 1e-24;

/**
 * Solves `(I + α·Σ z·zᵀ)·w = (1 + α)·Σ z` over some vectors z by conjugate gradients, without the matrix. The vectors are
 * whitened by the decomposition of the regularized Gram matrix, which is the preconditioner: the system of implicit ALS
 * becomes this one, and a step costs two products per vector instead of one with the Gram matrix. n vectors take at most n
 * steps.
 *
 * Sources: Hu, Koren and Volinsky 2008, "Collaborative filtering for implicit feedback datasets"; Takács, Pilászy and Tikk
 * 2011, "Applications of the conjugate gradient method for implicit feedback collaborative filtering".
 */
export class PreferenceSolver {
  readonly #residual: Float64Array;
  readonly #direction: Float64Array;
  readonly #product: Float64Array;

  constructor(
    private readonly size: number,
    private readonly alpha: number,
  ) {
    this.#residual = new Float64Array(size);
    this.#direction = new Float64Array(size);
    this.#product = new Float64Array(size);
  }

  /**
   * @param ids of the vectors; without any, the solution is 0.
   * @param solution the start, replaced by the solution.
   * @param steps maximum number of steps.
   */
  solve(whitened: Vectors, ids: Int32Array, solution: Float64Array, steps: number): void {
    const [residual, direction] = [this.#residual, this.#direction];
    const target = this.#start(whitened, ids, solution);
    direction.set(residual);
    let squared = squaredLength(residual);
    for (let step = 0; step < steps && squared > EXACT * target; step += 1) {
      this.#multiply(whitened, ids, direction);
      const length = squared / dot(direction, this.#product);
      addScaled(solution, direction, length);
      addScaled(residual, this.#product, -length);
      const before = squared;
      squared = squaredLength(residual);
      const factor = squared / before;
      for (let i = 0; i < this.size; i += 1)
        direction[i] = (residual[i] as number) + factor * (direction[i] as number);
    }
  }

  /** Writes the residual of a start. Returns the squared residual of zeros. */
  #start({ values }: Vectors, ids: Int32Array, solution: Float64Array): number {
    const { size, alpha } = this;
    const residual = this.#residual.fill(0);
    const target = this.#product.fill(0);
    for (const id of ids) {
      const from = id * size;
      let product = 0;
      for (let i = 0; i < size; i += 1) product += (values[from + i] as number) * (solution[i] as number);
      const factor = 1 + alpha - alpha * product;
      for (let i = 0; i < size; i += 1) {
        const value = values[from + i] as number;
        residual[i] = (residual[i] as number) + factor * value;
        target[i] = (target[i] as number) + (1 + alpha) * value;
      }
    }
    addScaled(residual, solution, -1);
    return squaredLength(target);
  }

  /** Writes the product of the matrix and a vector. */
  #multiply({ values }: Vectors, ids: Int32Array, vector: Float64Array): void {
    const { size, alpha } = this;
    const product = this.#product;
    product.set(vector);
    for (const id of ids) {
      const from = id * size;
      let sum = 0;
      for (let i = 0; i < size; i += 1) sum += (values[from + i] as number) * (vector[i] as number);
      sum *= alpha;
      for (let i = 0; i < size; i += 1)
        product[i] = (product[i] as number) + sum * (values[from + i] as number);
    }
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

function squaredLength(vector: Float64Array): number {
  return dot(vector, vector);
}

function addScaled(target: Float64Array, vector: Float64Array, factor: number): void {
  for (let i = 0; i < target.length; i += 1)
    target[i] = (target[i] as number) + factor * (vector[i] as number);
}
