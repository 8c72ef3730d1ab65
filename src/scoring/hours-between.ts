/** Milliseconds in an hour. */
export const HOUR_MS = 3_600_000;

/** Hours from one instant to another; negative when the second comes first. */
export function hoursBetween(fromMs: number, toMs: number): number {
  return (toMs - fromMs) / HOUR_MS;
}
