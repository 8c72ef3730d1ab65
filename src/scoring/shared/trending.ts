import { decay } from './decay.js';
import { HOUR_MS } from './hours-between.js';
import { normalizeScores } from './normalize-scores.js';

/** One event that counts towards a trend. */
export interface TrendingRow {
  readonly userKey: string;
  readonly marketId: string;
  /** Points of the event, dwell factor included. */
  readonly weight: number;
  readonly atMs: number;
}

/** How a trend is formed; the values live in the ranking config, under `trending`. */
export interface TrendingSettings {
  readonly windowHours: number;
  readonly halfLifeHours: number;
  /** The most that one person adds to one market. */
  readonly userCap: number;
}

/**
 * The crowd's interest by market: the sum over distinct users of
 * `min(cap, Σ positive weight · 2^(−age / half-life))`, over events whose age is at most the window. A time in
 * the future counts as age 0. Markets without such an event are absent.
 *
 * Above 0, without an upper bound. This is the definition that the aggregate in the database must match.
 */
export function trendingSums(
  rows: Iterable<TrendingRow>,
  nowMs: number,
  settings: TrendingSettings,
): Map<string, number> {
  const windowMs = settings.windowHours * HOUR_MS;
  const halfLifeMs = settings.halfLifeHours * HOUR_MS;
  const byMarket = new Map<string, Map<string, number>>();
  for (const { userKey, marketId, weight, atMs } of rows) {
    const ageMs = nowMs - atMs;
    if (weight <= 0 || ageMs > windowMs) continue;
    let byUser = byMarket.get(marketId);
    if (byUser === undefined) byMarket.set(marketId, (byUser = new Map<string, number>()));
    byUser.set(userKey, (byUser.get(userKey) ?? 0) + decay(weight, ageMs, halfLifeMs));
  }
  const sums = new Map<string, number>();
  for (const [marketId, byUser] of byMarket) {
    let sum = 0;
    for (const points of byUser.values()) sum += Math.min(settings.userCap, points);
    sums.set(marketId, sum);
  }
  return sums;
}

/** The trend of a scope: `trendingSums` of its events divided by the largest. Range 0 to 1. */
export function trendingScores(
  rows: Iterable<TrendingRow>,
  nowMs: number,
  settings: TrendingSettings,
): Map<string, number> {
  return normalizeScores(trendingSums(rows, nowMs, settings));
}
