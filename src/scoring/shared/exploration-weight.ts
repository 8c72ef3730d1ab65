import { DAY_MS, HOUR_MS } from './time.js';

/** Which markets are explored, and the prior of their click rate; in the ranking config under `feed.exploration`. */
export interface ExplorationConstants {
  /** Younger markets are explored regardless of their impressions. */
  readonly maxAgeHours: number;
  /** Markets with fewer impressions are explored regardless of their age. */
  readonly maxImpressions: number;
  /** Click rate assumed for a market without impressions, above 0 to 1. */
  readonly priorClickRate: number;
  /** Number of impressions that the prior click rate is worth. */
  readonly priorImpressions: number;
}

/**
 * Sampling weight of a market for exploration: `click rate · min(1, remaining life / 24 h)`. The click rate is the
 * posterior mean of a Beta distribution, `(clicks + prior rate · prior impressions) / (impressions + prior impressions)`,
 * at most 1. The weight is 0 for a market that has reached both `maxAgeHours` and `maxImpressions`.
 *
 * Range 0 to 1.
 *
 * @param remainingMs time until the market ends; infinite when it has no known end.
 */
export function explorationWeight(
  ageMs: number,
  remainingMs: number,
  impressions: number,
  clicks: number,
  constants: ExplorationConstants,
): number {
  const { maxAgeHours, maxImpressions, priorClickRate, priorImpressions } = constants;
  if (ageMs >= maxAgeHours * HOUR_MS && impressions >= maxImpressions) return 0;
  const clickRate = (clicks + priorClickRate * priorImpressions) / (impressions + priorImpressions);
  return Math.min(1, clickRate) * Math.min(1, Math.max(0, remainingMs) / DAY_MS);
}
