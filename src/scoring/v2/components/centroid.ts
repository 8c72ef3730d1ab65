import type { SimilarityConstants } from '../constants.js';
import type { MarketColumns, TextColumns } from '../features.js';
import { reuseFloats, reuseInts } from '../reusable-arrays.js';
import type { EngagedMarkets } from './engaged-markets.js';
import { decayFactor } from '../../../domain/decay.js';

type MarketTexts = Pick<MarketColumns, 'text' | 'textRow'>;

/**
 * Subtracting a market from the centroid leaves a vector. If its squared length is at most this share of the centroid's, it
 * is rounding error.
 */
const ROUNDING_ERROR = 1e-10;

/**
 * Similarity to the centroid of the latest engaged markets, by row: the cosine with the sum of their vectors. Each
 * vector is multiplied by `weight · 2^(−days since / half-life)`, and by `sessionFactor` in the current session.
 *
 * The market itself does not count: its vector is subtracted from the sum. If no other vector remains, except for rounding,
 * the similarity is 0.
 *
 * Range 0 to 1, except for rounding. Valid until the next `load`.
 */
export class Centroid {
  #columns: MarketTexts | undefined;
  /** Weight in the sum by term; zeros but for `#terms`. */
  #sum = new Float64Array(0);
  /** The terms whose weight is not 0. */
  #terms = new Int32Array(0);
  #termCount = 0;
  #squaredLength = 0;
  /** By row, the factor of its vector in the sum; NaN for a row that is not engaged. */
  #factor = new Float64Array(0);
  #rows: number[] = [];

  load(columns: MarketColumns, engaged: EngagedMarkets, constants: SimilarityConstants): void {
    this.#reset(columns, engaged.termCount);
    const count = Math.min(engaged.count, constants.centroidMarkets);
    const daysSinceLatest = latestEngagementDays(engaged, count);
    for (let market = 0; market < count; market += 1) {
      // Decay relative to the latest engagement leaves the cosine the same and keeps old engagements from underflow.
      const factor =
        (engaged.weight[market] as number) *
        decayFactor((engaged.days[market] as number) - daysSinceLatest, constants.centroidHalfLifeDays) *
        (engaged.inSession[market] === 1 ? constants.sessionFactor : 1);
      this.#add(engaged, market, factor);
      const row = engaged.row[market] as number;
      if (row < 0) continue;
      this.#factor[row] = factor;
      this.#rows.push(row);
    }
    this.#squaredLength = this.#sumOfSquares();
  }

  #reset(columns: MarketColumns, termCount: number): void {
    this.#columns = columns;
    for (let index = 0; index < this.#termCount; index += 1) this.#sum[this.#terms[index] as number] = 0;
    this.#sum = reuseFloats(termCount, this.#sum);
    this.#terms = reuseInts(termCount, this.#terms);
    this.#termCount = 0;
    if (this.#factor.length === columns.size) for (const row of this.#rows) this.#factor[row] = NaN;
    else this.#factor = new Float64Array(columns.size).fill(NaN);
    this.#rows = [];
  }

  /** By term, its weight in the sum of the engaged vectors. */
  get sum(): Float64Array {
    return this.#sum;
  }

  /** The terms of positive weight, each once. */
  get terms(): Int32Array {
    return this.#terms.subarray(0, this.#termCount);
  }

  /** 1 / length of the sum; 0 for a sum of length 0. */
  get inverseLength(): number {
    return this.#squaredLength === 0 ? 0 : 1 / Math.sqrt(this.#squaredLength);
  }

  /** Writes the similarity of each of the rows. */
  fill(rows: Int32Array, values: Float64Array): void {
    if (this.#columns === undefined) throw new TypeError('The centroid is not loaded.');
    const { text, textRow } = this.#columns;
    const { start, terms, weights } = text;
    const sum = this.#sum;
    const { inverseLength } = this;
    for (let i = 0; i < rows.length; i += 1) {
      const row = rows[i] as number;
      const factor = this.#factor[row] as number;
      const textIndex = textRow[row] as number;
      if (textIndex < 0) values[i] = 0;
      else if (factor >= 0) values[i] = this.#withoutItself(text, textIndex, factor);
      else {
        const to = start[textIndex + 1] as number;
        let product = 0;
        for (let index = start[textIndex] as number; index < to; index += 1)
          product += (sum[terms[index] as number] as number) * (weights[index] as number);
        values[i] = product * inverseLength;
      }
    }
  }

  #add({ start, terms, weights }: EngagedMarkets, market: number, factor: number): void {
    const sum = this.#sum;
    const to = start[market + 1] as number;
    for (let index = start[market] as number; index < to; index += 1) {
      const term = terms[index] as number;
      const before = sum[term] as number;
      const after = before + factor * (weights[index] as number);
      if (before === 0 && after > 0) this.#terms[this.#termCount++] = term;
      sum[term] = after;
    }
  }

  #sumOfSquares(): number {
    let squares = 0;
    for (let index = 0; index < this.#termCount; index += 1) {
      const weight = this.#sum[this.#terms[index] as number] as number;
      squares += weight * weight;
    }
    return squares;
  }

  /** The cosine of an engaged row and the sum without that row. */
  #withoutItself({ start, terms, weights }: TextColumns, textIndex: number, factor: number): number {
    let squaredRest = this.#squaredLength;
    let product = 0;
    const to = start[textIndex + 1] as number;
    for (let index = start[textIndex] as number; index < to; index += 1) {
      const own = weights[index] as number;
      const all = this.#sum[terms[index] as number] as number;
      const others = all - factor * own;
      squaredRest -= all * all - others * others;
      product += others * own;
    }
    return squaredRest > ROUNDING_ERROR * this.#squaredLength ? product / Math.sqrt(squaredRest) : 0;
  }
}

/** Days since the latest of the first `count` engagements. */
function latestEngagementDays({ days }: EngagedMarkets, count: number): number {
  let least = Infinity;
  for (let market = 0; market < count; market += 1) least = Math.min(least, days[market] as number);
  return least;
}
