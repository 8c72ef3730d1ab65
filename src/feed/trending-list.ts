import { z } from 'zod';
import type { CatalogueSnapshot } from '../catalogue/catalogue.js';
import type { Market } from '../catalogue/market.js';
import { countrySchema } from '../input/country.js';
import type { TrendScope } from '../trends/trend-state.js';
import type { Filter, RankingContext } from './candidate.js';
import { allowedCountry } from './filters/allowed-country.js';
import { notOver } from './filters/not-over.js';

/** The strongest markets of a scope. */
export interface Trending {
  /** `global` or `local:<CC>`. */
  readonly scope: string;
  /** Highest first. */
  readonly markets: readonly TrendingMarket[];
}

export interface TrendingMarket {
  /** From 1. */
  readonly rank: number;
  readonly market: Market;
  /** 0–1. */
  readonly score: number;
}

/** Where, and how many. */
export const trendingRequest = z.object({
  country: countrySchema.nullish(),
  limit: z.number().int().min(1, 'must be at least 1').max(100, 'must be at most 100'),
});

const filters: readonly Filter[] = [notOver, allowedCountry];

/**
 * The strongest of those that can be shown now: trends are as old as their last computation, and a market may
 * have closed since.
 */
export function trendingList(
  { scope, scores }: TrendScope,
  snapshot: CatalogueSnapshot,
  context: RankingContext,
  limit: number,
): Trending {
  const markets: TrendingMarket[] = [];
  for (const [marketId, score] of scores) {
    if (markets.length === limit) break;
    const entry = snapshot.byId.get(marketId);
    if (entry === undefined || !filters.every((filter) => filter.keeps(entry, context))) continue;
    markets.push({ rank: markets.length + 1, market: entry.market, score });
  }
  return { scope, markets };
}
