import type { GraphFilter } from '../../domain/collaborative.js';
import { HighestValues } from '../../lib/highest-values.js';
import { rowCount, type Interactions, type SparseRows } from './interactions.js';

/**
 * Polynomials of the item–item matrix by their coefficients of P, P², P³. Source: Park, Shin and Shin 2024, "Turbo-CF: Matrix
 * decomposition-free graph filtering for fast recommendation".
 */
export const GRAPH_FILTERS: Readonly<Record<GraphFilter, readonly number[]>> = {
  linear: [1],
  quadratic: [2, -1],
  cubic: [0.71, 0.1, -0.01],
};

export interface GraphOptions {
  readonly filter: GraphFilter;
  /** Exponent of the number of a user's items; 1 less it is that of the number of an item's users. */
  readonly normalization: number;
  /** Exponent of the elements of the item–item matrix. */
  readonly power: number;
  /** Maximum number of stored neighbors of an item, the highest. */
  readonly neighbors: number;
}

/** Neighbors by item, in the order of their numbers, with their values. */
export interface Neighbors extends SparseRows {
  readonly values: Float32Array;
}

/** Elements per row of the matrices whose products are the higher terms. */
const PRODUCT_ELEMENTS = 256;

/**
 * The rows of a low-pass graph filter. With R the binary matrix of users and items,
 *
 *     S = D_U^(−normalization) · R · D_I^(normalization − 1)
 *     P = (Sᵀ·S)^∘power
 *     F = Σ coefficient_k · P^k
 *
 * where D are the numbers of engagements and ∘ is by element. Row j of F has the score that an engagement with item j gives
 * to each item. It computes one row at a time, so its memory is the stored neighbors. Products of P keep the 256 elements
 * of each row with the highest absolute values; the linear term is exact.
 *
 * Source: Turbo-CF, see {@link GRAPH_FILTERS}.
 *
 * @param isCandidate items that neighbors may be. Default: all.
 */
export function trainGraph(
  interactions: Interactions,
  options: GraphOptions,
  isCandidate?: (item: number) => boolean,
): Neighbors {
  const coefficients = GRAPH_FILTERS[options.filter];
  const rows = new FilterRows(interactions, options);
  const { neighbors } = options;
  const [linear, ...higher] = coefficients as [number, ...number[]];
  if (higher.length === 0) return rows.combine(linear, undefined, { elements: neighbors, isCandidate });
  // Horner's scheme: F = P·(c_1 + P·(c_2 + P·c_3)).
  const matrix = rows.combine(1, undefined, { elements: PRODUCT_ELEMENTS });
  let rest: Neighbors | undefined;
  for (const coefficient of higher.reverse()) {
    const product = rest === undefined ? undefined : { matrix, rest };
    rest = rows.combine(coefficient, product, { elements: PRODUCT_ELEMENTS, isSigned: true });
  }
  const product = rest === undefined ? undefined : { matrix, rest };
  return rows.combine(linear, product, { elements: neighbors, isCandidate });
}

/** The elements of a row that are kept: the highest, or those with the highest absolute values. */
interface Kept {
  readonly elements: number;
  readonly isSigned?: boolean;
  /** Columns that are kept. Default: all. */
  readonly isCandidate?: ((column: number) => boolean) | undefined;
}

/** Computes rows of polynomials of P. */
class FilterRows {
  readonly #items: number;
  readonly #userFactors: Float64Array;
  readonly #itemFactors: Float64Array;
  /** The elements of one row, and the columns of those that are not 0. */
  readonly #row: Float64Array;
  readonly #columns: Int32Array;
  readonly #isListed: Uint8Array;
  #length = 0;
  readonly #keys: Float64Array;
  readonly #kept: Int32Array;
  readonly #highest = new HighestValues();

  constructor(
    private readonly interactions: Interactions,
    private readonly options: Pick<GraphOptions, 'normalization' | 'power'>,
  ) {
    const { itemsOfUser, usersOfItem } = interactions;
    this.#items = rowCount(usersOfItem);
    this.#userFactors = powersOfCounts(itemsOfUser, -2 * options.normalization);
    this.#itemFactors = powersOfCounts(usersOfItem, options.normalization - 1);
    this.#row = new Float64Array(this.#items);
    this.#columns = new Int32Array(this.#items);
    this.#isListed = new Uint8Array(this.#items);
    this.#keys = new Float64Array(this.#items);
    this.#kept = new Int32Array(this.#items);
  }

  /** The rows of `coefficient · P + matrix · rest`. */
  combine(
    coefficient: number,
    product: { readonly matrix: Neighbors; readonly rest: Neighbors } | undefined,
    kept: Kept,
  ): Neighbors {
    const start = new Int32Array(this.#items + 1);
    let ids = new Int32Array(1_024);
    let values = new Float32Array(1_024);
    for (let item = 0; item < this.#items; item += 1) {
      this.#load(item, coefficient);
      if (product !== undefined) this.#addProduct(item, product.matrix, product.rest);
      const from = start[item] as number;
      const columns = this.#highestOf(kept);
      const to = from + columns.length;
      start[item + 1] = to;
      if (to > ids.length) {
        const length = Math.min(this.#items * kept.elements, Math.max(to, 2 * ids.length));
        ids = copyOf(ids, new Int32Array(length));
        values = copyOf(values, new Float32Array(length));
      }
      ids.set(columns, from);
      for (let index = 0; index < columns.length; index += 1)
        values[from + index] = this.#row[columns[index] as number] as number;
      this.#clear();
    }
    const length = start[this.#items] as number;
    return { start, ids: ids.slice(0, length), values: values.slice(0, length) };
  }

  /** Loads a row of `coefficient · P`. */
  #load(item: number, coefficient: number): void {
    const { itemsOfUser, usersOfItem } = this.interactions;
    const row = this.#row;
    const usersTo = usersOfItem.start[item + 1] as number;
    for (let at = usersOfItem.start[item] as number; at < usersTo; at += 1) {
      const user = usersOfItem.ids[at] as number;
      const factor = this.#userFactors[user] as number;
      const to = itemsOfUser.start[user + 1] as number;
      for (let index = itemsOfUser.start[user] as number; index < to; index += 1) {
        const other = itemsOfUser.ids[index] as number;
        if (this.#isListed[other] === 0) this.#list(other);
        row[other] = (row[other] as number) + factor;
      }
    }
    const { power } = this.options;
    const own = this.#itemFactors[item] as number;
    for (let index = 0; index < this.#length; index += 1) {
      const other = this.#columns[index] as number;
      const value = (row[other] as number) * own * (this.#itemFactors[other] as number);
      row[other] = coefficient * (power === 1 ? value : value ** power);
    }
  }

  #addProduct(item: number, matrix: Neighbors, rest: Neighbors): void {
    const row = this.#row;
    const matrixTo = matrix.start[item + 1] as number;
    for (let at = matrix.start[item] as number; at < matrixTo; at += 1) {
      const via = matrix.ids[at] as number;
      const factor = matrix.values[at] as number;
      const to = rest.start[via + 1] as number;
      for (let index = rest.start[via] as number; index < to; index += 1) {
        const other = rest.ids[index] as number;
        if (this.#isListed[other] === 0) this.#list(other);
        row[other] = (row[other] as number) + factor * (rest.values[index] as number);
      }
    }
  }

  #list(column: number): void {
    this.#isListed[column] = 1;
    this.#columns[this.#length++] = column;
  }

  /** The columns of the highest elements of the loaded row, ascending. Of equal elements, the first ones count. */
  #highestOf({ elements, isSigned = false, isCandidate }: Kept): Int32Array {
    const keys = this.#keys;
    const all = this.#columns.subarray(0, this.#length).sort();
    const columns = isCandidate === undefined ? all : all.filter(isCandidate);
    const { length } = columns;
    for (let index = 0; index < length; index += 1) {
      const value = this.#row[columns[index] as number] as number;
      keys[index] = isSigned ? Math.abs(value) : value;
    }
    // Elements of 0 are not kept.
    const least = Math.max(
      Number.MIN_VALUE,
      this.#highest.exact(elements, length, (index) => keys[index] as number),
    );
    let above = 0;
    for (let index = 0; index < length; index += 1) if ((keys[index] as number) > least) above += 1;
    let equal = elements - above;
    let kept = 0;
    for (let index = 0; index < length; index += 1) {
      const key = keys[index] as number;
      if (key > least || (key === least && equal-- > 0)) this.#kept[kept++] = columns[index] as number;
    }
    return this.#kept.subarray(0, kept);
  }

  #clear(): void {
    for (let index = 0; index < this.#length; index += 1) {
      const column = this.#columns[index] as number;
      this.#row[column] = 0;
      this.#isListed[column] = 0;
    }
    this.#length = 0;
  }
}

function copyOf<Numbers extends Int32Array<ArrayBuffer> | Float32Array<ArrayBuffer>>(
  numbers: Numbers,
  longer: Numbers,
): Numbers {
  longer.set(numbers);
  return longer;
}

/** By row, its number of ids to a power; 0 for a row without any. */
function powersOfCounts(rows: SparseRows, exponent: number): Float64Array {
  return Float64Array.from({ length: rowCount(rows) }, (_, row) => {
    const count = (rows.start[row + 1] as number) - (rows.start[row] as number);
    return count === 0 ? 0 : count ** exponent;
  });
}
