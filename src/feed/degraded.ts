import { MINUTE_MS } from '../lib/time.js';

/** Why a ranking is degraded. */
export const DEGRADED_REASONS = ['PROFILE_UNAVAILABLE', 'MARKETS_UNAVAILABLE', 'TRENDS_STALE'] as const;

export type DegradedReason = (typeof DEGRADED_REASONS)[number];

/** Trends are computed every minute; after ten missed computations they say little about now. */
const TRENDS_STALE_MS = 10 * MINUTE_MS;

/** The reason of a ranking whose trends are old; none before the first computation. */
export function staleTrends(nowMs: number, computedAtMs: number): DegradedReason[] {
  const isComputed = Number.isFinite(computedAtMs) && computedAtMs > 0;
  return isComputed && nowMs - computedAtMs > TRENDS_STALE_MS ? ['TRENDS_STALE'] : [];
}

/** Whether an input is missing, so that the ranking falls back to the others. */
export function isFallback(reasons: readonly DegradedReason[]): boolean {
  return reasons.some((reason) => reason !== 'TRENDS_STALE');
}
