/** Sorted ids by row: those of row `r` are `ids[start[r]]` to `ids[start[r + 1] − 1]`. */
export interface SparseRows {
  readonly start: Int32Array;
  readonly ids: Int32Array;
}

/** Which users engaged with which items, each pair once. Users and items are numbers from 0. */
export interface Interactions {
  readonly itemsOfUser: SparseRows;
  readonly usersOfItem: SparseRows;
}

/** The number of rows. */
export function rowCount({ start }: SparseRows): number {
  return start.length - 1;
}

/** The ids of a row. */
export function idsOf({ start, ids }: SparseRows, row: number): Int32Array {
  return ids.subarray(start[row], start[row + 1]);
}

/**
 * Builds the matrix of engagements.
 *
 * @param users the user of each engagement, and `items` its item, in any order, with repetitions.
 */
export function interactionsOf(
  users: Int32Array,
  items: Int32Array,
  counts: { readonly users: number; readonly items: number },
): Interactions {
  // Grouped by item and then, in that order, by user: the items of each user are sorted.
  const byItem = grouped(items, users, counts.items);
  const byUser = grouped(byItem.ids, expanded(byItem.start), counts.users);
  const itemsOfUser = withoutRepetitions(byUser);
  const usersOfItem = grouped(itemsOfUser.ids, expanded(itemsOfUser.start), counts.items);
  return { itemsOfUser, usersOfItem };
}

/** Groups values by key, in their order (counting sort). */
function grouped(keys: Int32Array, values: Int32Array, keyCount: number): SparseRows {
  const start = new Int32Array(keyCount + 1);
  for (let index = 0; index < keys.length; index += 1) {
    const next = (keys[index] as number) + 1;
    start[next] = (start[next] as number) + 1;
  }
  for (let key = 0; key < keyCount; key += 1)
    start[key + 1] = (start[key + 1] as number) + (start[key] as number);
  const next = start.slice();
  const ids = new Int32Array(keys.length);
  for (let index = 0; index < keys.length; index += 1) {
    const key = keys[index] as number;
    const at = next[key] as number;
    next[key] = at + 1;
    ids[at] = values[index] as number;
  }
  return { start, ids };
}

/** The row of each id. */
function expanded(start: Int32Array): Int32Array {
  const rows = new Int32Array(start.at(-1) ?? 0);
  for (let row = 0; row + 1 < start.length; row += 1) rows.fill(row, start[row], start[row + 1]);
  return rows;
}

function withoutRepetitions({ start, ids }: SparseRows): SparseRows {
  const distinct = new Int32Array(ids.length);
  const distinctStart = new Int32Array(start.length);
  let length = 0;
  for (let row = 0; row + 1 < start.length; row += 1) {
    const to = start[row + 1] as number;
    for (let index = start[row] as number, before = -1; index < to; index += 1) {
      const id = ids[index] as number;
      if (id !== before) distinct[length++] = id;
      before = id;
    }
    distinctStart[row + 1] = length;
  }
  return { start: distinctStart, ids: distinct.slice(0, length) };
}
