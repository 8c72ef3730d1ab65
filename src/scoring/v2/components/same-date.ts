import { decayFactor } from '../../../domain/decay.js';
import { HOUR_MS } from '../../shared/time.js';
import type { LoadValues } from '../component.js';
import { keyRows, type KeyRows } from '../key-rows.js';
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
    const { resolvesAtMs } = columns;
    const { start, rows: bySpan } = rowsBySpan(resolvesAtMs);
    for (let market = 0; market < Math.min(engaged.count, MARKETS); market += 1) {
      const end = engaged.endsAtMs[market] as number;
      if (!Number.isFinite(end)) continue;
      const value = decayFactor(market, HALF_AFTER);
      for (const nearby of [end - WITHIN_MS, end, end + WITHIN_MS]) {
        const span = spanOf(nearby);
        const to = start[span + 1] as number;
        for (let at = start[span] as number; at < to; at += 1) {
          const row = bySpan[at] as number;
          const distance = Math.abs((resolvesAtMs[row] as number) - end);
          if (distance <= WITHIN_MS && row !== engaged.row[market]) recency.raise(row, value);
        }
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

/** Spans of ends whose rows are listed together, in turn: the next after the last is the first again. A power of 2. */
const SPANS = 1_024;

function spanOf(endsAtMs: number): number {
  return Math.floor(endsAtMs / WITHIN_MS) & (SPANS - 1);
}

const computed = new WeakMap<Float64Array, KeyRows>();

/** Lists the rows by the span of their ends, once for the versions of the catalog that share their ends. */
function rowsBySpan(resolvesAtMs: Float64Array): KeyRows {
  let rows = computed.get(resolvesAtMs);
  if (rows === undefined) {
    const spans = new Int32Array(resolvesAtMs.length);
    for (let row = 0; row < spans.length; row += 1) {
      const end = resolvesAtMs[row] as number;
      spans[row] = Number.isFinite(end) ? spanOf(end) : -1;
    }
    computed.set(resolvesAtMs, (rows = keyRows(spans, SPANS)));
  }
  return rows;
}
