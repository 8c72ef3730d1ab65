import type { FeedConfig } from '../../config/feed-schema.js';
import type { Candidate, Filter } from '../candidate.js';

const DAY_MS = 86_400_000;

/** How long an overdue market is shown after its time of resolution, in milliseconds; 0: not at all. */
export function overdueMsOf({ overdue, overdueDays }: Pick<FeedConfig, 'overdue' | 'overdueDays'>): number {
  return overdue === 'show' ? overdueDays * DAY_MS : 0;
}

/**
 * Whether a market's time of resolution has come. An overdue market, which its source reports as open after that time, is
 * over only once `overdueMs` have passed too.
 */
export function isOver({ market, resolvesAtMs }: Candidate, nowMs: number, overdueMs: number): boolean {
  if (resolvesAtMs > nowMs) return false;
  return !market.openPastDue || resolvesAtMs + overdueMs <= nowMs;
}

/** Removes markets whose time of resolution has come. */
export const notOver: Filter = {
  name: 'not-over',
  keeps: (candidate, { nowMs, overdueMs }) => !isOver(candidate, nowMs, overdueMs),
};
