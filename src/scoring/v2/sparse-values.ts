import { reuseFloats, type Floats } from './reusable-arrays.js';

/** Values by row that are 0 for all but a few rows, in memory that is reused. */
export class SparseValues {
  #values: Floats = new Float64Array(0);
  #rows: number[] = [];

  /** Sets all values to 0. */
  reset(size: number): void {
    for (const row of this.#rows) this.#values[row] = 0;
    this.#rows = [];
    this.#values = reuseFloats(size, this.#values);
  }

  get(row: number): number {
    return this.#values[row] as number;
  }

  clear(row: number): void {
    this.#values[row] = 0;
  }

  /** Adds an amount of 0 or more to the value of a row. */
  add(row: number, amount: number): void {
    if (!(amount > 0)) return;
    const before = this.#values[row] as number;
    if (before === 0) this.#rows.push(row);
    this.#values[row] = before + amount;
  }

  /** Raises the value of a row to at least `value`. */
  raise(row: number, value: number): void {
    const before = this.#values[row] as number;
    if (!(value > before)) return;
    if (before === 0) this.#rows.push(row);
    this.#values[row] = value;
  }

  /** Writes the value of each of the rows. */
  fill(rows: Int32Array, values: Float64Array): void {
    for (let i = 0; i < rows.length; i += 1) values[i] = this.#values[rows[i] as number] as number;
  }

  /** Adds to each row's element of `sums` the weight times its value. */
  addTo(weight: number, sums: Float64Array): void {
    for (const row of this.#rows) sums[row] = (sums[row] as number) + weight * (this.#values[row] as number);
  }
}
