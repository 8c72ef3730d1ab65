import type { MarketColumns } from '../../scoring/v2/features.js';
import type { Work } from '../../lib/in-slices.js';
import { editedColumn, type RowEdits } from './row-edits.js';

type CreationOrder = Pick<
  MarketColumns,
  'creationRank' | 'creationRankOf' | 'creationSpread' | 'creationSpreadOf'
>;

/** The order of creation of a catalog, with the times of creation in order. */
export type CatalogCreation = CreationOrder & { readonly creationTimes: Float64Array };

const ROWS_AT_ONCE = 512;

/** The order in which markets were made. */
export function* creationOrderWork(createdAtMs: Float64Array): Work<CatalogCreation> {
  const times = createdAtMs.toSorted();
  yield;
  const order = orderOf(times);
  const creationRank = new Float64Array(createdAtMs.length);
  const creationSpread = new Float64Array(createdAtMs.length);
  for (const [row, instant] of createdAtMs.entries()) {
    creationRank[row] = order.creationRankOf(instant);
    creationSpread[row] = order.creationSpreadOf(instant);
    if (row % ROWS_AT_ONCE === 0) yield;
  }
  return { creationRank, creationSpread, creationTimes: times, ...order };
}

/** The positions of a few markets in the order of creation of a catalog. */
export function creationOrderOfSome(createdAtMs: Float64Array, catalog: CreationOrder): CreationOrder {
  const { creationRankOf, creationSpreadOf } = catalog;
  return {
    creationRank: createdAtMs.map((instant) => creationRankOf(instant)),
    creationRankOf: (instant) => creationRankOf(instant),
    creationSpread: createdAtMs.map((instant) => creationSpreadOf(instant)),
    creationSpreadOf: (instant) => creationSpreadOf(instant),
  };
}

/**
 * Returns the order of creation of edited rows. Costs one pass over the rows, and a search among the times of added and
 * removed rows; only those and rows of equal times get another rank.
 *
 * @param before times of creation of the old rows, and @param after of the new ones.
 */
export function patchCreation<Entry>(
  old: CatalogCreation,
  edits: RowEdits<Entry>,
  before: Float64Array,
  after: Float64Array,
): CatalogCreation {
  const left: number[] = [];
  for (let row = 0; row < edits.sizeBefore; row += 1) {
    if ((edits.newRowOf[row] as number) < 0) left.push(before[row] as number);
  }
  const gone = Float64Array.from(left).sort();
  const come = Float64Array.from(edits.fresh, ({ row }) => after[row] as number).sort();
  const times = merged(old.creationTimes, gone, come);
  const order = orderOf(times);
  const creationRank = editedColumn(old.creationRank, edits, () => NaN);
  const creationSpread = editedColumn(old.creationSpread, edits, () => NaN);
  const first = Math.min(come[0] ?? Infinity, gone[0] ?? Infinity);
  const last = Math.max(come.at(-1) ?? -Infinity, gone.at(-1) ?? -Infinity);
  const more = come.length - gone.length;
  for (let row = 0; row < after.length; row += 1) {
    const instant = after[row] as number;
    if (instant < first) continue;
    if (instant > last) {
      creationRank[row] = (creationRank[row] as number) + more;
      continue;
    }
    const cameBefore = countBefore(instant, come);
    const wentBefore = countBefore(instant, gone);
    if (come[cameBefore] === instant || gone[wentBefore] === instant) {
      creationRank[row] = order.creationRankOf(instant);
      creationSpread[row] = order.creationSpreadOf(instant);
    } else creationRank[row] = (creationRank[row] as number) + cameBefore - wentBefore;
  }
  return { creationRank, creationSpread, creationTimes: times, ...order };
}

/** Sorted times without those that are gone and with those that have come, sorted; `gone` are among the times. */
function merged(times: Float64Array, gone: Float64Array, come: Float64Array): Float64Array {
  const all = new Float64Array(times.length - gone.length + come.length);
  let at = 0;
  let from = 0;
  const keepUpTo = (to: number): void => {
    all.set(times.subarray(from, to), at);
    at += to - from;
    from = to;
  };
  for (let leaving = 0, coming = 0; leaving < gone.length || coming < come.length;) {
    const goes = gone[leaving] ?? Infinity;
    const comes = come[coming] ?? Infinity;
    keepUpTo(Math.max(from, countBefore(Math.min(goes, comes), times)));
    if (goes <= comes) {
      from += 1;
      leaving += 1;
    } else {
      all[at++] = comes;
      coming += 1;
    }
  }
  keepUpTo(times.length);
  return all;
}

function orderOf(sorted: Float64Array): Pick<CreationOrder, 'creationRankOf' | 'creationSpreadOf'> {
  return {
    creationRankOf: (instant) => (countBefore(instant, sorted) + countUpTo(instant, sorted) - 1) / 2,
    creationSpreadOf: (instant) => {
      const together = countUpTo(instant, sorted) - countBefore(instant, sorted);
      return together > 1 ? (together + 1) / 3 : 0;
    },
  };
}

/** How many are before an instant. */
function countBefore(instant: number, sorted: Float64Array): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as number) < instant) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** How many are before an instant or at it. */
function countUpTo(instant: number, sorted: Float64Array): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as number) <= instant) low = middle + 1;
    else high = middle;
  }
  return low;
}
