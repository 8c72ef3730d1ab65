/**
 * What the plain sum of a person's event weights says of one topic:
 * `aff(t) = clamp(points / 100, −1, 1)`, 0 for a topic never touched.
 *
 * Range −1 to 1. Source: existing site, algorithm v1.
 */
export function affinity(points: number | undefined): number {
  if (points === undefined) return 0;
  return Math.max(-1, Math.min(1, points / 100));
}
