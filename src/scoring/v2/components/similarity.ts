import { clampToUnit } from '../../shared/probability.js';
import type { FillColumn } from '../component.js';
import type { SimilarityConstants } from '../constants.js';
import type { MarketColumns, TextColumns } from '../features.js';
import { reuseFloats, reuseInts } from '../reusable-arrays.js';
import type { EngagedMarkets } from './engaged-markets.js';
import { decayFactor } from '../../../domain/decay.js';

type MarketTexts = Pick<MarketColumns, 'text' | 'textRow'>;

/**
 * The component `similarity`: `nearest · similarity to the nearest engaged market + (1 − nearest) · similarity to the
 * centroid of the engaged markets`. Similarity is the cosine of term vectors.
 *
 * Range 0 to 1. Source: algorithm v2.
 */
export function similarityColumn(constants: SimilarityConstants): FillColumn {
  const nearestMarket = new NearestMarket();
  const centroid = new Centroid();
  let toCentroid = new Float64Array(0);
  return ({ columns, engaged }, column) => {
    toCentroid = reuseFloats(column.length, toCentroid);
    nearestMarket.fill(columns, engaged, constants, column);
    centroid.fill(columns, engaged, constants, toCentroid);
    const { nearest } = constants;
    for (let row = 0; row < column.length; row += 1) {
      column[row] = clampToUnit(
        nearest * (column[row] as number) + (1 - nearest) * (toCentroid[row] as number),
      );
    }
  };
}

/**
 * Similarity to the nearest of the latest engaged markets, by row: the maximum of
 * `cosine(market, engaged) · 2^(−days since / half-life)`. The market itself does not count.
 *
 * Range 0 to 1. It reads only the rows that have a term of an engaged market (the postings of that term), so other markets
 * cost nothing.
 */
class NearestMarket {
  /** By row of the text, the similarity to one engaged market so far. */
  #similarity = new Float64Array(0);
  /** By row of the text, the maximum over the engaged markets. */
  #nearest = new Float64Array(0);

  fill(
    { text, textRow }: MarketTexts,
    engaged: EngagedMarkets,
    constants: SimilarityConstants,
    column: Float64Array,
  ): void {
    const size = text.start.length - 1;
    this.#similarity = reuseFloats(size, this.#similarity);
    const nearest = (this.#nearest = reuseFloats(size, this.#nearest).fill(0));
    const count = Math.min(engaged.count, constants.nearestMarkets);
    for (let market = 0; market < count; market += 1) {
      const recency = decayFactor(engaged.days[market] as number, constants.nearestHalfLifeDays);
      const row = engaged.row[market] as number;
      const ownText = row < 0 ? -1 : (textRow[row] as number);
      const ownNearest = ownText < 0 ? 0 : (nearest[ownText] as number);
      this.#raiseToMarket(text, engaged, market, recency, nearest);
      if (ownText >= 0) nearest[ownText] = ownNearest;
    }
    for (let row = 0; row < column.length; row += 1) {
      const textIndex = textRow[row] as number;
      column[row] = textIndex < 0 ? 0 : (nearest[textIndex] as number);
    }
  }

  /**
   * Raises `nearest` to the similarity with one engaged market, for every row that shares a term with it. No weight is
   * negative, so each partial sum is at most the similarity, and the maximum may include partial sums.
   *
   * @param market index in `engaged`.
   */
  #raiseToMarket(
    text: TextColumns,
    engaged: EngagedMarkets,
    market: number,
    recency: number,
    nearest: Float64Array,
  ): void {
    const { postingStart, postingRows, postingWeights, count } = text;
    const similarities = this.#similarity.fill(0);
    const to = engaged.start[market + 1] as number;
    for (let index = engaged.start[market] as number; index < to; index += 1) {
      const term = engaged.terms[index] as number;
      if (term >= count) continue;
      const weight = (engaged.weights[index] as number) * recency;
      const end = postingStart[term + 1] as number;
      for (let posting = postingStart[term] as number; posting < end; posting += 1) {
        const row = postingRows[posting] as number;
        const similarity = (similarities[row] as number) + weight * (postingWeights[posting] as number);
        similarities[row] = similarity;
        if (similarity > (nearest[row] as number)) nearest[row] = similarity;
      }
    }
  }
}

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
 * Range 0 to 1, except for rounding.
 */
class Centroid {
  /** Weight in the sum by term; zeros between calls. */
  #sum = new Float64Array(0);
  /** The terms whose weight is not 0. */
  #terms = new Int32Array(0);
  #termCount = 0;

  fill(
    columns: MarketTexts,
    engaged: EngagedMarkets,
    constants: SimilarityConstants,
    column: Float64Array,
  ): void {
    const count = Math.min(engaged.count, constants.centroidMarkets);
    const daysSinceLatest = latestEngagementDays(engaged, count);
    // Decay relative to the latest engagement leaves the cosine the same and keeps old engagements from underflow.
    const factor = (market: number): number =>
      (engaged.weight[market] as number) *
      decayFactor((engaged.days[market] as number) - daysSinceLatest, constants.centroidHalfLifeDays) *
      (engaged.inSession[market] === 1 ? constants.sessionFactor : 1);
    this.#sum = reuseFloats(engaged.termCount, this.#sum);
    this.#terms = reuseInts(engaged.termCount, this.#terms);
    this.#termCount = 0;
    for (let market = 0; market < count; market += 1) this.#add(engaged, market, factor(market));
    const squaredLength = this.#squaredLength();
    this.#compare(columns, squaredLength, column);
    for (let market = 0; market < count; market += 1) {
      const row = engaged.row[market] as number;
      if (row >= 0) column[row] = this.#withoutItself(columns, row, factor(market), squaredLength);
    }
    for (let index = 0; index < this.#termCount; index += 1) this.#sum[this.#terms[index] as number] = 0;
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

  #squaredLength(): number {
    let squares = 0;
    for (let index = 0; index < this.#termCount; index += 1) {
      const weight = this.#sum[this.#terms[index] as number] as number;
      squares += weight * weight;
    }
    return squares;
  }

  /** Fills the column with the cosine of each row and the sum, for rows that are part of the sum too. */
  #compare(
    { text: { start, terms, weights }, textRow }: MarketTexts,
    squaredLength: number,
    column: Float64Array,
  ): void {
    if (squaredLength === 0) {
      column.fill(0);
      return;
    }
    const sum = this.#sum;
    const inverseLength = 1 / Math.sqrt(squaredLength);
    for (let row = 0; row < column.length; row += 1) {
      const textIndex = textRow[row] as number;
      const to = textIndex < 0 ? 0 : (start[textIndex + 1] as number);
      let product = 0;
      for (let index = textIndex < 0 ? 0 : (start[textIndex] as number); index < to; index += 1)
        product += (sum[terms[index] as number] as number) * (weights[index] as number);
      column[row] = product * inverseLength;
    }
  }

  /** The cosine of an engaged row and the sum without that row. */
  #withoutItself(
    { text: { start, terms, weights }, textRow }: MarketTexts,
    row: number,
    factor: number,
    squaredLength: number,
  ): number {
    const textIndex = textRow[row] as number;
    if (textIndex < 0) return 0;
    let squaredRest = squaredLength;
    let product = 0;
    const to = start[textIndex + 1] as number;
    for (let index = start[textIndex] as number; index < to; index += 1) {
      const own = weights[index] as number;
      const all = this.#sum[terms[index] as number] as number;
      const others = all - factor * own;
      squaredRest -= all * all - others * others;
      product += others * own;
    }
    return squaredRest > ROUNDING_ERROR * squaredLength ? product / Math.sqrt(squaredRest) : 0;
  }
}

/** Days since the latest of the first `count` engagements. */
function latestEngagementDays({ days }: EngagedMarkets, count: number): number {
  let least = Infinity;
  for (let market = 0; market < count; market += 1) least = Math.min(least, days[market] as number);
  return least;
}
