import { DAY_MS } from '../shared/hours-between.js';
import type { ImpressionConstants } from './constants.js';
import type { ImpressionV2 } from './user-v2.js';

const SHOWINGS_KNOWN = 32;

/**
 * Whether a market is to be left out because the person does not care for it, had it not changed since it was shown:
 * `hardCap` showings in 24 hours, or `rest.afterShowings` in a week that go back `rest.afterDays`, none of them followed by
 * a click. A profile knows no more than the last 32 showings, so as many within a week are enough too. After a week without a showing it may come back.
 *
 * Source: algorithm v2.
 */
export function shownTooOften(
  {
    ignored24h,
    ignored7d,
    ignoredSinceMs,
  }: Pick<ImpressionV2, 'ignored24h' | 'ignored7d' | 'ignoredSinceMs'>,
  nowMs: number,
  { hardCap, rest }: Pick<ImpressionConstants, 'hardCap' | 'rest'>,
): boolean {
  if (ignored24h >= hardCap || ignored7d >= SHOWINGS_KNOWN) return true;
  return ignored7d >= rest.afterShowings && nowMs - ignoredSinceMs >= rest.afterDays * DAY_MS;
}
