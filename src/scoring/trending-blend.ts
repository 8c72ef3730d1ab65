import type { MarketTrend } from './types.js';

/**
 * The crowd's interest, nearer people counting extra: `0.4·local + 0.6·global`, or the global trend alone
 * when there is no local one.
 *
 * Range 0 to 1. Source: existing site, algorithm v1.
 */
export function trendingBlend(trend: Pick<MarketTrend, 'trendingGlobal' | 'trendingLocal'>): number {
  if (trend.trendingLocal === null) return trend.trendingGlobal;
  return 0.4 * trend.trendingLocal + 0.6 * trend.trendingGlobal;
}
