import { explorationWeight } from '../scoring/shared/exploration-weight.js';
import { blendTrends } from '../scoring/shared/trending.js';
import type { ScoresV2 } from '../scoring/v2/scorer.js';
import type { RankingInputs } from './ranking-inputs.js';
import { fillRemovals } from './row-filters.js';

/**
 * What a page is chosen by, for the rows that may be shown: the keys of the slots but PERSONAL, and the weights of
 * exploration. Valid until the next `fill`; its memory is used again, so that a feed makes no list as long as the
 * catalog.
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
  #removals = new Uint8Array(0);

  fill(inputs: RankingInputs, { discount, capped }: ScoresV2): void {
    const { columns } = inputs.snapshot;
    const { size } = columns;
    if (this.#rows.length !== size) this.#makeRoom(size);
    fillRemovals(inputs, capped, this.#removals);
    const rows = this.#rows;
    const removals = this.#removals;
    let count = 0;
    for (let row = 0; row < size; row += 1) if (removals[row] === 0) rows[count++] = row;
    this.eligible = rows.subarray(0, count);
    this.#fillTrends(inputs, discount);
    this.#fillExploration(inputs);
  }

  /** Rows that must not be shown have keys too: leaving them out would cost more than filling them in. */
  #fillTrends({ snapshot, trends, country }: RankingInputs, discount: Float64Array): void {
    const { columns } = snapshot;
    const { global, local, rising: rises } = trends.columns(columns, country);
    const { trending, local: here, rising } = this;
    for (let row = 0; row < columns.size; row += 1) {
      const left = discount[row] as number;
      rising[row] = left * (rises[row] as number);
      if (local === null) trending[row] = left * (global[row] as number);
      else {
        here[row] = left * (local[row] as number);
        trending[row] = left * blendTrends(global[row] as number, local[row] as number);
      }
    }
  }

  #fillExploration({ snapshot, trends, config, nowMs }: RankingInputs): void {
    const { columns } = snapshot;
    const { size, createdAtMs, resolvesAtMs } = columns;
    const { impressions, clicks } = trends.exposure(columns);
    const constants = config.feed.exploration;
    const { exploration } = this;
    for (let row = 0; row < size; row += 1) {
      exploration[row] = explorationWeight(
        nowMs - (createdAtMs[row] as number),
        (resolvesAtMs[row] as number) - nowMs,
        impressions[row] as number,
        clicks[row] as number,
        constants,
      );
    }
  }

  #makeRoom(size: number): void {
    this.#rows = new Int32Array(size);
    this.#removals = new Uint8Array(size);
    this.trending = new Float64Array(size);
    this.local = new Float64Array(size);
    this.rising = new Float64Array(size);
    this.exploration = new Float64Array(size);
  }
}
