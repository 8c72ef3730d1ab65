import { DAY_MS, HOUR_MS } from '../../lib/time.js';
import type { Filter } from './filter.js';

/**
 * Removes markets whose end has passed: `closesAt` if known, else `resolvesAt`. An overdue market is one that its source
 * reported as open after its end. It stays for `feed.overdueDays` more, unless `feed.overdue` is `hide`.
 */
export const resolved: Filter = {
  name: 'over',
  reason: 'OVER',
  apply: ({ snapshot: { columns, entries }, nowMs, config }, remove) => {
    const { overdue, overdueDays } = config.feed;
    const overdueMs = overdue === 'show' ? overdueDays * DAY_MS : 0;
    const { resolvesAtMs } = columns;
    for (const row of rowsResolvingBy(resolvesAtMs, nowMs)) {
      const atMs = resolvesAtMs[row] as number;
      if (atMs > nowMs) continue;
      if (entries[row]?.market.openPastDue !== true || atMs + overdueMs <= nowMs) remove(row);
    }
  },
};

interface ResolvingRows {
  readonly untilMs: number;
  readonly rows: readonly number[];
}

/** By the column of ends, the rows that end soon: one pass over the column serves the requests of an hour. */
const resolvingRows = new WeakMap<Float64Array, ResolvingRows>();

/** Returns the rows with an end up to an instant, and possibly later ones. */
function rowsResolvingBy(resolvesAtMs: Float64Array, nowMs: number): readonly number[] {
  const known = resolvingRows.get(resolvesAtMs);
  if (known !== undefined && nowMs <= known.untilMs) return known.rows;
  const untilMs = nowMs + HOUR_MS;
  const rows: number[] = [];
  for (let row = 0; row < resolvesAtMs.length; row += 1)
    if ((resolvesAtMs[row] as number) <= untilMs) rows.push(row);
  resolvingRows.set(resolvesAtMs, { untilMs, rows });
  return rows;
}
