import { explorationWeight } from '../scoring/exploration-weight.js';
import { blendTrends } from '../scoring/trending-blend.js';
import type { ScoresV2 } from '../scoring/v2/score-v2.js';
import type { RankingInputs } from './ranking-inputs.js';
import { rowFilters } from './row-filters.js';

/**
 * What a page is chosen by, for the rows that may be shown: the keys of the slots but PERSONAL, and the weights of
 * exploration. Valid until the next `fill`; its memory is used again, so that a feed makes no list as long as the
 * catalogue.
 */
export class PageKeys {
  /** The rows that may be shown, in order. */
  eligible = new Int32Array(0);
  /** By row, the last hours' trend, local and global, times the discount. */
  trending = new Float64Array(0);
  /** By row, the local trend times the discount. */
  local = new Float64Array(0);
  /** By row, times the discount. */
  rising = new Float64Array(0);
  /** By row. */
  exploration = new Float64Array(0);
  #rows = new Int32Array(0);

  fill(inputs: RankingInputs, { discount, capped }: ScoresV2): void {
    const { snapshot, trends, country, config, nowMs } = inputs;
    const { columns } = snapshot;
    const { size, createdAtMs, resolvesAtMs } = columns;
    if (this.#rows.length !== size) this.#makeRoom(size);
    const removalOf = rowFilters(inputs, capped);
    const { global, local, rising } = trends.columns(columns, country);
    const { impressions, clicks } = trends.exposure(columns);
    const { exploration } = config.feed;
    let count = 0;
    for (let row = 0; row < size; row += 1) {
      if (removalOf(row) !== null) continue;
      this.#rows[count++] = row;
      const left = discount[row] as number;
      const here = local === null ? null : (local[row] as number);
      this.trending[row] = left * blendTrends(global[row] as number, here);
      this.local[row] = left * (here ?? 0);
      this.rising[row] = left * (rising[row] as number);
      this.exploration[row] = explorationWeight(
        nowMs - (createdAtMs[row] as number),
        (resolvesAtMs[row] as number) - nowMs,
        impressions[row] as number,
        clicks[row] as number,
        exploration,
      );
    }
    this.eligible = this.#rows.subarray(0, count);
  }

  #makeRoom(size: number): void {
    this.#rows = new Int32Array(size);
    this.trending = new Float64Array(size);
    this.local = new Float64Array(size);
    this.rising = new Float64Array(size);
    this.exploration = new Float64Array(size);
  }
}
