import { explorationWeight } from '../../scoring/shared/exploration-weight.js';
import { blendTrends } from '../../scoring/shared/trending.js';
import type { RankingInputs } from '../ranking-inputs.js';

/**
 * The ranking keys of the slots TRENDING, LOCAL and RISING, and the weights of exploration, by row. Valid until the next
 * `fill`, which reuses the memory, so a feed allocates no list as long as the catalog.
 */
export class SlotKeyColumns {
  /** The blend of local and global trend times the discount. */
  trending = new Float64Array(0);
  /** The local trend times the discount. */
  local = new Float64Array(0);
  /** Rising times the discount. */
  rising = new Float64Array(0);
  exploration = new Float64Array(0);

  /** Fills the keys of every row, filtered ones included: skipping those would cost more. */
  fill(inputs: RankingInputs, discount: Float64Array): void {
    const { size } = inputs.snapshot.columns;
    if (this.trending.length !== size) {
      this.trending = new Float64Array(size);
      this.local = new Float64Array(size);
      this.rising = new Float64Array(size);
      this.exploration = new Float64Array(size);
    }
    this.#fillTrends(inputs, discount);
    this.#fillExploration(inputs);
  }

  #fillTrends({ snapshot, trends, country }: RankingInputs, discount: Float64Array): void {
    const { columns } = snapshot;
    const trend = trends.columns(columns, country);
    const { trending, local, rising } = this;
    for (let row = 0; row < columns.size; row += 1) {
      const factor = discount[row] as number;
      rising[row] = factor * (trend.rising[row] as number);
      if (trend.local === null) trending[row] = factor * (trend.global[row] as number);
      else {
        local[row] = factor * (trend.local[row] as number);
        trending[row] = factor * blendTrends(trend.global[row] as number, trend.local[row] as number);
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
}
