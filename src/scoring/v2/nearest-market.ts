import type { SimilarityConstants } from './constants.js';
import type { EngagedMarkets } from './engaged-markets.js';
import { halving } from './halving.js';
import type { MarketColumns, TextColumns } from './market-columns.js';
import { roomFor } from './scratch.js';

/**
 * Likeness to the nearest of the latest markets a person engaged with, by row: the largest of
 * `cosine(market, engaged) · 2^(−days since / halfLife)`. The market itself does not count.
 *
 * Range 0 to 1. Works through the postings of the engaged markets' words, so that markets without any of them cost
 * nothing. Source: algorithm v2.
 */
export class NearestMarket {
  /** By row of the text, the likeness so far to one engaged market, and the largest of all. */
  #likeness = new Float64Array(0);
  #nearest = new Float64Array(0);

  /** @param byRow is overwritten. */
  fill(
    { text, textRow }: Pick<MarketColumns, 'text' | 'textRow'>,
    engaged: EngagedMarkets,
    constants: SimilarityConstants,
    byRow: Float64Array,
  ): void {
    const size = text.start.length - 1;
    this.#likeness = roomFor(size, this.#likeness);
    const nearest = (this.#nearest = roomFor(size, this.#nearest).fill(0));
    const count = Math.min(engaged.count, constants.nearestMarkets);
    for (let market = 0; market < count; market += 1) {
      const recency = halving(engaged.days[market] as number, constants.nearestHalfLifeDays);
      const row = engaged.row[market] as number;
      const itself = row < 0 ? -1 : (textRow[row] as number);
      const own = itself < 0 ? 0 : (nearest[itself] as number);
      this.#compare(text, engaged, market, recency, nearest);
      if (itself >= 0) nearest[itself] = own;
    }
    for (let row = 0; row < byRow.length; row += 1) {
      const at = textRow[row] as number;
      byRow[row] = at < 0 ? 0 : (nearest[at] as number);
    }
  }

  /**
   * Works out the likeness of every row that has a word of one engaged market. It only grows from word to word, so the
   * largest can be kept on the way.
   */
  #compare(
    text: TextColumns,
    engaged: EngagedMarkets,
    market: number,
    recency: number,
    nearest: Float64Array,
  ): void {
    const { postingStart, postingRows, postingWeights, count } = text;
    const likeness = this.#likeness.fill(0);
    const to = engaged.start[market + 1] as number;
    for (let at = engaged.start[market] as number; at < to; at += 1) {
      const term = engaged.terms[at] as number;
      if (term >= count) continue;
      const weight = (engaged.weights[at] as number) * recency;
      const last = postingStart[term + 1] as number;
      for (let place = postingStart[term] as number; place < last; place += 1) {
        const row = postingRows[place] as number;
        const like = (likeness[row] as number) + weight * (postingWeights[place] as number);
        likeness[row] = like;
        if (like > (nearest[row] as number)) nearest[row] = like;
      }
    }
  }
}
