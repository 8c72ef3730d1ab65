/** Dwell times of a user, by category. */
export type DwellByCategory = ReadonlyMap<string, { readonly totalMs: number; readonly events: number }>;

const FULL_DEPTH_MS = 30_000;

/**
 * How long a user stays with markets of a category: `min(1, mean dwellMs / 30,000)` over the events that have a dwell
 * time; 0 without any.
 *
 * Range 0 to 1. Source: the classic interest + trending formula (docs/algorithm-v1.md).
 */
export function depth(category: string, dwellByCategory: DwellByCategory): number {
  const dwell = dwellByCategory.get(category);
  if (dwell === undefined || dwell.events === 0) return 0;
  return Math.min(1, dwell.totalMs / dwell.events / FULL_DEPTH_MS);
}
