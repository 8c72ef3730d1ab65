import { blendTrends } from '../trending-blend.js';
import { closing } from './closing.js';
import type { TrendConstants, V2Constants } from './constants.js';
import { freshnessV2 } from './freshness-v2.js';
import type { MarketColumns, TrendColumns } from './market-columns.js';
import { newsV2 } from './news-v2.js';
import { roomFor } from './scratch.js';
import { sportsV2 } from './sports-v2.js';
import { impersonalSumV2 } from './sums-v2.js';
import { unitRange } from './unit-range.js';

export interface ImpersonalParts {
  readonly closing: number;
  readonly freshness: number;
  readonly trending: number;
  readonly trendingLocal: number | null;
  readonly trendingGlobal: number;
  readonly rising: number;
  readonly editorial: number;
  readonly news: number;
  readonly sports: number;
}

/** The parts of scores that are the same for everyone, by row. Valid until the next `fill`. */
export class ImpersonalColumns {
  /** 0–1. */
  trending = new Float64Array(0);
  /** All the parts, weighted. */
  sum = new Float64Array(0);

  constructor(private readonly constants: Pick<V2Constants, 'weights' | 'freshness' | 'trend'>) {}

  fill(columns: MarketColumns, trends: TrendColumns, nowMs: number): void {
    const { size, isNews, isSports, createdAtMs, resolvesAtMs, editorialBoost } = columns;
    const { rising } = trends;
    const { weights, freshness, trend } = this.constants;
    const trending = (this.trending = roomFor(size, this.trending));
    const sum = (this.sum = roomFor(size, this.sum));
    for (let row = 0; row < size; row += 1) {
      const crowd = crowdOf(trends, row, trend);
      trending[row] = crowd;
      sum[row] = impersonalSumV2(
        weights,
        crowd,
        unitRange(rising[row] as number),
        unitRange(editorialBoost[row] as number),
        newsV2(isNews[row] as number, createdAtMs[row] as number, nowMs),
        sportsV2(isSports[row] as number, resolvesAtMs[row] as number, nowMs),
        closing(resolvesAtMs[row] as number, nowMs),
        freshnessV2(createdAtMs[row] as number, nowMs, freshness),
      );
    }
  }

  /** One row's, unweighted, each 0–1; of the columns and trends of the last `fill`. */
  parts(columns: MarketColumns, trends: TrendColumns, row: number, nowMs: number): ImpersonalParts {
    const resolvesAtMs = columns.resolvesAtMs[row] as number;
    return {
      closing: closing(resolvesAtMs, nowMs),
      freshness: freshnessV2(columns.createdAtMs[row] as number, nowMs, this.constants.freshness),
      trending: this.trending[row] as number,
      trendingLocal: trends.local === null ? null : unitRange(trends.local[row] as number),
      trendingGlobal: unitRange(trends.global[row] as number),
      rising: unitRange(trends.rising[row] as number),
      editorial: unitRange(columns.editorialBoost[row] as number),
      news: newsV2(columns.isNews[row] as number, columns.createdAtMs[row] as number, nowMs),
      sports: sportsV2(columns.isSports[row] as number, resolvesAtMs, nowMs),
    };
  }
}

/**
 * What the crowd thinks of a market: `now · (the last hours' trend, local and global) + (1 − now) · (what has been popular
 * for some time)`. The trend alone forgets within hours what a small site saw all day. Range 0 to 1.
 */
function crowdOf({ global, local, popular }: TrendColumns, row: number, { now }: TrendConstants): number {
  const trend = blendTrends(
    unitRange(global[row] as number),
    local === null ? null : unitRange(local[row] as number),
  );
  return now * trend + (1 - now) * unitRange(popular[row] as number);
}
