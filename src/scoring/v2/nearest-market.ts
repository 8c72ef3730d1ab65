import type { SimilarityConstants } from './constants.js';
import type { EngagedMarkets } from './engaged-markets.js';
import { halving } from './halving.js';
import type { TextColumns } from './market-columns.js';
import { roomFor, wholeRoomFor } from './scratch.js';

/**
 * Likeness to the nearest of the latest markets a person engaged with, by row: the largest of
 * `cosine(market, engaged) · 2^(−days since / halfLife)`. The market itself does not count.
 *
 * Range 0 to 1. Works through the postings of the engaged markets' words, so that markets without any of them cost
 * nothing. Source: algorithm v2.
 */
export class NearestMarket {
  /** By row, the likeness so far to one engaged market; zeros between calls. */
  #likeness = new Float64Array(0);
  /** The rows whose likeness is not 0. */
  #touched = new Int32Array(0);

  /** @param nearest by row, is overwritten. */
  fill(
    text: TextColumns,
    engaged: EngagedMarkets,
    constants: SimilarityConstants,
    nearest: Float64Array,
  ): void {
    this.#likeness = roomFor(nearest.length, this.#likeness);
    this.#touched = wholeRoomFor(nearest.length, this.#touched);
    nearest.fill(0);
    const count = Math.min(engaged.count, constants.nearestMarkets);
    for (let market = 0; market < count; market += 1) {
      const recency = halving(engaged.days[market] as number, constants.nearestHalfLifeDays);
      const touched = this.#compare(text, engaged, market, recency);
      this.#keepLargest(nearest, touched, engaged.row[market] as number);
    }
  }

  /** Works out the likeness of every row that has a word of one engaged market; @returns how many have. */
  #compare(text: TextColumns, engaged: EngagedMarkets, market: number, recency: number): number {
    const { postingStart, postingRows, postingWeights, count } = text;
    const likeness = this.#likeness;
    const touched = this.#touched;
    const to = engaged.start[market + 1] as number;
    let touchedCount = 0;
    for (let at = engaged.start[market] as number; at < to; at += 1) {
      const term = engaged.terms[at] as number;
      if (term >= count) continue;
      const weight = (engaged.weights[at] as number) * recency;
      const last = postingStart[term + 1] as number;
      for (let place = postingStart[term] as number; place < last; place += 1) {
        const row = postingRows[place] as number;
        const before = likeness[row] as number;
        const after = before + weight * (postingWeights[place] as number);
        if (before === 0 && after > 0) touched[touchedCount++] = row;
        likeness[row] = after;
      }
    }
    return touchedCount;
  }

  #keepLargest(nearest: Float64Array, touchedCount: number, itself: number): void {
    const likeness = this.#likeness;
    const touched = this.#touched;
    for (let at = 0; at < touchedCount; at += 1) {
      const row = touched[at] as number;
      const like = likeness[row] as number;
      likeness[row] = 0;
      if (like > (nearest[row] as number) && row !== itself) nearest[row] = like;
    }
  }
}
