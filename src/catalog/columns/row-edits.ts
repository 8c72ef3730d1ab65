/** Rows `from` to `to − 1` of the old columns, which follow next in the new columns. */
export interface KeptRows {
  readonly from: number;
  readonly to: number;
}

/**
 * The difference between old and new columns. In the order of the new rows: runs of kept rows, and inserted rows. A row is
 * inserted if its market is new, or if its text, topics, event, creation time, or restriction changed.
 */
export interface RowEdits<Entry> {
  readonly sizeBefore: number;
  readonly size: number;
  readonly segments: readonly (KeptRows | { readonly inserted: Entry })[];
  /** By old row, its new row; −1 for a row that is not kept. */
  readonly newRowOf: Int32Array;
  /** The inserted rows, ascending, and their entries. */
  readonly inserted: readonly { readonly row: number; readonly entry: Entry }[];
}

export function rowEdits<Entry>(sizeBefore: number, segments: RowEdits<Entry>['segments']): RowEdits<Entry> {
  const newRowOf = new Int32Array(sizeBefore).fill(-1);
  const inserted: { row: number; entry: Entry }[] = [];
  let row = 0;
  for (const segment of segments) {
    if ('inserted' in segment) inserted.push({ row: row++, entry: segment.inserted });
    else for (let old = segment.from; old < segment.to; old += 1) newRowOf[old] = row++;
  }
  return { sizeBefore, size: row, segments, newRowOf, inserted };
}

type Column = Float64Array | Int32Array | Uint8Array;

/** Applies edits to a column. */
export function editColumn<Values extends Column, Entry>(
  old: Values,
  { size, segments }: RowEdits<Entry>,
  valueOf: (entry: Entry) => number,
): Values {
  const column = new (old.constructor as new (length: number) => Values)(size);
  let row = 0;
  for (const segment of segments) {
    if ('inserted' in segment) column[row++] = valueOf(segment.inserted);
    else {
      column.set(old.subarray(segment.from, segment.to), row);
      row += segment.to - segment.from;
    }
  }
  return column;
}

/** Applies edits to a list. */
export function editList<Item, Entry>(
  old: readonly Item[],
  { segments }: RowEdits<Entry>,
  itemOf: (entry: Entry) => Item,
): Item[] {
  return ([] as Item[]).concat(
    ...segments.map((segment) =>
      'inserted' in segment ? [itemOf(segment.inserted)] : old.slice(segment.from, segment.to),
    ),
  );
}
