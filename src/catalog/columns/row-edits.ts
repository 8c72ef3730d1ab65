/** Rows `from` to `to − 1` of the old columns, which come next in the new ones. */
export interface KeptRows {
  readonly from: number;
  readonly to: number;
}

/**
 * How the rows of new columns follow from the old ones: in the order of the new rows, runs of rows that are kept, and
 * rows that are new or have another text, topic, event, time of creation, or restriction.
 */
export interface RowEdits<Entry> {
  readonly sizeBefore: number;
  readonly size: number;
  readonly pieces: readonly (KeptRows | { readonly fresh: Entry })[];
  /** By old row, its new row; −1 for a row that is not kept. */
  readonly newRowOf: Int32Array;
  /** The new rows that are not kept, ascending, and their entries. */
  readonly fresh: readonly { readonly row: number; readonly entry: Entry }[];
}

export function rowEdits<Entry>(sizeBefore: number, pieces: RowEdits<Entry>['pieces']): RowEdits<Entry> {
  const newRowOf = new Int32Array(sizeBefore).fill(-1);
  const fresh: { row: number; entry: Entry }[] = [];
  let row = 0;
  for (const piece of pieces) {
    if ('fresh' in piece) fresh.push({ row: row++, entry: piece.fresh });
    else for (let old = piece.from; old < piece.to; old += 1) newRowOf[old] = row++;
  }
  return { sizeBefore, size: row, pieces, newRowOf, fresh };
}

type Column = Float64Array | Int32Array | Uint8Array;

/** The column of the new rows. */
export function editedColumn<Values extends Column, Entry>(
  old: Values,
  { size, pieces }: RowEdits<Entry>,
  valueOf: (entry: Entry) => number,
): Values {
  const column = new (old.constructor as new (length: number) => Values)(size);
  let row = 0;
  for (const piece of pieces) {
    if ('fresh' in piece) column[row++] = valueOf(piece.fresh);
    else {
      column.set(old.subarray(piece.from, piece.to), row);
      row += piece.to - piece.from;
    }
  }
  return column;
}

/** The list of the new rows. */
export function editedList<Item, Entry>(
  old: readonly Item[],
  { pieces }: RowEdits<Entry>,
  itemOf: (entry: Entry) => Item,
): Item[] {
  return ([] as Item[]).concat(
    ...pieces.map((piece) => ('fresh' in piece ? [itemOf(piece.fresh)] : old.slice(piece.from, piece.to))),
  );
}
