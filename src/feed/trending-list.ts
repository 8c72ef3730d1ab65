import { z } from 'zod';
import type { CatalogSnapshot } from '../catalog/catalog.js';
import type { Market } from '../domain/market.js';
import { countrySchema } from '../lib/input/country.js';
import type { TrendState } from '../trends/trend-state.js';
import type { Filter, RankingContext } from './candidate.js';
import { bestRows } from './composition/best-rows.js';
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
 * The strongest markets of the scope of a country, or else of the global scope, among those that may be shown there now:
 * trends are as old as their last computation, and a market may have closed since.
 */
export function trendingList(
  trends: TrendState,
  { columns, entries }: CatalogSnapshot,
  context: RankingContext,
  { country, limit }: { country: string | null; limit: number },
): Trending {
  const { global, local } = trends.columns(columns, country);
  const scores = local ?? global;
  const rows = Int32Array.from(entries.keys());
  const wanted = (row: number): boolean => {
    const entry = entries[row];
    return entry !== undefined && filters.every((filter) => filter.keeps(entry, context));
  };
  const order = { key: scores, volumeTotal: columns.volumeTotal };
  const markets = [...bestRows(rows, limit, order, { above: 0, wanted })].flatMap((row, index) => {
    const entry = entries[row];
    return entry === undefined
      ? []
      : [{ rank: index + 1, market: entry.market, score: scores[row] as number }];
  });
  return { scope: trends.scopeFor(country), markets };
}
