import { DAY_MS, daysSince, hoursBetween } from '../../shared/time.js';
import type { FreshnessConstants } from '../constants.js';

/* Components that follow from a market's creation and end. */

/**
 * Freshness: `1 / (1 + ageDays / halfAfterDays)`. A creation time in the future counts as age 0, an unknown one (NaN) as
 * infinite age.
 *
 * Range 0 to 1. Source: algorithm v2. On recorded forecasts, interest in a market drops fast in the first days and
 * slowly after that. A hyperbola fits this better than the steps of v1 and better than an exponential.
 */
export function freshness(createdAtMs: number, nowMs: number, { halfAfterDays }: FreshnessConstants): number {
  if (Number.isNaN(createdAtMs - nowMs)) return 0;
  return halfAfterDays / (halfAfterDays + daysSince(createdAtMs, nowMs));
}

/**
 * Closeness of the end: 1 within a day, 0.8 within 7 days, 0.5 within 30, 0.25 within 90, each bound included;
 * else 0.1. An unknown or past end also gives 0.1.
 *
 * Range 0.1 to 1. Source: algorithm v2.
 */
export function closing(resolvesAtMs: number, nowMs: number): number {
  const leftMs = resolvesAtMs - nowMs;
  if (!(leftMs >= 0 && leftMs <= 90 * DAY_MS)) return 0.1;
  if (leftMs > 30 * DAY_MS) return 0.25;
  if (leftMs > 7 * DAY_MS) return 0.5;
  return leftMs > DAY_MS ? 0.8 : 1;
}

/**
 * Boost of a young news market: 1 under 24 h of age, 0.625 under 168 h, else 0; 0 for any other market. A creation time
 * in the future counts as age 0.
 *
 * Range 0 to 1. Source: the classic interest + trending formula (docs/algorithm-v1.md), scaled from 0.8 and 0.5.
 *
 * @param isNews 1 or 0.
 */
export function news(isNews: number, createdAtMs: number, nowMs: number): number {
  if (isNews !== 1) return 0;
  const ageHours = hoursBetween(createdAtMs, nowMs);
  if (ageHours < 24) return 1;
  return ageHours < 168 ? 0.625 : 0;
}

/**
 * Boost of an upcoming match: 1 for a sports market that ends in 24 h to 72 h, both included; else 0.
 *
 * Range 0 to 1. Source: the classic interest + trending formula (docs/algorithm-v1.md), scaled from 0.5.
 *
 * @param isSports 1 or 0.
 */
export function sports(isSports: number, resolvesAtMs: number, nowMs: number): number {
  if (isSports !== 1) return 0;
  const hoursLeft = hoursBetween(nowMs, resolvesAtMs);
  return hoursLeft >= 24 && hoursLeft <= 72 ? 1 : 0;
}
