import { lowerBound } from '../../lib/binary-search.js';
import type { Work } from '../../lib/event-loop.js';
import type { MarketColumns } from '../../scoring/v2/features.js';
import { editColumn, type RowEdits } from './row-edits.js';

type CreationOrder = Pick<
  MarketColumns,
  'creationRank' | 'creationRankOf' | 'creationSpread' | 'creationSpreadOf'
>;

/** The creation order of a catalog, with the sorted creation times. */
export type CatalogCreation = CreationOrder & { readonly creationTimes: Float64Array };

/** Rows between two points at which work may be interrupted. */
const ROWS_PER_STEP = 512;

/** Computes the creation order of markets. */
export function* creationOrderWork(createdAtMs: Float64Array): Work<CatalogCreation> {
  const times = createdAtMs.toSorted();
  yield;
  const order = orderOf(times);
  const creationRank = new Float64Array(createdAtMs.length);
  const creationSpread = new Float64Array(createdAtMs.length);
  for (const [row, instant] of createdAtMs.entries()) {
    creationRank[row] = order.creationRankOf(instant);
    creationSpread[row] = order.creationSpreadOf(instant);
    if (row % ROWS_PER_STEP === 0) yield;
  }
  return { creationRank, creationSpread, creationTimes: times, ...order };
}

/** The ranks of a subset of markets in the creation order of a catalog. */
export function creationOrderOfSubset(createdAtMs: Float64Array, catalog: CreationOrder): CreationOrder {
  const { creationRankOf, creationSpreadOf } = catalog;
  return {
    creationRank: createdAtMs.map((instant) => creationRankOf(instant)),
    creationRankOf: (instant) => creationRankOf(instant),
    creationSpread: createdAtMs.map((instant) => creationSpreadOf(instant)),
    creationSpreadOf: (instant) => creationSpreadOf(instant),
  };
}

/**
 * Returns the creation order of edited rows. Takes one pass over the rows with a binary search among the times of inserted
 * and removed rows. Only rows whose time equals one of those get a new rank; the ranks of the others are shifted.
 *
 * @param before creation times of the old rows.
 * @param after creation times of the new rows.
 */
export function patchCreation<Entry>(
  old: CatalogCreation,
  edits: RowEdits<Entry>,
  before: Float64Array,
  after: Float64Array,
): CatalogCreation {
  const removedTimes: number[] = [];
  for (let row = 0; row < edits.sizeBefore; row += 1) {
    if ((edits.newRowOf[row] as number) < 0) removedTimes.push(before[row] as number);
  }
  const removed = Float64Array.from(removedTimes).sort();
  const inserted = Float64Array.from(edits.inserted, ({ row }) => after[row] as number).sort();
  const times = mergeTimes(old.creationTimes, removed, inserted);
  const order = orderOf(times);
  const creationRank = editColumn(old.creationRank, edits, () => NaN);
  const creationSpread = editColumn(old.creationSpread, edits, () => NaN);
  const first = Math.min(inserted[0] ?? Infinity, removed[0] ?? Infinity);
  const last = Math.max(inserted.at(-1) ?? -Infinity, removed.at(-1) ?? -Infinity);
  const growth = inserted.length - removed.length;
  for (let row = 0; row < after.length; row += 1) {
    const instant = after[row] as number;
    if (instant < first) continue;
    if (instant > last) {
      creationRank[row] = (creationRank[row] as number) + growth;
      continue;
    }
    const insertedBefore = countBefore(instant, inserted);
    const removedBefore = countBefore(instant, removed);
    if (inserted[insertedBefore] === instant || removed[removedBefore] === instant) {
      creationRank[row] = order.creationRankOf(instant);
      creationSpread[row] = order.creationSpreadOf(instant);
    } else creationRank[row] = (creationRank[row] as number) + insertedBefore - removedBefore;
  }
  return { creationRank, creationSpread, creationTimes: times, ...order };
}

/** Removes and inserts times; all three lists are sorted, and `removed` is contained in `times`. */
function mergeTimes(times: Float64Array, removed: Float64Array, inserted: Float64Array): Float64Array {
  const merged = new Float64Array(times.length - removed.length + inserted.length);
  let at = 0;
  let from = 0;
  const copyUpTo = (to: number): void => {
    merged.set(times.subarray(from, to), at);
    at += to - from;
    from = to;
  };
  for (
    let nextRemoved = 0, nextInserted = 0;
    nextRemoved < removed.length || nextInserted < inserted.length;
  ) {
    const removedTime = removed[nextRemoved] ?? Infinity;
    const insertedTime = inserted[nextInserted] ?? Infinity;
    copyUpTo(Math.max(from, countBefore(Math.min(removedTime, insertedTime), times)));
    if (removedTime <= insertedTime) {
      from += 1;
      nextRemoved += 1;
    } else {
      merged[at++] = insertedTime;
      nextInserted += 1;
    }
  }
  copyUpTo(times.length);
  return merged;
}

function orderOf(sorted: Float64Array): Pick<CreationOrder, 'creationRankOf' | 'creationSpreadOf'> {
  return {
    creationRankOf: (instant) => (countBefore(instant, sorted) + countUpTo(instant, sorted) - 1) / 2,
    creationSpreadOf: (instant) => {
      const ties = countUpTo(instant, sorted) - countBefore(instant, sorted);
      // The mean distance of two ranks among n in random order is (n + 1) / 3.
      return ties > 1 ? (ties + 1) / 3 : 0;
    },
  };
}

/** Number of sorted times before an instant. */
function countBefore(instant: number, sorted: Float64Array): number {
  return lowerBound(sorted.length, (index) => (sorted[index] as number) < instant);
}

/** Number of sorted times at or before an instant. */
function countUpTo(instant: number, sorted: Float64Array): number {
  return lowerBound(sorted.length, (index) => (sorted[index] as number) <= instant);
}
