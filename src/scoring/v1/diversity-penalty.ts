import type { RecentMarket } from '../shared/types.js';

/**
 * How much of what a person lately engaged with is of one category: the share of those markets that are
 * in it, 0 without any. The score subtracts it.
 *
 * Range 0 to 1. Source: existing site, algorithm v1.
 */
export function diversityPenalty(
  category: string,
  recentMarkets: readonly Pick<RecentMarket, 'category'>[],
): number {
  if (recentMarkets.length === 0) return 0;
  let inCategory = 0;
  for (const recent of recentMarkets) if (recent.category === category) inCategory += 1;
  return inCategory / recentMarkets.length;
}
