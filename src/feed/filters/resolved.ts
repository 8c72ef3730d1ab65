import { DAY_MS } from '../../lib/time.js';
import type { Filter } from './filter.js';

/**
 * Removes markets whose resolution time has passed. An overdue market, which its source reported as open after that time,
 * stays for `feed.overdueDays` more, unless `feed.overdue` is `hide`.
 */
export const resolved: Filter = {
  name: 'over',
  reason: 'resolution time has passed',
  apply: ({ snapshot: { columns, entries }, nowMs, config }, remove) => {
    const { overdue, overdueDays } = config.feed;
    const overdueMs = overdue === 'show' ? overdueDays * DAY_MS : 0;
    const { size, resolvesAtMs } = columns;
    for (let row = 0; row < size; row += 1) {
      const atMs = resolvesAtMs[row] as number;
      if (atMs > nowMs) continue;
      if (entries[row]?.market.openPastDue !== true || atMs + overdueMs <= nowMs) remove(row);
    }
  },
};
