import { HOUR_MS } from '../lib/time.js';

interface EndingRows {
  readonly untilMs: number;
  readonly rows: readonly number[];
}

/** By the column of ends, the rows that end soon: one pass over the column serves the requests of an hour. */
const endingRows = new WeakMap<Float64Array, EndingRows>();

/** Returns the rows of markets with an end up to an instant, and possibly later ones. */
export function rowsEndingBy(resolvesAtMs: Float64Array, nowMs: number): readonly number[] {
  const known = endingRows.get(resolvesAtMs);
  if (known !== undefined && nowMs <= known.untilMs) return known.rows;
  const untilMs = nowMs + HOUR_MS;
  const rows: number[] = [];
  for (let row = 0; row < resolvesAtMs.length; row += 1)
    if ((resolvesAtMs[row] as number) <= untilMs) rows.push(row);
  endingRows.set(resolvesAtMs, { untilMs, rows });
  return rows;
}
