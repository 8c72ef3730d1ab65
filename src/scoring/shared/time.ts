export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/**
 * The start of the minute of an instant. Values that are the same for all users use it as the current time, so that all
 * requests of a minute share them.
 */
export function startOfMinute(nowMs: number): number {
  return Math.floor(nowMs / MINUTE_MS) * MINUTE_MS;
}

/** Hours from one instant to another; negative if the second is earlier. */
export function hoursBetween(fromMs: number, toMs: number): number {
  return (toMs - fromMs) / HOUR_MS;
}

/** Days from an earlier instant to now; 0 if it is not earlier, or if an instant is NaN. */
export function daysSince(earlierMs: number, nowMs: number): number {
  const days = (nowMs - earlierMs) / DAY_MS;
  return days > 0 ? days : 0;
}
