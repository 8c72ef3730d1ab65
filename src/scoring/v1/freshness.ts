import { hoursBetween } from '../shared/hours-between.js';

/**
 * How new a market is: age under 24 h → 1.0, under 168 h → 0.8, under 720 h → 0.5, else 0.3. Each bound
 * belongs to the older side: exactly 24 h is 0.8. A creation time in the future counts as age 0.
 *
 * Range 0.3 to 1. Source: existing site, algorithm v1.
 */
export function freshness(createdAtMs: number, nowMs: number): number {
  const ageHours = hoursBetween(createdAtMs, nowMs);
  if (ageHours < 24) return 1;
  if (ageHours < 168) return 0.8;
  if (ageHours < 720) return 0.5;
  return 0.3;
}
