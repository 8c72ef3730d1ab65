/**
 * The share of each row that no other row has. It bounds the residuals from below, so that rows without any difference keep
 * the order of their relevance, and no selection is singular.
 */
export const OWN_SHARE = 0.05;

/** Writes the similarity, −1 to 1, of a row to each of `rows`; 1 to itself. All of them are one Gram matrix. */
export type WriteSimilarities = (row: number, rows: Int32Array, target: Float64Array) => void;

/**
 * Greedy MAP inference of a determinantal point process (Chen, Zhang & Zhou 2018, "Fast greedy MAP inference for
 * determinantal point process to improve recommendation diversity"). The kernel is `(1 − OWN_SHARE) · similarity`, with 1
 * on the diagonal.
 *
 * The residual of a row is the factor by which it multiplies the determinant of the kernel of the selected rows. It is
 * kept up to date by an incremental Cholesky factorization: the n-th selection costs O(n) per row of the pool.
 */
export class GreedyDeterminant {
  /** By index in the pool, 1 minus the part of the row that the selected rows have. */
  readonly #residual: Float64Array;
  /** By selected row, its column of the factor: one number per row of the pool. */
  readonly #columns: Float64Array[] = [];
  readonly #selected: { readonly row: number; readonly factor: Float64Array; readonly length: number }[] = [];

  /** @param rows of the pool. */
  constructor(
    private readonly rows: Int32Array,
    private readonly similarities: WriteSimilarities,
  ) {
    this.#residual = new Float64Array(rows.length).fill(1);
  }

  /** The residual of the row at an index of the pool: 1 before the first selection, and never below {@link OWN_SHARE}. */
  residualOf(index: number): number {
    return Math.max(OWN_SHARE, this.#residual[index] as number);
  }

  /** Selects a row, which need not be in the pool. */
  select(row: number): void {
    const { rows } = this;
    const count = this.#selected.length;
    const earlier = Int32Array.from(this.#selected, (selected) => selected.row);
    const factor = this.#kernel(row, earlier);
    let residual = 1;
    for (const [step, selected] of this.#selected.entries()) {
      let entry = factor[step] as number;
      for (let before = 0; before < step; before += 1)
        entry -= (factor[before] as number) * (selected.factor[before] as number);
      entry /= selected.length;
      factor[step] = entry;
      residual -= entry * entry;
    }
    const length = Math.sqrt(Math.max(OWN_SHARE, residual));
    const column = this.#kernel(row, rows);
    for (let step = 0; step < count; step += 1) {
      const own = factor[step] as number;
      const before = this.#columns[step] as Float64Array;
      for (let index = 0; index < rows.length; index += 1)
        column[index] = (column[index] as number) - own * (before[index] as number);
    }
    for (let index = 0; index < rows.length; index += 1) {
      const entry = (column[index] as number) / length;
      column[index] = entry;
      this.#residual[index] = (this.#residual[index] as number) - entry * entry;
    }
    this.#columns.push(column);
    this.#selected.push({ row, factor, length });
  }

  /** The elements of the kernel for a row and other rows. */
  #kernel(row: number, others: Int32Array): Float64Array {
    const kernel = new Float64Array(others.length);
    this.similarities(row, others, kernel);
    for (let index = 0; index < others.length; index += 1)
      kernel[index] = (1 - OWN_SHARE) * (kernel[index] as number);
    return kernel;
  }
}
