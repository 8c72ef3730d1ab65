import type { SimilarityConstants } from '../constants.js';
import type { MarketColumns, TextColumns } from '../features.js';
import { reuseFloats, reuseInts } from '../reusable-arrays.js';
import type { EngagedMarkets } from './engaged-markets.js';
import { decayFactor } from '../../../domain/decay.js';

/** Exceeds the difference of two sums of the same products in another order. */
const ROUNDING_MARGIN = 1e-12;

/**
 * Similarity to the nearest of the latest engaged markets: the maximum of
 * `cosine(market, engaged) · 2^(−days since / half-life)`. The market itself does not count.
 *
 * Range 0 to 1. For many rows, it reads the postings of the terms of each engaged market; for few rows, the terms of each
 * row: it finds the highest cosine except for rounding and then adds its products in the same order, which gives the same
 * bits. Valid until the next `load`.
 */
export class NearestMarket {
  #columns: Pick<MarketColumns, 'text' | 'textRow' | 'size'> | undefined;
  #count = 0;
  /** By engaged market, its row of the text; −1 if it has none. */
  #ownText = new Int32Array(0);
  /** The terms of the engaged markets. Those of market `k` are from `#start[k]` on. */
  #start = new Int32Array(1);
  #terms = new Int32Array(0);
  /** By index in `#terms`: the weight of the term times the recency of the market. */
  #weights = new Float64Array(0);
  /** By term, the number of its group, from 1; zeros but for these terms. */
  #group = new Int32Array(0);
  /** The markets that have the term of group `g` and its weights there are from `#groupStart[g]` on. */
  #groupStart = new Int32Array(1);
  #groupMarkets = new Int32Array(0);
  #groupWeights = new Float64Array(0);
  /** Whether the groups are those of the present terms: few rows need them. */
  #isGrouped = false;
  /** By term, the highest weight; zeros but for the terms of the engaged markets. */
  #highestWeight = new Float64Array(0);
  /** By term, the weight in a row's vector; zeros between rows. */
  #ofRow = new Float64Array(0);
  /** By engaged market, the similarity to a row except for rounding; zeros between rows. */
  #approximate = new Float64Array(0);
  /** By row of the text, the similarity to one engaged market so far, and the maximum over the engaged markets. */
  #similarity = new Float64Array(0);
  #nearest = new Float64Array(0);
  /** The highest recency of an engaged market. */
  highestRecency = 0;

  load(columns: MarketColumns, engaged: EngagedMarkets, constants: SimilarityConstants): void {
    this.#reset(columns, engaged, Math.min(engaged.count, constants.nearestMarkets));
    for (let market = 0; market < this.#count; market += 1) {
      const recency = decayFactor(engaged.days[market] as number, constants.nearestHalfLifeDays);
      const row = engaged.row[market] as number;
      this.#ownText[market] = row < 0 ? -1 : (columns.textRow[row] as number);
      this.highestRecency = Math.max(this.highestRecency, recency);
      const to = this.#start[market + 1] as number;
      for (let index = this.#start[market] as number; index < to; index += 1) {
        const term = this.#terms[index] as number;
        const weight = (engaged.weights[index] as number) * recency;
        this.#weights[index] = weight;
        if (weight > (this.#highestWeight[term] as number)) this.#highestWeight[term] = weight;
      }
    }
    this.#isGrouped = false;
  }

  #reset(columns: MarketColumns, engaged: EngagedMarkets, count: number): void {
    for (const term of this.terms) {
      this.#highestWeight[term] = 0;
      this.#group[term] = 0;
    }
    this.#columns = columns;
    this.#count = count;
    this.highestRecency = 0;
    const { start, terms, termCount } = engaged;
    const length = start[count] as number;
    this.#ownText = reuseInts(count, this.#ownText);
    this.#approximate = reuseFloats(count, this.#approximate);
    this.#start = start;
    this.#terms = terms.slice(0, length);
    this.#weights = reuseFloats(length, this.#weights);
    this.#groupStart = reuseInts(length + 2, this.#groupStart);
    this.#groupMarkets = reuseInts(length, this.#groupMarkets);
    this.#groupWeights = reuseFloats(length, this.#groupWeights);
    this.#group = reuseInts(termCount, this.#group);
    this.#highestWeight = reuseFloats(termCount, this.#highestWeight);
    this.#ofRow = reuseFloats(termCount, this.#ofRow);
  }

  /** Sorts the terms of the engaged markets by term: counts the markets of each term, and then places them. */
  #groupTerms(): void {
    const terms = this.#terms;
    const starts = this.#groupStart.fill(0);
    let groups = 0;
    for (let index = 0; index < terms.length; index += 1) {
      const term = terms[index] as number;
      if (this.#group[term] === 0) this.#group[term] = ++groups;
      const next = (this.#group[term] as number) + 1;
      starts[next] = (starts[next] as number) + 1;
    }
    for (let group = 1; group <= groups; group += 1)
      starts[group + 1] = (starts[group + 1] as number) + (starts[group] as number);
    for (let market = 0; market < this.#count; market += 1) {
      const to = this.#start[market + 1] as number;
      for (let index = this.#start[market] as number; index < to; index += 1) {
        const group = this.#group[terms[index] as number] as number;
        const at = starts[group] as number;
        starts[group] = at + 1;
        this.#groupMarkets[at] = market;
        this.#groupWeights[at] = this.#weights[index] as number;
      }
    }
    this.#isGrouped = true;
    // Each start has moved to the end of its group, which is the start of the next one.
    starts.copyWithin(1, 0, groups + 1);
    starts[0] = 0;
  }

  /** The terms of the engaged markets, with repetitions. */
  get terms(): Int32Array {
    return this.#terms;
  }

  /** By term, the highest weight of an engaged market times its recency. */
  get highestWeight(): Float64Array {
    return this.#highestWeight;
  }

  /** Writes the similarity of each of the rows. */
  fill(rows: Int32Array, values: Float64Array): void {
    const columns = this.#loaded();
    if (rows.length > columns.size / 8) this.#fillByPostings(columns, rows, values);
    else {
      if (!this.#isGrouped) this.#groupTerms();
      for (let i = 0; i < rows.length; i += 1) values[i] = this.#of(columns, rows[i] as number);
    }
  }

  #loaded(): Pick<MarketColumns, 'text' | 'textRow' | 'size'> {
    if (this.#columns === undefined) throw new TypeError('No engaged markets are loaded.');
    return this.#columns;
  }

  #of({ text, textRow }: Pick<MarketColumns, 'text' | 'textRow'>, row: number): number {
    const textIndex = textRow[row] as number;
    if (textIndex < 0) return 0;
    const { start, terms, weights } = text;
    const from = start[textIndex] as number;
    const to = start[textIndex + 1] as number;
    const approximate = this.#approximate;
    for (let index = from; index < to; index += 1) {
      const term = terms[index] as number;
      const weight = weights[index] as number;
      this.#ofRow[term] = weight;
      const group = this.#group[term] as number;
      if (group === 0) continue;
      const end = this.#groupStart[group + 1] as number;
      for (let at = this.#groupStart[group] as number; at < end; at += 1) {
        const market = this.#groupMarkets[at] as number;
        approximate[market] = (approximate[market] as number) + weight * (this.#groupWeights[at] as number);
      }
    }
    const nearest = this.#highestProduct(textIndex);
    for (let index = from; index < to; index += 1) this.#ofRow[terms[index] as number] = 0;
    return nearest;
  }

  /** The highest product of an engaged market and the row in `#ofRow`, whose own row of the text is given. */
  #highestProduct(textIndex: number): number {
    const approximate = this.#approximate;
    let highest = 0;
    for (let market = 0; market < this.#count; market += 1) {
      if (this.#ownText[market] === textIndex) approximate[market] = 0;
      if ((approximate[market] as number) > highest) highest = approximate[market] as number;
    }
    let nearest = 0;
    for (let market = 0; market < this.#count; market += 1) {
      const isHighest = highest > 0 && (approximate[market] as number) >= highest * (1 - ROUNDING_MARGIN);
      approximate[market] = 0;
      if (isHighest) nearest = Math.max(nearest, this.#product(market));
    }
    return nearest;
  }

  /** The similarity of the row in `#ofRow` to an engaged market. */
  #product(market: number): number {
    const ofRow = this.#ofRow;
    const terms = this.#terms;
    const weights = this.#weights;
    const to = this.#start[market + 1] as number;
    let similarity = 0;
    for (let index = this.#start[market] as number; index < to; index += 1)
      similarity += (weights[index] as number) * (ofRow[terms[index] as number] as number);
    return similarity;
  }

  #fillByPostings(
    { text, textRow }: Pick<MarketColumns, 'text' | 'textRow'>,
    rows: Int32Array,
    values: Float64Array,
  ): void {
    const size = text.start.length - 1;
    this.#similarity = reuseFloats(size, this.#similarity);
    const nearest = (this.#nearest = reuseFloats(size, this.#nearest).fill(0));
    for (let market = 0; market < this.#count; market += 1) {
      const ownText = this.#ownText[market] as number;
      const ownNearest = ownText < 0 ? 0 : (nearest[ownText] as number);
      this.#raiseToMarket(text, market, nearest);
      if (ownText >= 0) nearest[ownText] = ownNearest;
    }
    for (let i = 0; i < rows.length; i += 1) {
      const textIndex = textRow[rows[i] as number] as number;
      values[i] = textIndex < 0 ? 0 : (nearest[textIndex] as number);
    }
  }

  /**
   * Raises `nearest` to the similarity with one engaged market, for every row that shares a term with it. No weight is
   * negative, so each partial sum is at most the similarity, and the maximum may include partial sums.
   */
  #raiseToMarket(text: TextColumns, market: number, nearest: Float64Array): void {
    const { postingStart, postingRows, postingWeights, count } = text;
    const similarities = this.#similarity.fill(0);
    const to = this.#start[market + 1] as number;
    for (let index = this.#start[market] as number; index < to; index += 1) {
      const term = this.#terms[index] as number;
      if (term >= count) continue;
      const weight = this.#weights[index] as number;
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
