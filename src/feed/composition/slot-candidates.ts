import { bestRows, type RowOrder } from './best-rows.js';
import type { LimitedPage } from './limited-page.js';
import type { TopicOverlap } from './topic-overlap.js';

interface Pool {
  /** Best key first. */
  readonly rows: Int32Array;
  /** By index in the pool: the largest similarity to a chosen row, 0–1. */
  readonly redundancy: Float64Array;
}

export interface SlotCandidatesInput {
  readonly eligible: Int32Array;
  readonly order: RowOrder;
  /** Only rows with a higher key are for this slot. */
  readonly above: number;
  /** How many of the best rows are compared with each other. */
  readonly poolSize: number;
  /** Those, best first; null when they are still to be found. */
  readonly best: Int32Array | null;
  /** By row, 1 where a row is on the page. */
  readonly taken: Uint8Array;
  /** 0–1. */
  readonly mmrLambda: number;
  readonly overlap: TopicOverlap;
}

/**
 * What a slot has to offer, and the best of it at each turn, by maximal marginal relevance (Carbonell & Goldstein 1998,
 * "The use of MMR, diversity-based reranking"):
 *
 *     λ · relevance(row) − (1 − λ) · max over the rows that this slot has chosen of similarity(row, chosen)
 *
 * relevance is the key brought to 0–1 between the least and the largest key of the pool (1 when they are the same), so
 * that λ weighs two numbers of the same range; ties go to the better key. With λ = 1 it is the order of the keys.
 *
 * The pool is the best rows. When the limits shut all of it out, the best rows outside it that they let in are looked at.
 */
export class SlotCandidates {
  readonly #best: Pool;
  #further: (Pool & { readonly zone: number }) | null = null;
  readonly #chosen: number[] = [];
  readonly #least: number;
  readonly #range: number;

  constructor(private readonly input: SlotCandidatesInput) {
    const { eligible, poolSize, order, above } = input;
    const rows = input.best ?? bestRows(eligible, poolSize, order, { above, wanted: null });
    this.#best = { rows, redundancy: new Float64Array(rows.length) };
    this.#least = input.order.key[rows.at(-1) ?? 0] ?? 0;
    this.#range = (input.order.key[rows[0] ?? 0] ?? 0) - this.#least;
  }

  /** The row to choose for the page's next place; undefined when the slot has none that the page admits. */
  best(page: LimitedPage): number | undefined {
    const row = this.#bestOf(this.#best, page);
    if (row !== undefined || !this.#mayHaveMore(this.#best)) return row;
    if (this.#further?.zone === page.zone) {
      const further = this.#bestOf(this.#further, page);
      if (further !== undefined || !this.#mayHaveMore(this.#further)) return further;
    }
    this.#further = { ...this.#lookFurther(page), zone: page.zone };
    return this.#bestOf(this.#further, page);
  }

  /** Tells that this slot has its place from this row. */
  choose(row: number): void {
    this.#chosen.push(row);
    this.#compare(row, this.#best);
    if (this.#further !== null) this.#compare(row, this.#further);
  }

  #mayHaveMore({ rows }: Pool): boolean {
    return rows.length === this.input.poolSize;
  }

  #bestOf({ rows, redundancy }: Pool, page: LimitedPage): number | undefined {
    const { taken, mmrLambda } = this.input;
    let best: number | undefined;
    let bestValue = -Infinity;
    for (let index = 0; index < rows.length; index += 1) {
      const row = rows[index] as number;
      if (taken[row] === 1) continue;
      const relevance = mmrLambda * this.#relevance(row);
      if (relevance <= bestValue) break;
      const value = relevance - (1 - mmrLambda) * (redundancy[index] as number);
      if (value <= bestValue || !page.admits(row)) continue;
      best = row;
      bestValue = value;
    }
    return best;
  }

  #relevance(row: number): number {
    return this.#range > 0 ? ((this.input.order.key[row] as number) - this.#least) / this.#range : 1;
  }

  #lookFurther(page: LimitedPage): Pool {
    const { eligible, poolSize, order, above, taken } = this.input;
    const wanted = (row: number): boolean => taken[row] === 0 && page.admits(row);
    const rows = bestRows(eligible, poolSize, order, { above, wanted });
    const pool = { rows, redundancy: new Float64Array(rows.length) };
    for (const row of this.#chosen) this.#compare(row, pool);
    return pool;
  }

  #compare(row: number, { rows, redundancy }: Pool): void {
    if (this.input.mmrLambda === 1) return;
    this.input.overlap.compare(row, rows, (index, similarity) => {
      if (similarity > (redundancy[index] as number)) redundancy[index] = similarity;
    });
  }
}
