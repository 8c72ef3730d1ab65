import { rowNumbers } from '../../scoring/v2/row-numbers.js';
import { bestRows } from './best-rows.js';

/** Rows that are ordered first; each extension orders four times as many. */
const FIRST_ROWS = 64;

/**
 * All rows of a catalog by a value that is the same for many requests, best first. Few of them are ever needed, so the
 * order is computed in growing parts.
 */
export class SharedOrder {
  #rows: Int32Array = new Int32Array(0);
  #isComplete = false;

  constructor(
    /** By row. */
    readonly values: Float64Array,
    readonly volumeTotal: Float64Array,
    /** Only rows with a higher value are in the order. */
    readonly above: number,
  ) {}

  /** The row at an index of the order; −1 after the last one. */
  rowAt(index: number): number {
    if (index >= this.#rows.length) this.#extend(index);
    return this.#rows[index] ?? -1;
  }

  #extend(index: number): void {
    if (this.#isComplete) return;
    const count = Math.max(FIRST_ROWS, 4 * index);
    const order = { key: this.values, volumeTotal: this.volumeTotal };
    this.#rows = bestRows(rowNumbers(this.values.length), count, order, { above: this.above, wanted: null });
    this.#isComplete = this.#rows.length < count;
  }
}
