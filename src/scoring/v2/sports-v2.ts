import { hoursBetween } from '../hours-between.js';

/**
 * Lift of a match that is near but not today: 1 for a market in `sports` that resolves in 24 h to 72 h, both
 * included; else 0.
 *
 * Range 0 to 1. Source: algorithm v1, brought to 0–1.
 */
export function sportsV2(isSports: number, resolvesAtMs: number, nowMs: number): number {
  if (isSports !== 1) return 0;
  const hoursLeft = hoursBetween(nowMs, resolvesAtMs);
  return hoursLeft >= 24 && hoursLeft <= 72 ? 1 : 0;
}
