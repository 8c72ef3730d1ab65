/** Rows in order: the higher key first, then the larger volume, then the lower row, which is the lower id. */
export interface RowOrder {
  /** By row; one that is not a number comes last. */
  readonly key: Float64Array;
  /** By row. */
  readonly volumeTotal: Float64Array;
}

export interface RowChoice {
  /** Only rows with a higher key. */
  readonly above: number;
  /** Tells of a row whether it may be among the best; asked only of rows that are good enough. */
  readonly wanted: ((row: number) => boolean) | null;
}

/**
 * The best `count` of `rows`, best first, in O(n log count) and without an object for a row: a heap whose root is the
 * worst kept.
 */
export function bestRows(
  rows: Int32Array,
  count: number,
  order: RowOrder,
  { above, wanted }: RowChoice,
): Int32Array {
  const { key, volumeTotal } = order;
  const heap = new Int32Array(Math.min(count, rows.length));
  const heapKeys = new Float64Array(heap.length);
  let size = 0;
  // No lower key can get in: once the heap is full, that of the worst kept. Most rows need no other comparison.
  let floor = heap.length === 0 ? Infinity : above;
  for (let i = 0; i < rows.length; i += 1) {
    const row = rows[i] as number;
    const own = key[row] as number;
    if (own < floor || own <= above) continue;
    const isFull = size === heap.length;
    if (isFull && (size === 0 || isBehind(volumeTotal, own, row, heapKeys[0] as number, heap[0] as number)))
      continue;
    if (wanted !== null && !wanted(row)) continue;
    if (isFull) sink(heap, heapKeys, size, volumeTotal, own, row);
    else rise(heap, heapKeys, size++, volumeTotal, own, row);
    if (size === heap.length) floor = heapKeys[0] as number;
  }
  for (let end = size - 1; end > 0; end -= 1) {
    const worst = heap[0] as number;
    sink(heap, heapKeys, end, volumeTotal, heapKeys[end] as number, heap[end] as number);
    heap[end] = worst;
  }
  return heap.subarray(0, size);
}

function isBehind(
  volumeTotal: Float64Array,
  own: number,
  row: number,
  others: number,
  other: number,
): boolean {
  if (own < others) return true;
  if (own > others) return false;
  if (own !== others) return Number.isNaN(own) && !Number.isNaN(others);
  const difference = (volumeTotal[row] as number) - (volumeTotal[other] as number);
  return difference === 0 ? row > other : difference < 0;
}

/** Puts a row in the place of the root of a heap of `size` rows, and from there as far down as it belongs. */
function sink(
  heap: Int32Array,
  keys: Float64Array,
  size: number,
  volumeTotal: Float64Array,
  own: number,
  row: number,
): void {
  let place = 0;
  for (let child = 1; child < size; child = 2 * place + 1) {
    let lower = heap[child] as number;
    let lowers = keys[child] as number;
    if (child + 1 < size) {
      const right = heap[child + 1] as number;
      const rights = keys[child + 1] as number;
      if (isBehind(volumeTotal, rights, right, lowers, lower)) {
        child += 1;
        lower = right;
        lowers = rights;
      }
    }
    if (!isBehind(volumeTotal, lowers, lower, own, row)) break;
    heap[place] = lower;
    keys[place] = lowers;
    place = child;
  }
  heap[place] = row;
  keys[place] = own;
}

/** Puts a row at the end of a heap of `size` rows, and from there as far up as it belongs. */
function rise(
  heap: Int32Array,
  keys: Float64Array,
  size: number,
  volumeTotal: Float64Array,
  own: number,
  row: number,
): void {
  let place = size;
  while (place > 0) {
    const parent = (place - 1) >>> 1;
    const upper = heap[parent] as number;
    const uppers = keys[parent] as number;
    if (!isBehind(volumeTotal, own, row, uppers, upper)) break;
    heap[place] = upper;
    keys[place] = uppers;
    place = parent;
  }
  heap[place] = row;
  keys[place] = own;
}
