import { bestRows, type RowOrder } from './best-rows.js';

/**
 * The eligible rows of a slot in the order of their keys, ties by volume and then by id. A slot needs few of its rows, so
 * they are found on demand.
 */
export interface RowRanking {
  /** Returns the best `count` of those rows that are `wanted`, best first. Null: all may be among them. */
  best(count: number, wanted: ((row: number) => boolean) | null): Int32Array;
  /** Key of a row that {@link best} returned. */
  keyOf(row: number): number;
}

/**
 * Ranks rows by a column of keys, in one pass over all rows for each call.
 *
 * @param above only rows with a higher key are ranked.
 */
export function scannedRanking(rows: Int32Array, order: RowOrder, above: number): RowRanking {
  return {
    best: (count, wanted) => bestRows(rows, count, order, { above, wanted }),
    keyOf: (row) => order.key[row] as number,
  };
}
