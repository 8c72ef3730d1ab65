import type { SimilarityConstants } from './constants.js';
import type { EngagedMarkets } from './engaged-markets.js';
import { halving } from './halving.js';
import type { MarketColumns } from './market-columns.js';
import { roomFor, wholeRoomFor } from './scratch.js';

/** Of the sum's squared length; what is left of it below this, when a market is taken out, is rounding. */
const NOTHING = 1e-10;

/**
 * Likeness to all that a person lately engaged with, by row: the cosine with the sum of those markets' vectors, each
 * times `weight · 2^(−days since / halfLife)`, and times sessionFactor in the present session. The market itself does
 * not count: it is taken out of the sum, and others that then weigh less than a hundred-thousandth of it count as none.
 *
 * Range 0 to 1, but for rounding. Source: algorithm v2.
 */
export class Centroid {
  /** By word, its weight in the sum; zeros between calls. */
  #sum = new Float64Array(0);
  /** The words whose weight is not 0. */
  #words = new Int32Array(0);
  #wordCount = 0;

  /** @param centroid by row, is overwritten. */
  fill(
    columns: Pick<MarketColumns, 'text' | 'textRow'>,
    engaged: EngagedMarkets,
    constants: SimilarityConstants,
    centroid: Float64Array,
  ): void {
    const count = Math.min(engaged.count, constants.centroidMarkets);
    const latest = latestDays(engaged, count);
    // A sum that is halved as a whole has the same cosines: counted from the latest, old ones do not vanish.
    const share = (market: number): number =>
      (engaged.weight[market] as number) *
      halving((engaged.days[market] as number) - latest, constants.centroidHalfLifeDays) *
      (engaged.inSession[market] === 1 ? constants.sessionFactor : 1);
    this.#sum = roomFor(engaged.termCount, this.#sum);
    this.#words = wholeRoomFor(engaged.termCount, this.#words);
    this.#wordCount = 0;
    for (let market = 0; market < count; market += 1) this.#add(engaged, market, share(market));
    const squares = this.#squares();
    this.#compare(columns, squares, centroid);
    for (let market = 0; market < count; market += 1) {
      const row = engaged.row[market] as number;
      if (row >= 0) centroid[row] = this.#withoutItself(columns, row, share(market), squares);
    }
    for (let at = 0; at < this.#wordCount; at += 1) this.#sum[this.#words[at] as number] = 0;
  }

  #add({ start, terms, weights }: EngagedMarkets, market: number, share: number): void {
    const sum = this.#sum;
    const to = start[market + 1] as number;
    for (let at = start[market] as number; at < to; at += 1) {
      const term = terms[at] as number;
      const before = sum[term] as number;
      const after = before + share * (weights[at] as number);
      if (before === 0 && after > 0) this.#words[this.#wordCount++] = term;
      sum[term] = after;
    }
  }

  #squares(): number {
    let squares = 0;
    for (let at = 0; at < this.#wordCount; at += 1) {
      const weight = this.#sum[this.#words[at] as number] as number;
      squares += weight * weight;
    }
    return squares;
  }

  #compare(
    { text: { start, terms, weights }, textRow }: Pick<MarketColumns, 'text' | 'textRow'>,
    squares: number,
    centroid: Float64Array,
  ): void {
    if (squares === 0) {
      centroid.fill(0);
      return;
    }
    const sum = this.#sum;
    const perLength = 1 / Math.sqrt(squares);
    for (let row = 0; row < centroid.length; row += 1) {
      const text = textRow[row] as number;
      const to = text < 0 ? 0 : (start[text + 1] as number);
      let product = 0;
      for (let at = text < 0 ? 0 : (start[text] as number); at < to; at += 1)
        product += (sum[terms[at] as number] as number) * (weights[at] as number);
      centroid[row] = product * perLength;
    }
  }

  #withoutItself(
    { text: { start, terms, weights }, textRow }: Pick<MarketColumns, 'text' | 'textRow'>,
    row: number,
    share: number,
    squares: number,
  ): number {
    const text = textRow[row] as number;
    if (text < 0) return 0;
    let left = squares;
    let product = 0;
    const to = start[text + 1] as number;
    for (let at = start[text] as number; at < to; at += 1) {
      const own = weights[at] as number;
      const all = this.#sum[terms[at] as number] as number;
      const others = all - share * own;
      left -= all * all - others * others;
      product += others * own;
    }
    return left > NOTHING * squares ? product / Math.sqrt(left) : 0;
  }
}

function latestDays({ days }: EngagedMarkets, count: number): number {
  let least = Infinity;
  for (let market = 0; market < count; market += 1) least = Math.min(least, days[market] as number);
  return least;
}
