import type { FreshnessConstants } from './constants.js';
import { daysSince } from './halving.js';

/**
 * How new a market is: `1 / (1 + ageDays / halfAfterDays)`. A creation time in the future counts as age 0, an unknown one
 * as infinitely old.
 *
 * Range 0 to 1. Source: algorithm v2. A hyperbola where v1 has steps: interest in a market falls fast in its first days and
 * slowly after, which an exponential fits on recorded forecasts worse at both ends.
 */
export function freshnessV2(
  createdAtMs: number,
  nowMs: number,
  { halfAfterDays }: FreshnessConstants,
): number {
  if (Number.isNaN(createdAtMs - nowMs)) return 0;
  return halfAfterDays / (halfAfterDays + daysSince(createdAtMs, nowMs));
}
