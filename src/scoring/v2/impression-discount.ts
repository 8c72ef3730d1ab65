import { HOUR_MS } from '../shared/hours-between.js';
import type { ImpressionConstants } from './constants.js';
import { halving } from './halving.js';
import type { ImpressionV2 } from './user-v2.js';

/**
 * What having been shown leaves of a market's score:
 * `max(floor, e^(−perShowing · n) · (1 − justShown · 2^(−hours / recovery)))`, with n the showings within 24 hours and
 * the hours since the last. For a market that changed enough since, the caller takes 1 instead.
 *
 * Range floor to 1: never a reason to show a market. Falls with every showing, rises with time. Source: algorithm v2.
 */
export function impressionDiscount(
  { count24h, lastShownAtMs }: Pick<ImpressionV2, 'count24h' | 'lastShownAtMs'>,
  nowMs: number,
  constants: ImpressionConstants,
): number {
  const showings = count24h > 0 ? Math.min(count24h, Number.MAX_SAFE_INTEGER) : 0;
  const sinceMs = nowMs - lastShownAtMs;
  const hours = sinceMs > 0 ? sinceMs / HOUR_MS : 0;
  const left =
    Math.exp(-constants.perShowing * showings) *
    (1 - constants.justShown * halving(hours, constants.recoveryHours));
  return Math.max(constants.floor, left);
}
