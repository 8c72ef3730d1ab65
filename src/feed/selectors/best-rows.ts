/** The order of rows: key descending, then volume descending, then row ascending, which is the order of ids. */
export interface RowOrder {
  /** By row; NaN sorts last. */
  readonly key: Float64Array;
  /** By row. */
  readonly volumeTotal: Float64Array;
}

export interface RowCondition {
  /** Only rows with a higher key. */
  readonly above: number;
  /** Whether a row may be among the best; called only for rows that rank high enough. Null: all may. */
  readonly wanted: ((row: number) => boolean) | null;
}

/**
 * Returns the best `count` of `rows`, best first, in O(n log count) and without an object per row: by a heap whose root
 * is the worst row that is kept.
 */
export function bestRows(
  rows: Int32Array,
  count: number,
  order: RowOrder,
  { above, wanted }: RowCondition,
): Int32Array {
  const { key, volumeTotal } = order;
  const heap = new Int32Array(Math.min(count, rows.length));
  const heapKeys = new Float64Array(heap.length);
  let size = 0;
  // The key of the worst kept row once the heap is full. Most rows need no other comparison.
  let lowest = heap.length === 0 ? Infinity : above;
  for (let i = 0; i < rows.length; i += 1) {
    const row = rows[i] as number;
    const rowKey = key[row] as number;
    if (rowKey < lowest || rowKey <= above) continue;
    const isFull = size === heap.length;
    if (
      isFull &&
      (size === 0 || ranksBelow(volumeTotal, rowKey, row, heapKeys[0] as number, heap[0] as number))
    )
      continue;
    if (wanted !== null && !wanted(row)) continue;
    if (isFull) replaceRoot(heap, heapKeys, size, volumeTotal, rowKey, row);
    else push(heap, heapKeys, size++, volumeTotal, rowKey, row);
    if (size === heap.length) lowest = heapKeys[0] as number;
  }
  for (let end = size - 1; end > 0; end -= 1) {
    const worst = heap[0] as number;
    replaceRoot(heap, heapKeys, end, volumeTotal, heapKeys[end] as number, heap[end] as number);
    heap[end] = worst;
  }
  return heap.subarray(0, size);
}

/** Whether a row ranks below another in a {@link RowOrder}. */
export function ranksBelow(
  volumeTotal: Float64Array,
  rowKey: number,
  row: number,
  otherKey: number,
  other: number,
): boolean {
  if (rowKey < otherKey) return true;
  if (rowKey > otherKey) return false;
  if (rowKey !== otherKey) return Number.isNaN(rowKey) && !Number.isNaN(otherKey);
  const difference = (volumeTotal[row] as number) - (volumeTotal[other] as number);
  return difference === 0 ? row > other : difference < 0;
}

/** Replaces the root of a heap of `size` rows and restores the order downward. */
function replaceRoot(
  heap: Int32Array,
  keys: Float64Array,
  size: number,
  volumeTotal: Float64Array,
  rowKey: number,
  row: number,
): void {
  let index = 0;
  for (let child = 1; child < size; child = 2 * index + 1) {
    let lower = heap[child] as number;
    let lowerKey = keys[child] as number;
    if (child + 1 < size) {
      const right = heap[child + 1] as number;
      const rightKey = keys[child + 1] as number;
      if (ranksBelow(volumeTotal, rightKey, right, lowerKey, lower)) {
        child += 1;
        lower = right;
        lowerKey = rightKey;
      }
    }
    if (!ranksBelow(volumeTotal, lowerKey, lower, rowKey, row)) break;
    heap[index] = lower;
    keys[index] = lowerKey;
    index = child;
  }
  heap[index] = row;
  keys[index] = rowKey;
}

/** Adds a row to a heap of `size` rows and restores the order upward. */
function push(
  heap: Int32Array,
  keys: Float64Array,
  size: number,
  volumeTotal: Float64Array,
  rowKey: number,
  row: number,
): void {
  let index = size;
  while (index > 0) {
    const parent = (index - 1) >>> 1;
    const upper = heap[parent] as number;
    const upperKey = keys[parent] as number;
    if (!ranksBelow(volumeTotal, rowKey, row, upperKey, upper)) break;
    heap[index] = upper;
    keys[index] = upperKey;
    index = parent;
  }
  heap[index] = row;
  keys[index] = rowKey;
}
