import type { RankingConfig } from '../config/schema/ranking-schema.js';
import type { ProfileState } from '../domain/profile.js';
import { decayConfig } from '../profiles/profile-decay.js';
import { userFeaturesV2 } from '../profiles/user-features.js';
import type { MarketColumns, PastLookup, TrendColumns } from '../scoring/v2/features.js';
import { ScorerV2 } from '../scoring/v2/scorer.js';
import type { SiteSignals } from '../scoring/v2/site-signals.js';
import { drawOthers, DRAWN, type Learner, type Reaction } from './learner.js';
import { inputsOf } from './learning-features.js';

/** What was known right before a choice. */
export interface ChoiceContext {
  readonly columns: MarketColumns;
  readonly trends: TrendColumns;
  readonly profile: ProfileState;
  readonly past: PastLookup;
  readonly signals: SiteSignals;
  /** ISO 3166-1 alpha-2; null if unknown. */
  readonly country: string | null;
  readonly nowMs: number;
}

/** Final scores are not read. */
const NO_SUMS = new Float64Array(0);

/** Reads the inputs of the learner from choices. */
export class ChoiceInputs {
  readonly #scorer: ScorerV2;

  constructor(private readonly config: RankingConfig) {
    this.#scorer = new ScorerV2(config.v2, config.impressions);
  }

  /**
   * Lets a learner learn from a choice or a rejection among the markets that the user did not know.
   *
   * @param isKnown whether the user knows the market of a row.
   * @param seed of the other markets that are drawn.
   */
  learn(
    learner: Learner,
    context: ChoiceContext,
    { market, rejection }: Reaction,
    { isKnown, seed }: { isKnown: (row: number) => boolean; seed: number },
  ): void {
    const { columns } = context;
    const drawn = drawOthers(columns.size, (row) => row !== market && !isKnown(row), seed);
    const others = drawn.length < DRAWN ? drawn.length : columns.size - 1;
    const rows = this.#read(context, [market, ...drawn]);
    if (rejection === null) learner.learn(rows, others);
    else learner.reject(rows, rejection);
  }

  #read({ profile, ...context }: ChoiceContext, rows: readonly number[]): Float64Array[] {
    const user = userFeaturesV2(profile, context.nowMs, decayConfig(this.config));
    const { partsOf } = this.#scorer.scoreOnDemand({ ...context, user, impersonal: NO_SUMS });
    return partsOf(rows).map((parts) => inputsOf(parts, this.config.v2.weights));
  }
}
