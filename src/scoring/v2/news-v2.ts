import { HOUR_MS, hoursBetween } from '../shared/hours-between.js';

/**
 * Lift of a young market about news: 1 when its age is under 24 h, 0.625 under 168 h, else 0; 0 for any other market.
 * The proportion is v1's, 0.8 to 0.5, brought to 0–1. A creation time in the future counts as age 0.
 *
 * Range 0 to 1. Source: algorithm v1.
 */
export function newsV2(isNews: number, createdAtMs: number, nowMs: number): number {
  if (isNews !== 1) return 0;
  const ageHours = hoursBetween(createdAtMs, nowMs);
  if (ageHours < 24) return 1;
  return ageHours < 168 ? 0.625 : 0;
}

const STEPS_HOURS = [24, 168];

/** The first instant from now on at which {@link newsV2} may give something else; infinite when there is none. */
export function nextNewsMs(isNews: number, createdAtMs: number, nowMs: number): number {
  if (isNews !== 1) return Infinity;
  for (const hours of STEPS_HOURS) {
    const stepMs = createdAtMs + hours * HOUR_MS;
    if (stepMs >= nowMs) return stepMs;
  }
  return Infinity;
}
