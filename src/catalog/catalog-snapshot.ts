import { topicKey, type Market } from '../domain/market.js';
import type { ScoringMarket } from '../scoring/v1/inputs.js';
import type { Work } from '../lib/in-slices.js';
import { columnsOf, columnsWork, type CatalogColumns } from './columns/market-columns.js';
import { mergeSortWork } from './columns/merge-sort.js';
import { differInNumbersOnly, patchColumns, refreshWork, withNumbers } from './columns/patch-columns.js';
import { editedList, rowEdits, type KeptRows, type RowEdits } from './columns/row-edits.js';

/** An open market, with what the formulas read of it worked out once. */
export interface CatalogEntry {
  readonly market: Market;
  readonly scoring: ScoringMarket;
  /** Milliseconds since 1970; infinite when the market says nothing. */
  readonly resolvesAtMs: number;
}

/** The open markets at one version. It never changes: a change of any market makes another one. */
export interface CatalogSnapshot {
  /** Grows with every change of any market. */
  readonly version: bigint;
  /** Ordered by id. */
  readonly entries: readonly CatalogEntry[];
  readonly byId: Pick<ReadonlyMap<string, CatalogEntry>, 'get' | 'has'>;
  /**
   * The same markets as columns: row `i` is entry `i`. Replicas that have the same markets rank them the same once
   * `columns.weighed` is true. Until then, words and topics may be, and weigh, what they were before the latest markets
   * came, went, or were renamed (see `patchColumns`); everything else of the columns is up to date.
   */
  readonly columns: CatalogColumns;
}

export const emptySnapshot: CatalogSnapshot = snapshotOf([], columnsOf([]), 0n);

/**
 * The snapshot with these markets put in their place, the last of several with one id; those no longer open leave it.
 * Costs copies of the columns. Words, and the weights of words and topics, are left to {@link refreshSnapshotWork}.
 */
export function patchSnapshot(
  snapshot: CatalogSnapshot,
  changed: readonly Market[],
  version: bigint,
): CatalogSnapshot {
  const { columns: before } = snapshot;
  const latest = new Map(changed.map((market) => [market.id, market]));
  const numbersOnly: { row: number; entry: CatalogEntry }[] = [];
  const others: { id: string; entry: CatalogEntry | undefined }[] = [];
  for (const market of latest.values()) {
    const row = before.rowOf(market.id);
    const old = row === undefined ? undefined : snapshot.entries[row];
    if (market.status !== 'OPEN') {
      if (old !== undefined) others.push({ id: market.id, entry: undefined });
      continue;
    }
    const entry = toEntry(market);
    if (row === undefined || old === undefined || !differInNumbersOnly(old, entry))
      others.push({ id: market.id, entry });
    else numbersOnly.push({ row, entry });
  }
  let { entries } = snapshot;
  let columns = before;
  if (numbersOnly.length > 0) {
    const replaced = entries.slice();
    for (const { row, entry } of numbersOnly) replaced[row] = entry;
    entries = replaced;
    columns = withNumbers(columns, numbersOnly);
  }
  if (others.length > 0) {
    others.sort((a, b) => (a.id < b.id ? -1 : 1));
    const edits = editsOf(entries, others);
    entries = editedList(entries, edits, (entry) => entry);
    // Versions of one catalog share numberings; the empty snapshot belongs to none.
    columns = before.size === 0 ? columnsOf(entries) : patchColumns(columns, edits);
  }
  return snapshotOf(entries, columns, version);
}

/** A snapshot of these markets, distinct by id and open, in any order. */
export function* snapshotWork(entries: CatalogEntry[], version: bigint): Work<CatalogSnapshot> {
  const inOrder = yield* mergeSortWork(entries, (a, b) => a.market.id < b.market.id);
  return snapshotOf(inOrder, yield* columnsWork(inOrder), version);
}

/** The same snapshot with words and topics weighed by its markets. */
export function* refreshSnapshotWork({ entries, columns, version }: CatalogSnapshot): Work<CatalogSnapshot> {
  return snapshotOf(entries, yield* refreshWork(columns, entries), version);
}

/** @param changed ordered by id; without an entry: leaves. */
function editsOf(
  entries: readonly CatalogEntry[],
  changed: readonly { readonly id: string; readonly entry: CatalogEntry | undefined }[],
): RowEdits<CatalogEntry> {
  const pieces: (KeptRows | { fresh: CatalogEntry })[] = [];
  let from = 0;
  for (const { id, entry } of changed) {
    const at = indexOf(id, entries, from);
    if (at > from) pieces.push({ from, to: at });
    if (entry !== undefined) pieces.push({ fresh: entry });
    from = entries[at]?.market.id === id ? at + 1 : at;
  }
  if (from < entries.length) pieces.push({ from, to: entries.length });
  return rowEdits(entries.length, pieces);
}

function snapshotOf(
  entries: readonly CatalogEntry[],
  columns: CatalogColumns,
  version: bigint,
): CatalogSnapshot {
  const get = (id: string): CatalogEntry | undefined => {
    const row = columns.rowOf(id);
    return row === undefined ? undefined : entries[row];
  };
  return {
    ...{ version, entries, columns },
    byId: { get, has: (id) => columns.rowOf(id) !== undefined },
  };
}

/** The index of the entry with this id, or where it would be inserted, among entries ordered by id. */
function indexOf(id: string, entries: readonly CatalogEntry[], from: number): number {
  let low = from;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const entry = entries[middle];
    if (entry !== undefined && entry.market.id < id) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** What the formulas read of a market. */
export function toScoringMarket(market: Market): ScoringMarket {
  return {
    id: market.id,
    category: topicKey(market.category),
    tags: market.tags.map(topicKey),
    probability: market.probability,
    volume24h: market.volume24h,
    volumeTotal: market.volumeTotal,
    createdAtMs: market.createdAt.getTime(),
    resolvesAtMs: market.resolvesAt?.getTime() ?? null,
    editorialBoost: market.editorialBoost,
  };
}

/** A market with what the formulas read of it. */
export function toEntry(market: Market): CatalogEntry {
  return {
    market,
    scoring: toScoringMarket(market),
    resolvesAtMs: market.resolvesAt?.getTime() ?? Infinity,
  };
}
