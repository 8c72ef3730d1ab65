import { HOUR_MS, hoursBetween } from '../shared/hours-between.js';

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

const STEPS_HOURS = [72, 24];

/** The first instant from now on at which {@link sportsV2} may give something else; infinite when there is none. */
export function nextSportsMs(isSports: number, resolvesAtMs: number, nowMs: number): number {
  if (isSports !== 1) return Infinity;
  for (const hours of STEPS_HOURS) {
    const stepMs = resolvesAtMs - hours * HOUR_MS;
    if (stepMs >= nowMs) return stepMs;
  }
  return Infinity;
}
