import type { MarketTrend } from './types.js';

/**
 * The crowd's interest, nearer people counting extra: `0.4·local + 0.6·global`, or the global trend alone
 * when there is no local one.
 *
 * Range 0 to 1. Source: existing site, algorithm v1.
 */
export function trendingBlend(trend: Pick<MarketTrend, 'trendingGlobal' | 'trendingLocal'>): number {
  return blendTrends(trend.trendingGlobal, trend.trendingLocal);
}

/** The same of the two numbers. */
export function blendTrends(trendingGlobal: number, trendingLocal: number | null): number {
  if (trendingLocal === null) return trendingGlobal;
  return 0.4 * trendingLocal + 0.6 * trendingGlobal;
}
