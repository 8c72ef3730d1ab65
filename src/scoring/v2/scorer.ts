import { NO_COMPONENTS, type ScoreParts } from '../score-parts.js';
import { clampToUnit } from '../shared/probability.js';
import type { ComponentNameV2, V2Constants } from './components.js';
import type { ImpressionConstants } from './constants.js';
import { DiscountColumns, type Discounts } from './discount.js';
import type { MarketColumns, PastLookup, TrendColumns, UserFeatures } from './features.js';
import { ImpersonalColumns } from './impersonal-columns.js';
import { PersonalColumns } from './personal-columns.js';
import { rowNumbers } from './row-numbers.js';
import { reuseFloats } from './reusable-arrays.js';
import { NO_SIGNALS, type SiteSignals } from './site-signals.js';

/** The scores of rows. Valid until the scorer's next call. */
export interface ScoresV2 extends Discounts {
  /** The final scores, by row; finite for every input. */
  readonly final: Float64Array;
  /**
   * The scores of rows with their unweighted components. `negative` is positive and subtracted. For an anonymous
   * user, `personal` and its components are null and the discount is 1. Components that only v1 has are null.
   */
  readonly partsOf: (rows: readonly number[]) => ScoreParts[];
}

export interface ScorerInputs {
  readonly columns: MarketColumns;
  readonly trends: TrendColumns;
  /** The result of `impersonalSum` for the same columns, trends, signals, and minute. */
  readonly impersonal: Float64Array;
  /** Null gives the ranking that is the same for all users. */
  readonly user: UserFeatures | null;
  /** Finds engaged markets that are not among the rows. */
  readonly past: PastLookup;
  readonly signals: SiteSignals;
  /** ISO 3166-1 alpha-2; null if unknown. */
  readonly country: string | null;
  readonly nowMs: number;
}

type Mutable<Values> = { -readonly [Name in keyof Values]: Values[Name] };

/** Scores of which only some are needed. `final` has the scores of the rows that were given to `score`. */
export interface ScoresOnDemandV2 extends ScoresV2 {
  /** Computes the final scores of some rows. */
  readonly score: (rows: Int32Array) => void;
  /** Computes the values of one component that depends on the user, who is known. */
  readonly valuesOf: (name: ComponentNameV2, rows: Int32Array) => Float64Array;
  /** Computes upper bounds of all scores, which cost less than the scores. */
  readonly bounds: () => ScoreBounds;
}

/** Upper bounds of scores. */
export interface ScoreBounds {
  /** By row: the score is at most this number plus `slack`. */
  readonly bounds: Float64Array;
  readonly slack: number;
  /** Replaces the bounds of some rows by closer ones, at most once for each row. Null: they are as close as possible. */
  readonly refine: ((rows: Int32Array) => void) | null;
}

/** Exceeds the rounding errors of a sum of components, relative to the sum of their weights. */
const ROUNDING_MARGIN = 1e-12;

/**
 * Scores markets for one user by algorithm v2: `discount · (personal + impersonal) − penalty`. components.ts defines the
 * three sums.
 *
 * The scorer reuses its memory from call to call, so a ranking allocates no object per market. It keeps no other state:
 * the same input gives the same bytes, whatever was scored before. Source: algorithm v2.
 */
export class ScorerV2 {
  readonly #personal: PersonalColumns;
  readonly #impersonal: ImpersonalColumns;
  readonly #discount: DiscountColumns;
  readonly #margin: number;
  #final = new Float64Array(0);
  #bounds = new Float64Array(0);
  #closer = new Float64Array(0);

  /** @param smallCatalog the size up to which no bounds are refined; the default is the fastest. */
  constructor(constants: V2Constants, impressions: ImpressionConstants, smallCatalog?: number) {
    this.#personal = new PersonalColumns(constants, smallCatalog);
    this.#impersonal = new ImpersonalColumns(constants);
    this.#discount = new DiscountColumns(impressions);
    const weights = Object.values(constants.weights);
    this.#margin = ROUNDING_MARGIN * (1 + weights.reduce((sum, weight) => sum + weight, 0));
  }

  /**
   * Scores all rows.
   *
   * @param user null gives the ranking that is the same for all users.
   * @param past finds engaged markets that are not among the rows.
   */
  score(
    columns: MarketColumns,
    trends: TrendColumns,
    user: UserFeatures | null,
    past: PastLookup,
    nowMs: number,
    signals: SiteSignals = NO_SIGNALS,
    country: string | null = null,
  ): ScoresV2 {
    this.#impersonal.fill({ columns, trends, signals, country, nowMs });
    const impersonal = this.#impersonal.sum;
    const scores = this.scoreOnDemand({ columns, trends, impersonal, user, past, signals, country, nowMs });
    if (user !== null) scores.score(rowNumbers(columns.size));
    return scores;
  }

  /** Prepares scores that are computed when they are needed; those of an anonymous user are the impersonal sums. */
  scoreOnDemand(inputs: ScorerInputs): ScoresOnDemandV2 {
    const { columns, impersonal, user, past, signals, nowMs } = inputs;
    this.#discount.fill(columns, user, nowMs);
    if (user !== null) this.#personal.load(columns, user, past, signals, nowMs);
    const final = user === null ? impersonal : (this.#final = reuseFloats(columns.size, this.#final));
    const { discount, changed, rows: discounted } = this.#discount;
    return {
      ...{ final, discount, changed, rows: discounted },
      score: (rows) => {
        this.#scoreRows(rows, impersonal);
      },
      valuesOf: (name, rows) => this.#personal.valuesOf(name, rows),
      bounds: () => this.#computeBounds(columns, impersonal),
      partsOf: (rows) => this.#partsOf(rows, inputs),
    };
  }

  /** The scores of rows with their components. */
  #partsOf(
    rows: readonly number[],
    { columns, trends, impersonal, user, signals, country, nowMs }: Omit<ScorerInputs, 'past'>,
  ): ScoreParts[] {
    if (user !== null) this.#personal.fill(Int32Array.from(rows), { withAll: true });
    const copyImpersonal = this.#impersonal.componentsOf({ columns, trends, signals, country, nowMs });
    return rows.map((row, index) => {
      const parts: Mutable<ScoreParts> = {
        ...NO_COMPONENTS,
        final: user === null ? (impersonal[row] as number) : this.#finalOf(row, index, impersonal),
        personal: user === null ? null : (this.#personal.sum[index] as number),
        trendingLocal: trends.local === null ? null : clampToUnit(trends.local[row] as number),
        trendingGlobal: clampToUnit(trends.global[row] as number),
        discount: this.#discount.discount[row] as number,
      };
      if (user !== null) this.#personal.copyComponents(index, parts);
      copyImpersonal(row, parts);
      return parts;
    });
  }

  /** The impersonal sums as of the minute of `nowMs`, by row. */
  impersonalSum(
    columns: MarketColumns,
    trends: TrendColumns,
    nowMs: number,
    signals: SiteSignals = NO_SIGNALS,
    country: string | null = null,
  ): Float64Array {
    this.#impersonal.fill({ columns, trends, signals, country, nowMs });
    return this.#impersonal.sum.slice();
  }

  #scoreRows(rows: Int32Array, impersonal: Float64Array): void {
    this.#personal.fill(rows);
    const final = this.#final;
    for (let i = 0; i < rows.length; i += 1) {
      const row = rows[i] as number;
      final[row] = this.#finalOf(row, i, impersonal);
    }
  }

  /** @param index of the row among those whose personal sums were computed last. */
  #finalOf(row: number, index: number, impersonal: Float64Array): number {
    const { discount } = this.#discount;
    const { sum: personal, penalty } = this.#personal;
    const sum = (personal[index] as number) + (impersonal[row] as number);
    return discounted(sum, discount[row] as number) - (penalty[index] as number);
  }

  #computeBounds(columns: MarketColumns, impersonal: Float64Array): ScoreBounds {
    const bounds = (this.#bounds = reuseFloats(columns.size, this.#bounds));
    const { highest, penaltyOf } = this.#personal.fillBounds(columns, impersonal, bounds);
    const { discount, rows } = this.#discount;
    for (const row of rows) {
      // The discounted sum grows with the sum, so the bound of one gives the bound of the other.
      const penalty = penaltyOf(row);
      const sum = (bounds[row] as number) + penalty + highest;
      bounds[row] = discounted(sum, discount[row] as number) - penalty - highest;
    }
    const slack = highest + this.#margin;
    return {
      bounds,
      slack,
      refine:
        highest === 0
          ? null
          : (rows) => {
              this.#refine(rows, bounds, highest);
            },
    };
  }

  #refine(rows: Int32Array, bounds: Float64Array, highest: number): void {
    const { discount } = this.#discount;
    const closer = (this.#closer = reuseFloats(rows.length, this.#closer));
    this.#personal.fillHighest(rows, closer);
    for (let i = 0; i < rows.length; i += 1) {
      const row = rows[i] as number;
      const excess = (discount[row] as number) * (highest - (closer[i] as number));
      bounds[row] = (bounds[row] as number) - excess;
    }
  }
}

/** A sum below 0 stays: the discount would raise it. */
function discounted(sum: number, discount: number): number {
  return sum > 0 ? discount * sum : sum;
}
