import { DAY_MS } from '../../lib/time.js';
import { rowsEndingBy } from '../ending-rows.js';
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
    for (const row of rowsEndingBy(resolvesAtMs, nowMs)) {
      const atMs = resolvesAtMs[row] as number;
      if (atMs > nowMs) continue;
      if (entries[row]?.market.openPastDue !== true || atMs + overdueMs <= nowMs) remove(row);
    }
  },
};
