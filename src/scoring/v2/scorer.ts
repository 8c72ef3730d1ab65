import { NO_COMPONENTS, type ScoreParts } from '../score-parts.js';
import { clampToUnit } from '../shared/probability.js';
import type { V2Constants } from './components.js';
import type { ImpressionConstants } from './constants.js';
import { DiscountColumns, type Discounts } from './discount.js';
import type { MarketColumns, PastLookup, TrendColumns, UserFeatures } from './features.js';
import { ImpersonalColumns } from './impersonal-columns.js';
import { PersonalColumns } from './personal-columns.js';
import { reuseFloats } from './reusable-arrays.js';

/** The scores of all rows. Valid until the scorer's next call. */
export interface ScoresV2 extends Discounts {
  /** The final scores; finite for every input. */
  readonly final: Float64Array;
  /**
   * The score of one row with its unweighted components, each 0–1. `negative` is positive and subtracted. For an
   * anonymous user, `personal` and its components are null and the discount is 1. Components that only v1 has are null.
   */
  readonly parts: (row: number) => ScoreParts;
}

/**
 * Scores all markets for one user by algorithm v2: `discount · (personal + impersonal) − penalty`. components.ts defines
 * the three sums.
 *
 * The scorer reuses its memory from call to call, so a ranking allocates no object per market. It keeps no other state:
 * the same input gives the same bytes, whatever was scored before. Source: algorithm v2.
 */
export class ScorerV2 {
  readonly #personal: PersonalColumns;
  readonly #impersonal: ImpersonalColumns;
  readonly #discount: DiscountColumns;
  #final = new Float64Array(0);

  constructor(constants: V2Constants, impressions: ImpressionConstants) {
    this.#personal = new PersonalColumns(constants);
    this.#impersonal = new ImpersonalColumns(constants);
    this.#discount = new DiscountColumns(impressions);
  }

  /**
   * @param user null gives the ranking that is the same for all users.
   * @param past finds engaged markets that are not among the rows.
   */
  score(
    columns: MarketColumns,
    trends: TrendColumns,
    user: UserFeatures | null,
    past: PastLookup,
    nowMs: number,
  ): ScoresV2 {
    this.#discount.fill(columns, user, nowMs);
    this.#impersonal.fill(columns, trends, nowMs);
    if (user === null) this.#personal.fillAnonymous(columns);
    else this.#personal.fill(columns, user, past, nowMs);
    this.#fillFinal(columns.size);
    const { discount, changed, rows } = this.#discount;
    return {
      final: this.#final,
      ...{ discount, changed, rows },
      parts: (row) => ({
        ...NO_COMPONENTS,
        ...(user === null ? {} : this.#personal.components(row)),
        ...this.#impersonal.components(columns, trends, row, nowMs),
        final: this.#final[row] as number,
        personal: user === null ? null : (this.#personal.sum[row] as number),
        trendingLocal: trends.local === null ? null : clampToUnit(trends.local[row] as number),
        trendingGlobal: clampToUnit(trends.global[row] as number),
        discount: discount[row] as number,
      }),
    };
  }

  /** The impersonal sums as of the minute of `nowMs`, by row: the final scores for an anonymous user. */
  impersonalSum(columns: MarketColumns, trends: TrendColumns, nowMs: number): Float64Array {
    this.#impersonal.fill(columns, trends, nowMs);
    return this.#impersonal.sum.slice();
  }

  #fillFinal(size: number): void {
    const final = (this.#final = reuseFloats(size, this.#final));
    const { discount } = this.#discount;
    const { sum: personal, penalty } = this.#personal;
    const { sum: impersonal } = this.#impersonal;
    for (let row = 0; row < size; row += 1) {
      final[row] =
        (discount[row] as number) * ((personal[row] as number) + (impersonal[row] as number)) -
        (penalty[row] as number);
    }
  }
}
