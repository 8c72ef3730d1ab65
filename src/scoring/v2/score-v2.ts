import type { ScoreParts } from '../shared/types.js';
import type { ImpressionConstants, V2Constants } from './constants.js';
import type { PastLookup } from './engaged-markets.js';
import { ImpersonalColumns, type ImpersonalParts } from './impersonal-columns.js';
import type { MarketColumns, TrendColumns } from './market-columns.js';
import { PersonalColumns, type PersonalParts } from './personal-columns.js';
import { roomFor } from './scratch.js';
import { ShownColumns } from './shown-columns.js';
import { finalSumV2, impersonalSumV2 } from './sums-v2.js';
import type { UserV2 } from './user-v2.js';

/** The scores of all rows, valid until the scorer's next call. */
export interface ScoresV2 {
  /** By row; finite whatever the input. */
  readonly final: Float64Array;
  /** By row, 0–1: what the positive parts were multiplied by, for having been shown, opened and traded in. */
  readonly discount: Float64Array;
  /** By row, 0–1: the crowd's interest, undiscounted. */
  readonly trending: Float64Array;
  /** By row, 1 where the market was shown and has changed enough since to be shown as if it were new. */
  readonly changed: Uint8Array;
  /** By row, 1 where the market was shown too often without a click or a change. */
  readonly capped: Uint8Array;
  /**
   * Every part of one row's score, unweighted, each 0–1; `negative` is positive and subtracted. `personal` is the
   * weighted sum of the positive parts that depend on the person. Without a person those are null and the discount
   * is 1. Parts that v2 does not have are null.
   */
  readonly parts: (row: number) => ScoreParts;
}

const IMPERSONAL: Readonly<Record<keyof PersonalParts, null>> = {
  personal: null,
  interest: null,
  similarity: null,
  continuity: null,
  depth: null,
  followup: null,
  negative: null,
};

/**
 * The scores of all markets for one person, by algorithm v2:
 *
 *     final = discount · (personal + impersonal) − weight · negative
 *
 * where `personal` is interest, similarity, continuity, depth and followup, weighted, and `impersonal` is
 * trending, rising, editorial, news, sports, closing and freshness, weighted. Every part is a function in a file of its own.
 *
 * Its memory is used again from call to call, so a ranking makes no object for a market; nothing else is, so the same
 * input gives the same bytes whatever was scored before. Source: algorithm v2.
 */
export class ScorerV2 {
  readonly #personal: PersonalColumns;
  readonly #impersonal: ImpersonalColumns;
  readonly #shown: ShownColumns;
  #final = new Float64Array(0);

  constructor(
    private readonly constants: V2Constants,
    impressions: ImpressionConstants,
  ) {
    this.#personal = new PersonalColumns(constants);
    this.#impersonal = new ImpersonalColumns(constants);
    this.#shown = new ShownColumns(impressions);
  }

  /**
   * @param user null: the ranking is the same for everyone.
   * @param past where markets that the person engaged with and that are not among the rows are looked up.
   */
  score(
    columns: MarketColumns,
    trends: TrendColumns,
    user: UserV2 | null,
    past: PastLookup,
    nowMs: number,
  ): ScoresV2 {
    this.#shown.fill(columns, user, nowMs);
    this.#impersonal.fill(columns, trends, nowMs);
    if (user === null) this.#personal.fillForNobody(columns);
    else this.#personal.fill(columns, user, past, nowMs);
    this.#fillFinal(columns.size);
    return {
      final: this.#final,
      discount: this.#shown.discount,
      trending: this.#impersonal.trending,
      changed: this.#shown.changed,
      capped: this.#shown.capped,
      parts: (row) => {
        const personal = this.#personal.parts(columns, row);
        const impersonal = this.#impersonal.parts(columns, trends, row, nowMs);
        const discount = this.#shown.discount[row] as number;
        return {
          final: finalOf(this.constants.weights, discount, personal, impersonal),
          ...(user === null ? IMPERSONAL : personal),
          ...impersonal,
          diversity: null,
          discount,
          collaborative: null,
        };
      },
    };
  }

  #fillFinal(size: number): void {
    const final = (this.#final = roomFor(size, this.#final));
    const { weights } = this.constants;
    const { discount } = this.#shown;
    const { sum: personal, negative } = this.#personal;
    const { sum: impersonal } = this.#impersonal;
    for (let row = 0; row < size; row += 1) {
      final[row] = finalSumV2(
        weights,
        discount[row] as number,
        personal[row] as number,
        impersonal[row] as number,
        negative[row] as number,
      );
    }
  }
}

function finalOf(
  weights: V2Constants['weights'],
  discount: number,
  { personal, negative }: PersonalParts,
  { trending, rising, editorial, news, sports, closing, freshness }: ImpersonalParts,
): number {
  const impersonal = impersonalSumV2(weights, trending, rising, editorial, news, sports, closing, freshness);
  return finalSumV2(weights, discount, personal, impersonal, negative);
}
