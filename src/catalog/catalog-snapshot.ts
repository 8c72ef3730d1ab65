import { endOf, topicKey, type Market, type MarketReference } from '../domain/market.js';
import { lowerBound } from '../lib/binary-search.js';
import type { Work } from '../lib/event-loop.js';
import type { ScoringMarket } from '../scoring/v1/inputs.js';
import { buildColumns, buildColumnsWork, type CatalogColumns } from './columns/build-columns.js';
import {
  differOnlyInNumbers,
  patchColumns,
  refreshWeightsWork,
  replaceNumbers,
} from './columns/patch-columns.js';
import { noVectors, setVectors, type StoredVector } from './columns/vector-columns.js';
import { editList, rowEdits, type KeptRows, type RowEdits } from './columns/row-edits.js';

/** An open market with its precomputed scoring features. */
export interface CatalogEntry {
  readonly market: Market;
  readonly scoring: ScoringMarket;
  /** When trading ends, else when the outcome is expected: milliseconds since 1970; Infinity if both are unknown. */
  readonly resolvesAtMs: number;
  /** Shared by the feeds that contain the market. */
  readonly reference: MarketReference;
}

/** The open markets at one version. Immutable: a change of a market produces a new snapshot. */
export interface CatalogSnapshot {
  /** Grows with every change of any market. */
  readonly version: bigint;
  /** Sorted by id. */
  readonly entries: readonly CatalogEntry[];
  readonly byId: Pick<ReadonlyMap<string, CatalogEntry>, 'get' | 'has'>;
  /**
   * The same markets as columns: row `i` is entry `i`. Replicas with the same markets rank them the same once
   * `columns.hasCurrentWeights` is true. Until then, terms, topics, and their weights may be those from before the latest
   * markets were added, removed, or renamed (see `patchColumns`). All other columns are always up to date.
   */
  readonly columns: CatalogColumns;
}

export const emptySnapshot: CatalogSnapshot = createSnapshot([], buildColumns([]), 0n);

/**
 * Applies changed markets to a snapshot. If an id occurs twice, the last one counts. Markets that are not open are removed.
 * The cost is one copy of the columns. {@link refreshSnapshotWork} later updates terms, topics, and their weights.
 */
export function patchSnapshot(
  snapshot: CatalogSnapshot,
  changed: readonly Market[],
  version: bigint,
): CatalogSnapshot {
  const { columns: before } = snapshot;
  const latest = new Map(changed.map((market) => [market.id, market]));
  const numberChanges: { row: number; entry: CatalogEntry }[] = [];
  const otherChanges: { id: string; entry: CatalogEntry | undefined }[] = [];
  for (const market of latest.values()) {
    const row = before.rowOf(market.id);
    const old = row === undefined ? undefined : snapshot.entries[row];
    if (market.status !== 'OPEN') {
      if (old !== undefined) otherChanges.push({ id: market.id, entry: undefined });
      continue;
    }
    const entry = toEntry(market);
    if (row === undefined || old === undefined || !differOnlyInNumbers(old, entry))
      otherChanges.push({ id: market.id, entry });
    else numberChanges.push({ row, entry });
  }
  let { entries } = snapshot;
  let columns = before;
  if (numberChanges.length > 0) {
    const replaced = entries.slice();
    for (const { row, entry } of numberChanges) replaced[row] = entry;
    entries = replaced;
    columns = replaceNumbers(columns, numberChanges);
  }
  if (otherChanges.length > 0) {
    otherChanges.sort((a, b) => (a.id < b.id ? -1 : 1));
    const edits = editsOf(entries, otherChanges);
    entries = editList(entries, edits, (entry) => entry);
    // The versions of one catalog share their dictionaries. All catalogs start from the same empty snapshot, so its
    // dictionaries must not be extended.
    columns = before.size === 0 ? buildColumns(entries) : patchColumns(columns, edits);
  }
  return createSnapshot(entries, columns, version);
}

/**
 * Sets the text vectors of open markets, by number; of other markets, they are left out. The snapshot keeps its version,
 * which includes changes of vectors.
 */
export function withVectors(
  snapshot: CatalogSnapshot,
  found: readonly (StoredVector & { readonly number: number })[],
): CatalogSnapshot {
  const { entries, columns, version } = snapshot;
  if (found.length === 0 && columns.vectors !== null) return snapshot;
  const byNumber = new Map(found.map((vector) => [vector.number, vector]));
  const rows: (readonly [number, StoredVector])[] = [];
  for (let row = 0; row < entries.length && rows.length < byNumber.size; row += 1) {
    const vector = byNumber.get((entries[row] as CatalogEntry).market.number);
    if (vector !== undefined) rows.push([row, vector]);
  }
  const vectors = setVectors(columns.vectors ?? noVectors(entries.length), rows);
  return createSnapshot(entries, { ...columns, vectors }, version);
}

/** Builds a snapshot of open markets in any order. Ids must be distinct. */
export function* buildSnapshotWork(entries: CatalogEntry[], version: bigint): Work<CatalogSnapshot> {
  const sorted = yield* mergeSortWork(entries, (a, b) => a.market.id < b.market.id);
  return createSnapshot(sorted, yield* buildColumnsWork(sorted), version);
}

/** Brings the terms and topics of a snapshot, and their weights, up to date. */
export function* refreshSnapshotWork({ entries, columns, version }: CatalogSnapshot): Work<CatalogSnapshot> {
  return createSnapshot(entries, yield* refreshWeightsWork(columns, entries), version);
}

/** @param changed sorted by id; an undefined entry removes the market. */
function editsOf(
  entries: readonly CatalogEntry[],
  changed: readonly { readonly id: string; readonly entry: CatalogEntry | undefined }[],
): RowEdits<CatalogEntry> {
  const segments: (KeptRows | { inserted: CatalogEntry })[] = [];
  let from = 0;
  for (const { id, entry } of changed) {
    // The index of the entry, or of its insertion point.
    const at = lowerBound(entries.length, (index) => (entries[index] as CatalogEntry).market.id < id, from);
    if (at > from) segments.push({ from, to: at });
    if (entry !== undefined) segments.push({ inserted: entry });
    from = entries[at]?.market.id === id ? at + 1 : at;
  }
  if (from < entries.length) segments.push({ from, to: entries.length });
  return rowEdits(entries.length, segments);
}

function createSnapshot(
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

/** The scoring features of a market. */
export function toScoringMarket(market: Market): ScoringMarket {
  return {
    id: market.id,
    category: topicKey(market.category),
    tags: market.tags.map(topicKey),
    probability: market.probability,
    volume24h: market.volume24h ?? NaN,
    // An unknown volume ranks as none.
    volumeTotal: market.volumeTotal ?? 0,
    createdAtMs: market.createdAt.getTime(),
    resolvesAtMs: endOf(market)?.getTime() ?? null,
    editorialBoost: market.editorialBoost,
  };
}

/** A market with its scoring features. */
export function toEntry(market: Market): CatalogEntry {
  return {
    market,
    scoring: toScoringMarket(market),
    resolvesAtMs: endOf(market)?.getTime() ?? Infinity,
    reference: { marketId: market.id, number: market.number },
  };
}

/** Items that are sorted, and comparisons that are made, between two points at which work may be interrupted. */
const SORTED_PER_STEP = 1_024;

/** Returns a sorted copy of the items. */
function* mergeSortWork<Item>(
  items: readonly Item[],
  isBefore: (one: Item, other: Item) => boolean,
): Work<Item[]> {
  let runs: Item[][] = [];
  for (let from = 0; from < items.length; from += SORTED_PER_STEP) {
    runs.push(items.slice(from, from + SORTED_PER_STEP).sort((a, b) => (isBefore(a, b) ? -1 : 1)));
    yield;
  }
  while (runs.length > 1) {
    const longer: Item[][] = [];
    for (let index = 0; index < runs.length; index += 2) {
      longer.push(yield* mergeWork(runs[index] ?? [], runs[index + 1] ?? [], isBefore));
    }
    runs = longer;
  }
  return runs[0] ?? [];
}

function* mergeWork<Item>(
  one: readonly Item[],
  other: readonly Item[],
  isBefore: (one: Item, other: Item) => boolean,
): Work<Item[]> {
  const merged: Item[] = [];
  let left = 0;
  let right = 0;
  while (left < one.length || right < other.length) {
    const takesOther =
      left === one.length || (right < other.length && isBefore(other[right] as Item, one[left] as Item));
    merged.push((takesOther ? other[right++] : one[left++]) as Item);
    if (merged.length % SORTED_PER_STEP === 0) yield;
  }
  return merged;
}
