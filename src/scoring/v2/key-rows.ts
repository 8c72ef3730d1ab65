/** The rows of each key: those of key `id` are `rows[start[id]]` to `rows[start[id + 1] − 1]`. */
export interface KeyRows {
  readonly start: Int32Array;
  readonly rows: Int32Array;
}

const computed = new WeakMap<Int32Array, KeyRows>();

/**
 * Returns the rows of each key of a column, computed once for the versions of the catalog that share the column.
 *
 * @param ids by row, the id of its key, 0 to `count − 1`; −1 without one.
 */
export function keyRows(ids: Int32Array, count: number): KeyRows {
  let rows = computed.get(ids);
  if (rows === undefined) computed.set(ids, (rows = computeRows(ids, count)));
  return rows;
}

function computeRows(ids: Int32Array, count: number): KeyRows {
  const start = new Int32Array(count + 1);
  for (const id of ids) if (id >= 0) start[id + 1] = (start[id + 1] as number) + 1;
  for (let id = 0; id < count; id += 1) start[id + 1] = (start[id + 1] as number) + (start[id] as number);
  const next = start.slice();
  const rows = new Int32Array(start[count] as number);
  for (let row = 0; row < ids.length; row += 1) {
    const id = ids[row] as number;
    if (id < 0) continue;
    rows[next[id] as number] = row;
    next[id] = (next[id] as number) + 1;
  }
  return { start, rows };
}
