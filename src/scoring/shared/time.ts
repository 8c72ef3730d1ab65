export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** Hours from one instant to another; negative if the second is earlier. */
export function hoursBetween(fromMs: number, toMs: number): number {
  return (toMs - fromMs) / HOUR_MS;
}

/** Days from an earlier instant to now; 0 if it is not earlier, or if an instant is NaN. */
export function daysSince(earlierMs: number, nowMs: number): number {
  const days = (nowMs - earlierMs) / DAY_MS;
  return days > 0 ? days : 0;
}
