import type { CollaborativeModel, FoldedUser } from '../../scoring/v2/collaborative-model.js';
import { PreferenceSolver } from './preference-solver.js';
import type { Vectors } from './whitening.js';

/** Steps of the solver for a user; fewer engagements take at most their number. */
const STEPS = 100;

const NO_USER: FoldedUser = { preferenceFor: () => 0 };

/** Neighbors of items, with their values in steps of the row's highest value / 65,535. */
export interface StoredNeighbors {
  /** The neighbors of item i are `ids[start[i]]` to `ids[start[i + 1] − 1]`. */
  readonly start: Int32Array;
  readonly ids: Int32Array;
  readonly steps: Uint16Array;
  /** By item. */
  readonly highest: Float32Array;
}

export const HIGHEST_STEP = 65_535;

/** Marks the items of the user that was inferred last. */
class OwnItems {
  readonly #isOwn: Uint8Array;
  #items: readonly number[] = [];

  constructor(count: number) {
    this.#isOwn = new Uint8Array(count);
  }

  set(items: readonly number[]): void {
    for (const item of this.#items) this.#isOwn[item] = 0;
    for (const item of items) this.#isOwn[item] = 1;
    this.#items = items;
  }

  has(item: number): boolean {
    return this.#isOwn[item] === 1;
  }
}

/**
 * Implicit ALS with the items fixed: one solve per user. The items are whitened by the decomposition of their regularized Gram
 * matrix, so the solve needs only the items of the user. The preference is the predicted one, clamped to 0–1.
 */
export class FactorModel implements CollaborativeModel {
  readonly #solver: PreferenceSolver;
  readonly #user: Float64Array;
  readonly #own: OwnItems;

  constructor(
    private readonly items: ReadonlyMap<string, number>,
    private readonly whitened: Vectors,
    alpha: number,
  ) {
    this.#solver = new PreferenceSolver(whitened.size, alpha);
    this.#user = new Float64Array(whitened.size);
    this.#own = new OwnItems(items.size);
  }

  itemOf(marketId: string): number | undefined {
    return this.items.get(marketId);
  }

  foldIn(items: readonly number[]): FoldedUser {
    if (items.length === 0) return NO_USER;
    const user = this.#user.fill(0);
    this.#own.set(items);
    this.#solver.solve(this.whitened, Int32Array.from(items), user, STEPS);
    const { size, values } = this.whitened;
    return {
      preferenceFor: (item) => {
        if (this.#own.has(item)) return 0;
        let product = 0;
        for (let i = 0, at = item * size; i < size; i += 1, at += 1)
          product += (values[at] as number) * (user[i] as number);
        return product > 0 ? Math.min(1, product) : 0;
      },
    };
  }
}

/** A graph filter: the sum of the rows of the user's items. A sum of `scale` is a preference of 1/2, and none reaches 1. */
export class NeighborModel implements CollaborativeModel {
  readonly #sums: Float64Array;
  readonly #own: OwnItems;
  /** The items whose sum may not be 0. */
  #touched: Int32Array[] = [];

  constructor(
    private readonly items: ReadonlyMap<string, number>,
    private readonly neighbors: StoredNeighbors,
    private readonly scale: number,
  ) {
    this.#sums = new Float64Array(items.size);
    this.#own = new OwnItems(items.size);
  }

  itemOf(marketId: string): number | undefined {
    return this.items.get(marketId);
  }

  foldIn(items: readonly number[]): FoldedUser {
    const { start, ids, steps, highest } = this.neighbors;
    const sums = this.#sums;
    for (const touched of this.#touched) for (const item of touched) sums[item] = 0;
    this.#touched = items.map((item) => ids.subarray(start[item], start[item + 1]));
    this.#own.set(items);
    for (const item of items) {
      const to = start[item + 1] as number;
      const step = (highest[item] as number) / HIGHEST_STEP;
      for (let index = start[item] as number; index < to; index += 1) {
        const other = ids[index] as number;
        sums[other] = (sums[other] as number) + step * (steps[index] as number);
      }
    }
    return {
      preferenceFor: (item) => {
        const sum = this.#own.has(item) ? 0 : (sums[item] as number);
        return sum > 0 ? sum / (sum + this.scale) : 0;
      },
    };
  }
}
