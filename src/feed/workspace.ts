import type { RankingConfig } from '../config/schema/ranking-schema.js';
import { startOfMinute } from '../scoring/shared/time.js';
import { ScorerV2 } from '../scoring/v2/scorer.js';
import { FilterPass } from './filters/filter.js';
import type { ScoringInputs } from './ranking-inputs.js';
import { BoundedRanking } from './selectors/bounded-ranking.js';
import { RankingTicks, type RankingTick } from './selectors/ranking-tick.js';

/**
 * Memory that rankings reuse one after another, and values that all requests of a minute share. A ranking is synchronous, so
 * no two of them use it at a time.
 */
export class RankingWorkspace {
  readonly filters = new FilterPass();
  readonly bounded = new BoundedRanking();
  readonly #scorers = new WeakMap<RankingConfig, ScorerV2>();
  readonly #ticks = new RankingTicks();
  #keys = new Float64Array(0);

  /** Returns the scorer of algorithm v2 for a config. */
  scorerFor(config: RankingConfig): ScorerV2 {
    let scorer = this.#scorers.get(config);
    if (scorer === undefined) {
      scorer = new ScorerV2(config.v2, config.impressions);
      this.#scorers.set(config, scorer);
    }
    return scorer;
  }

  /** Returns the values of algorithm v2 that all requests of a minute share. */
  tickOf({ snapshot: { columns }, trends, config, nowMs }: ScoringInputs): RankingTick {
    const minuteMs = startOfMinute(nowMs);
    return this.#ticks.of({ columns, trends, config, minuteMs }, (ofScope) =>
      this.scorerFor(config).impersonalSum(columns, ofScope, minuteMs),
    );
  }

  /** Returns an array of at least `size` elements of any value, for keys by row. */
  keys(size: number): Float64Array {
    if (this.#keys.length < size) this.#keys = new Float64Array(size);
    return this.#keys;
  }
}
