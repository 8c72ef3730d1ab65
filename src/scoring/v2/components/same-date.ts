import { decayFactor } from '../../../domain/decay.js';
import { HOUR_MS } from '../../shared/time.js';
import type { LoadValues } from '../component.js';
import { SparseValues } from '../sparse-values.js';

const MARKETS = 10;
const HALF_AFTER = 4;
const WITHIN_MS = 12 * HOUR_MS;

/**
 * The component `sameDate`: `2^(−k / 4)`, where k is the number of engagements since the latest one of the last 10 with
 * another market that ends within 12 hours of this one.
 *
 * Range 0 to 1; 0 without an end. Source: algorithm v2.
 */
export function sameDateValues(): LoadValues {
  const recency = new SparseValues();
  return ({ columns, engaged }) => {
    recency.reset(columns.size);
    const { rows: byEnd, endsAtMs } = rowsByEnd(columns.resolvesAtMs);
    for (let market = 0; market < Math.min(engaged.count, MARKETS); market += 1) {
      const end = engaged.endsAtMs[market] as number;
      if (!Number.isFinite(end)) continue;
      const value = decayFactor(market, HALF_AFTER);
      for (
        let at = firstFrom(endsAtMs, end - WITHIN_MS);
        at < endsAtMs.length && (endsAtMs[at] as number) <= end + WITHIN_MS;
        at += 1
      ) {
        const row = byEnd[at] as number;
        if (row !== engaged.row[market]) recency.raise(row, value);
      }
    }
    return {
      fill(rows, values) {
        recency.fill(rows, values);
      },
      addBounds(weight, bounds) {
        recency.addTo(weight, bounds);
      },
    };
  };
}

/** The index of the first of some ascending values that is at least `least`, by binary search. */
function firstFrom(ascending: Float64Array, least: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] as number) < least) low = middle + 1;
    else high = middle;
  }
  return low;
}

interface RowsByEnd {
  /** The rows with a known end, by end. */
  readonly rows: Int32Array;
  /** Their ends. */
  readonly endsAtMs: Float64Array;
}

const computed = new WeakMap<Float64Array, RowsByEnd>();

/** Sorts the rows once for the versions of the catalog that share their ends. */
function rowsByEnd(resolvesAtMs: Float64Array): RowsByEnd {
  let sorted = computed.get(resolvesAtMs);
  if (sorted === undefined) {
    const known = Int32Array.from(resolvesAtMs.keys()).filter((row) => Number.isFinite(resolvesAtMs[row]));
    const rows = known.sort((a, b) => (resolvesAtMs[a] as number) - (resolvesAtMs[b] as number) || a - b);
    sorted = { rows, endsAtMs: Float64Array.from(rows, (row) => resolvesAtMs[row] as number) };
    computed.set(resolvesAtMs, sorted);
  }
  return sorted;
}
