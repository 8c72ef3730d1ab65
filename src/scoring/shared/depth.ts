import type { ScoringUser } from './types.js';

const FULL_DEPTH_MS = 30_000;

/**
 * How long a person stays with markets of a category: `min(1, mean dwellMs / 30,000)` over the events
 * that carry a dwell time, 0 without any.
 *
 * Range 0 to 1. Source: existing site, algorithm v1.
 */
export function depth(category: string, dwellByCategory: ScoringUser['dwellByCategory']): number {
  const dwell = dwellByCategory.get(category);
  if (dwell === undefined || dwell.events === 0) return 0;
  return Math.min(1, dwell.totalMs / dwell.events / FULL_DEPTH_MS);
}
