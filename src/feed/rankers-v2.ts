import type { RankingConfig } from '../config/ranking-schema.js';
import { ScorerV2 } from '../scoring/v2/scorer.js';
import { PageKeys } from './page-keys.js';

/** What algorithm v2 works with: memory that one ranking after the other uses, since each runs without a pause. */
export class RankersV2 {
  /** Where the keys of a page are put together. */
  readonly keys = new PageKeys();
  /** One for each config in use. */
  readonly #scorers = new WeakMap<RankingConfig, ScorerV2>();

  scorerFor(config: RankingConfig): ScorerV2 {
    let scorer = this.#scorers.get(config);
    if (scorer === undefined) {
      scorer = new ScorerV2(config.v2, config.impressions);
      this.#scorers.set(config, scorer);
    }
    return scorer;
  }
}
