import { blendTrends } from '../shared/trending-blend.js';
import { closing, nextClosingMs } from './closing.js';
import type { TrendConstants, V2Constants } from './constants.js';
import type { MarketColumns, TrendColumns } from './market-columns.js';
import { newsV2, nextNewsMs } from './news-v2.js';
import { nextSportsMs, sportsV2 } from './sports-v2.js';
import { steadySumV2 } from './sums-v2.js';
import { unitRange } from './unit-range.js';

/** What of the impersonal parts stays the same for a while, by row. */
export interface SteadyColumns {
  /** 0–1. */
  readonly trending: Float64Array;
  /** All parts but freshness, weighted. */
  readonly sum: Float64Array;
}

interface Held extends SteadyColumns {
  readonly of: MarketColumns;
  readonly trends: TrendColumns;
  readonly fromMs: number;
  /** The first instant from `fromMs` on at which a part may be another. */
  readonly changesAtMs: number;
}

/**
 * Works out the steady columns once for each catalog and trends, and again when a market takes a step, such as to be
 * within a week of its end; between steps they are exactly the same at every instant.
 */
export class SteadyColumnsOf {
  /** By the column that tells one scope of trends from another. */
  readonly #held = new WeakMap<Float64Array, Held>();

  constructor(private readonly constants: Pick<V2Constants, 'weights' | 'trend'>) {}

  at(columns: MarketColumns, trends: TrendColumns, nowMs: number): SteadyColumns {
    const scope = trends.local ?? trends.global;
    const held = this.#held.get(scope);
    if (held !== undefined && isGood(held, columns, trends, nowMs)) return held;
    const made = this.#make(columns, trends, nowMs);
    this.#held.set(scope, made);
    return made;
  }

  #make(columns: MarketColumns, trends: TrendColumns, nowMs: number): Held {
    const { size, isNews, isSports, createdAtMs, resolvesAtMs, editorialBoost } = columns;
    const { weights, trend } = this.constants;
    const trending = new Float64Array(size);
    const sum = new Float64Array(size);
    let changesAtMs = Infinity;
    for (let row = 0; row < size; row += 1) {
      const news = isNews[row] as number;
      const sports = isSports[row] as number;
      const created = createdAtMs[row] as number;
      const resolves = resolvesAtMs[row] as number;
      const crowd = crowdOf(trends, row, trend);
      trending[row] = crowd;
      sum[row] = steadySumV2(
        weights,
        crowd,
        unitRange(trends.rising[row] as number),
        unitRange(editorialBoost[row] as number),
        newsV2(news, created, nowMs),
        sportsV2(sports, resolves, nowMs),
        closing(resolves, nowMs),
      );
      changesAtMs = Math.min(
        changesAtMs,
        nextNewsMs(news, created, nowMs),
        nextSportsMs(sports, resolves, nowMs),
        nextClosingMs(resolves, nowMs),
      );
    }
    return { of: columns, trends, trending, sum, fromMs: nowMs, changesAtMs };
  }
}

function isGood(
  { of, trends: then, fromMs, changesAtMs }: Held,
  columns: MarketColumns,
  { global, local, rising, popular }: TrendColumns,
  nowMs: number,
): boolean {
  return (
    of === columns &&
    then.global === global &&
    then.local === local &&
    then.rising === rising &&
    then.popular === popular &&
    (nowMs === fromMs || (nowMs > fromMs && nowMs < changesAtMs))
  );
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
