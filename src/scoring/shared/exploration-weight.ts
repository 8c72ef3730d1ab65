/** Which markets the crowd has still to get to know, and what is guessed of them meanwhile. */
export interface ExplorationConstants {
  /** Younger markets are explored however often they were shown. */
  readonly maxAgeHours: number;
  /** Markets shown less often than this are explored however old they are. */
  readonly maxImpressions: number;
  /** The click rate of a market that nobody was shown, above 0 to 1. */
  readonly priorClickRate: number;
  /** How many showings that guess is worth. */
  readonly priorImpressions: number;
}

const HOUR_MS = 3_600_000;

/**
 * How much a market is worth exploring: `click rate · min(1, remaining life / 24 h)`, with the click rate
 * `(clicks + prior rate · prior showings) / (showings + prior showings)`, at most 1, which is the mean of a Beta
 * distribution after what was seen. 0 for a market that is old and known.
 *
 * Range 0 to 1.
 *
 * @param remainingMs infinite when nothing is known of its end.
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
  return Math.min(1, clickRate) * Math.min(1, Math.max(0, remainingMs) / (24 * HOUR_MS));
}
