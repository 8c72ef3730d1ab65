import { closing } from './closing.js';
import type { V2Constants } from './constants.js';
import { freshnessV2 } from './freshness-v2.js';
import type { MarketColumns, TrendColumns } from './market-columns.js';
import { newsV2 } from './news-v2.js';
import { roomFor } from './scratch.js';
import { sportsV2 } from './sports-v2.js';
import { SteadyColumnsOf } from './steady-columns.js';
import { withFreshnessV2 } from './sums-v2.js';
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
  trending: Float64Array = new Float64Array(0);
  /** All the parts, weighted. */
  sum = new Float64Array(0);
  readonly #steady: SteadyColumnsOf;

  constructor(private readonly constants: Pick<V2Constants, 'weights' | 'freshness' | 'trend'>) {
    this.#steady = new SteadyColumnsOf(constants);
  }

  fill(columns: MarketColumns, trends: TrendColumns, nowMs: number): void {
    const { size, createdAtMs } = columns;
    const { weights, freshness } = this.constants;
    const steady = this.#steady.at(columns, trends, nowMs);
    const sum = (this.sum = roomFor(size, this.sum));
    this.trending = steady.trending;
    for (let row = 0; row < size; row += 1) {
      sum[row] = withFreshnessV2(
        weights,
        steady.sum[row] as number,
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
