import { DAY_MS, HOUR_MS } from '../shared/time.js';

/** Which markets are explored, and the prior of their click rate; in the ranking config under `feed.exploration`. */
export interface ExplorationConstants {
  /** Younger markets are explored regardless of their impressions, up to `freshImpressions`. */
  readonly maxAgeHours: number;
  /** Markets with fewer impressions are explored regardless of their age. */
  readonly maxImpressions: number;
  /** Impressions after which a young market is no longer fresh. */
  readonly freshImpressions: number;
  /** Click rate assumed for a market without impressions, above 0 to 1. */
  readonly priorClickRate: number;
  /** Number of impressions that the prior click rate is worth. */
  readonly priorImpressions: number;
}

/**
 * Sampling weight of a market for exploration: `click rate · min(1, remaining life / 24 h)`. The click rate is the
 * posterior mean of a Beta distribution, `(clicks + prior rate · prior impressions) / (impressions + prior impressions)`,
 * at most 1. The weight is 0 for a market that has reached `maxImpressions` and is not fresh: it has also reached
 * `maxAgeHours` or `freshImpressions`.
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
  const { maxAgeHours, maxImpressions, freshImpressions, priorClickRate, priorImpressions } = constants;
  const isFresh = ageMs < maxAgeHours * HOUR_MS && impressions < freshImpressions;
  if (!isFresh && impressions >= maxImpressions) return 0;
  const clickRate = (clicks + priorClickRate * priorImpressions) / (impressions + priorImpressions);
  return Math.min(1, clickRate) * lifeFactor(remainingMs);
}

/** `min(1, remaining life / 24 h)`, 0 to 1: an impression of a market that ends soon has little time to be worth something. */
export function lifeFactor(remainingMs: number): number {
  return Math.min(1, Math.max(0, remainingMs) / DAY_MS);
}
