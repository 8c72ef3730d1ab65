import type { RankingConfig } from '../config/schema/ranking-schema.js';
import { startOfMinute } from '../scoring/shared/time.js';
import { weightsUnder, type RankingModel } from '../scoring/v2/ranking-model.js';
import { ScorerV2 } from '../scoring/v2/scorer.js';
import { FilterPass } from './filters/filter.js';
import type { ScoringInputs } from './ranking-inputs.js';
import { BoundedRanking } from './selectors/bounded-ranking.js';
import { ExplorationPolicies } from './selectors/policies/exploration-policies.js';
import { RankingTicks, type RankingTick } from './selectors/ranking-tick.js';

/**
 * Memory that rankings reuse one after another, and values that all requests of a minute share. A ranking is synchronous, so
 * no two of them use it at a time.
 */
export class RankingWorkspace {
  readonly filters = new FilterPass();
  readonly bounded = new BoundedRanking();
  readonly policies = new ExplorationPolicies();
  readonly #scorers = new WeakMap<RankingConfig, WeakMap<RankingModel, ScorerV2>>();
  readonly #ticks = new RankingTicks();
  #keys = new Float64Array(0);

  /** Returns the scorer of algorithm v2 for a config and a model. */
  scorerFor({ config, model }: Pick<ScoringInputs, 'config' | 'model'>): ScorerV2 {
    let ofConfig = this.#scorers.get(config);
    if (ofConfig === undefined) this.#scorers.set(config, (ofConfig = new WeakMap()));
    let scorer = ofConfig.get(model);
    if (scorer === undefined) {
      const weights = weightsUnder(model, config.v2.weights);
      scorer = new ScorerV2({ ...config.v2, weights }, config.impressions);
      ofConfig.set(model, scorer);
    }
    return scorer;
  }

  /** Returns the values of algorithm v2 that all requests of a minute share. */
  tickOf({ snapshot: { columns }, trends, config, model, nowMs }: ScoringInputs): RankingTick {
    const minuteMs = startOfMinute(nowMs);
    return this.#ticks.of({ columns, trends, config, model, minuteMs }, (ofScope, country) =>
      this.scorerFor({ config, model }).impersonalSum(columns, ofScope, minuteMs, model.signals, country),
    );
  }

  /** Returns an array of at least `size` elements of any value, for keys by row. */
  keys(size: number): Float64Array {
    if (this.#keys.length < size) this.#keys = new Float64Array(size);
    return this.#keys;
  }
}
