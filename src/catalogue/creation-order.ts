import type { MarketColumns } from '../scoring/v2/market-columns.js';

type CreationOrder = Pick<
  MarketColumns,
  'creationPlace' | 'creationPlaceOf' | 'creationSpread' | 'creationSpreadOf'
>;

/** The order in which markets were made; of a few of them, their places in the order of a whole catalogue. */
export function creationOrder(createdAtMs: Float64Array, catalogue?: CreationOrder): CreationOrder {
  const { creationPlaceOf, creationSpreadOf } = catalogue ?? orderOf(createdAtMs.toSorted());
  return {
    creationPlace: createdAtMs.map((instant) => creationPlaceOf(instant)),
    creationPlaceOf: (instant) => creationPlaceOf(instant),
    creationSpread: createdAtMs.map((instant) => creationSpreadOf(instant)),
    creationSpreadOf: (instant) => creationSpreadOf(instant),
  };
}

function orderOf(sorted: Float64Array): Pick<CreationOrder, 'creationPlaceOf' | 'creationSpreadOf'> {
  return {
    creationPlaceOf: (instant) => (countBefore(instant, sorted) + countUpTo(instant, sorted) - 1) / 2,
    creationSpreadOf: (instant) => {
      const together = countUpTo(instant, sorted) - countBefore(instant, sorted);
      return together > 1 ? (together + 1) / 3 : 0;
    },
  };
}

/** How many are before an instant. */
function countBefore(instant: number, sorted: Float64Array): number {
  return countWhere(sorted, (other) => other < instant);
}

/** How many are before an instant or at it. */
function countUpTo(instant: number, sorted: Float64Array): number {
  return countWhere(sorted, (other) => other <= instant);
}

/** How many of a sorted list hold a condition that the first ones hold and the last ones do not. */
function countWhere(sorted: Float64Array, holds: (value: number) => boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(sorted[middle] as number)) low = middle + 1;
    else high = middle;
  }
  return low;
}
