import type { RankingConfig } from '../config/schema/ranking-schema.js';
import { ScorerV2 } from '../scoring/v2/scorer.js';
import { FilterPass } from './filters/filter.js';
import { SlotKeyColumns } from './selectors/slot-keys.js';

/** Memory that one ranking after the other reuses. A ranking is synchronous, so no two of them use it at a time. */
export class RankingWorkspace {
  readonly filters = new FilterPass();
  readonly slotKeys = new SlotKeyColumns();
  readonly #scorers = new WeakMap<RankingConfig, ScorerV2>();

  /** Returns the scorer of algorithm v2 for a config. */
  scorerFor(config: RankingConfig): ScorerV2 {
    let scorer = this.#scorers.get(config);
    if (scorer === undefined) {
      scorer = new ScorerV2(config.v2, config.impressions);
      this.#scorers.set(config, scorer);
    }
    return scorer;
  }
}
