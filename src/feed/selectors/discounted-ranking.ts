import type { Discounts } from '../../scoring/v2/discount.js';
import { bestRows, ranksBelow } from './best-rows.js';
import type { RowRanking } from './ranking.js';
import type { SharedOrder } from './shared-order.js';

/**
 * Ranks rows by a value that all users share times the discount of one user. The discount of most rows is 1: they keep
 * their order. The few discounted rows are ranked among themselves and merged with them.
 */
export class DiscountedRanking implements RowRanking {
  constructor(
    private readonly order: SharedOrder,
    /** By row, 0 for an eligible row. */
    private readonly removedBy: Uint8Array,
    private readonly discounts: Discounts,
    /** By row; only the elements of discounted rows are used. */
    private readonly keys: Float64Array,
  ) {}

  keyOf(row: number): number {
    return (this.discounts.discount[row] as number) * (this.order.values[row] as number);
  }

  best(count: number, wanted: ((row: number) => boolean) | null): Int32Array {
    const best = new Int32Array(count);
    const discounted = this.#bestDiscounted(count, wanted);
    const { discount } = this.discounts;
    const { values, volumeTotal } = this.order;
    let next = 0;
    let found = 0;
    for (let index = 0; found < count; index += 1) {
      const row = this.order.rowAt(index);
      if (row >= 0) {
        if (discount[row] !== 1 || this.removedBy[row] !== 0 || wanted?.(row) === false) continue;
      } else if (next === discounted.length) break;
      while (next < discounted.length && found < count) {
        const other = discounted[next] as number;
        if (row >= 0 && ranksBelow(volumeTotal, this.keyOf(other), other, values[row] as number, row)) break;
        best[found++] = other;
        next += 1;
      }
      if (row >= 0 && found < count) best[found++] = row;
    }
    return best.subarray(0, found);
  }

  #bestDiscounted(count: number, wanted: ((row: number) => boolean) | null): Int32Array {
    const { rows } = this.discounts;
    for (const row of rows) this.keys[row] = this.keyOf(row);
    return bestRows(
      rows,
      count,
      { key: this.keys, volumeTotal: this.order.volumeTotal },
      {
        above: this.order.above,
        wanted: (row) => this.removedBy[row] === 0 && wanted?.(row) !== false,
      },
    );
  }
}
