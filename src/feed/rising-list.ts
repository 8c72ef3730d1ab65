import type { CatalogSnapshot } from '../catalog/catalog.js';
import type { Market } from '../domain/market.js';
import type { TrendState } from '../trends/trend-state.js';
import type { RankingContext } from './candidate.js';
import { bestRows } from './composition/best-rows.js';
import { allowedCountry } from './filters/allowed-country.js';
import { notOver } from './filters/not-over.js';

/** A market whose odds move. */
export interface RisingMarket {
  /** From 1. */
  readonly rank: number;
  readonly market: Market;
  /** 0–1, 1 for the one that moves most. */
  readonly score: number;
}

/** The markets that move most of those that can be shown now, by their odds of this moment and of a day ago. */
export function risingList(
  trends: TrendState,
  { columns, entries }: CatalogSnapshot,
  context: RankingContext,
  limit: number,
): RisingMarket[] {
  const { rising } = trends.columns(columns, null);
  const rows = Int32Array.from(entries.keys());
  const wanted = (row: number): boolean => {
    const entry = entries[row];
    return entry !== undefined && notOver.keeps(entry, context) && allowedCountry.keeps(entry, context);
  };
  const order = { key: rising, volumeTotal: columns.volumeTotal };
  return [...bestRows(rows, limit, order, { above: 0, wanted })].flatMap((row, index) => {
    const entry = entries[row];
    return entry === undefined
      ? []
      : [{ rank: index + 1, market: entry.market, score: rising[row] as number }];
  });
}
