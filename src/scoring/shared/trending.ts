import { HOUR_MS } from './time.js';
import { decay } from '../../domain/decay.js';

/** One event that counts toward a trend. */
export interface TrendingRow {
  readonly userKey: string;
  readonly marketId: string;
  /** Points of the event, dwell factor included. */
  readonly weight: number;
  readonly atMs: number;
}

/** Constants of a trend; the values are in the ranking config under `trending`. */
export interface TrendingSettings {
  readonly windowHours: number;
  readonly halfLifeHours: number;
  /** Maximum points that one user adds to one market. */
  readonly userCap: number;
}

/**
 * Trending points by market: the sum over distinct users of `min(cap, Σ positive weight · 2^(−age / half-life))`, over
 * events whose age is at most the window. A time in the future counts as age 0. Markets without such an event are
 * absent.
 *
 * Above 0, without an upper bound, in points of event weight. The aggregate query in the database must match this
 * definition.
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

/** Trending scores of a scope: {@link trendingSums} of its events divided by the largest. Range 0 to 1. */
export function trendingScores(
  rows: Iterable<TrendingRow>,
  nowMs: number,
  settings: TrendingSettings,
): Map<string, number> {
  return normalizeScores(trendingSums(rows, nowMs, settings));
}

/** Divides each score by the largest. Range 0 to 1 for scores of 0 or more; all 0 when none is above 0. */
export function normalizeScores(scores: ReadonlyMap<string, number>): Map<string, number> {
  let largest = 0;
  for (const score of scores.values()) largest = Math.max(largest, score);
  const normalized = new Map<string, number>();
  for (const [id, score] of scores) normalized.set(id, largest === 0 ? 0 : score / largest);
  return normalized;
}

/**
 * Blend of the trending scores of all users and of the user's country: `0.4·local + 0.6·global`, or the global score
 * alone when the local one is null.
 *
 * Range 0 to 1 for inputs of that range. Source: the classic interest + trending formula (docs/algorithm-v1.md).
 */
export function blendTrends(trendingGlobal: number, trendingLocal: number | null): number {
  if (trendingLocal === null) return trendingGlobal;
  return 0.4 * trendingLocal + 0.6 * trendingGlobal;
}

/**
 * Popularity of each market relative to the most popular one: `ln(1 + c) / ln(1 + largest c)`. c is the sum over
 * distinct users of their decayed positive weights over weeks, capped per user and divided by the cap, so it counts
 * users. The logarithm keeps one extremely popular market from dwarfing the others.
 *
 * Range 0 to 1; all 0 without any activity.
 *
 * @param userCounts c by row, 0 or more.
 */
export function popularityColumn(userCounts: Float64Array): Float64Array {
  let largest = 0;
  for (const count of userCounts) if (count > largest) largest = count;
  const most = Math.log1p(largest);
  return userCounts.map((count) => (count > 0 ? Math.log1p(count) / most : 0));
}
