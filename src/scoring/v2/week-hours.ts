import { HOUR_MS } from '../shared/time.js';

/** Number of hours of a week. */
export const WEEK_HOURS = 168;

/** 1970 began on a Thursday. */
const MONDAY_OFFSET = 72;

/** The hour of the week of an instant: 0–167 from Monday 0:00 UTC on. */
export function hourOfWeek(ms: number): number {
  const hour = (Math.floor(ms / HOUR_MS) + MONDAY_OFFSET) % WEEK_HOURS;
  return hour < 0 ? hour + WEEK_HOURS : hour;
}

/** The hour of the day of an instant: 0–23 UTC. */
export function hourOfDay(ms: number): number {
  return hourOfWeek(ms) % 24;
}

/** Hours up to this distance count, less with each hour. */
const WIDTH = 3;

/** Weight of a choice at one hour of the week for another: `max(0, 1 − distance / 3)` around the week. */
export function hourCloseness(hour: number, other: number): number {
  const distance = Math.abs(hour - other);
  return Math.max(0, 1 - Math.min(distance, WEEK_HOURS - distance) / WIDTH);
}

/** The count of an hour, smoothed over its neighbors by {@link hourCloseness}. */
export function smoothedCount(counts: Float64Array, hour: number): number {
  let sum = 0;
  for (let offset = 1 - WIDTH; offset < WIDTH; offset += 1) {
    const other = (hour + offset + WEEK_HOURS) % WEEK_HOURS;
    sum += hourCloseness(hour, other) * (counts[other] as number);
  }
  return sum;
}
