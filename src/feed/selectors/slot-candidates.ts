import type { ComparedPool, DiversityMethod } from './diversity/diversity-method.js';
import type { RowRanking } from './ranking.js';
import type { SlateLimits } from './slate-limits.js';

interface Pool {
  /** Best key first. */
  readonly rows: Int32Array;
  readonly compared: ComparedPool;
}

export interface SlotCandidatesInput {
  readonly ranking: RowRanking;
  /** The best `method.poolSize` rows, best first; null if they are not known yet. */
  readonly best: Int32Array | null;
  /** By row, 1 if the row is on the slate. */
  readonly taken: Uint8Array;
  readonly method: DiversityMethod;
}

/**
 * The candidates of a slot, and the best of them at each turn by a method that weighs relevance against diversity.
 *
 * Relevance is the key scaled to 0–1 between the lowest and the highest key of the pool, 1 if they are equal. So the method
 * weighs two numbers of the same range. Ties go to the higher key.
 *
 * The pool is the best rows. If the limits admit none of them, the lookahead searches the other eligible rows.
 */
export class SlotCandidates {
  readonly #best: Pool;
  #lookahead: (Pool & { readonly zone: number }) | null = null;
  readonly #selected: number[] = [];
  readonly #lowest: number;
  readonly #range: number;

  constructor(private readonly input: SlotCandidatesInput) {
    const { ranking, method } = input;
    const rows = input.best ?? ranking.best(method.poolSize, null);
    this.#best = { rows, compared: method.compare(rows) };
    const [first] = rows;
    const last = rows.at(-1);
    this.#lowest = last === undefined ? 0 : ranking.keyOf(last);
    this.#range = first === undefined ? 0 : ranking.keyOf(first) - this.#lowest;
  }

  /** The best rows by key, best first, whether or not they are on the slate. */
  get pool(): Int32Array {
    return this.#best.rows;
  }

  /** Whether every row of the slot is on the slate. */
  get isExhausted(): boolean {
    const { rows } = this.#best;
    return !this.#isCut(this.#best) && rows.every((row) => this.input.taken[row] === 1);
  }

  /** The row for the slate's next position; undefined if the limits admit none of the slot's rows. */
  next(limits: SlateLimits): number | undefined {
    const row = this.#bestOf(this.#best, limits);
    if (row !== undefined || !this.#isCut(this.#best)) return row;
    if (this.#lookahead?.zone === limits.zone) {
      const further = this.#bestOf(this.#lookahead, limits);
      if (further !== undefined || !this.#isCut(this.#lookahead)) return further;
    }
    this.#lookahead = { ...this.#lookAhead(limits), zone: limits.zone };
    return this.#bestOf(this.#lookahead, limits);
  }

  /** Records that the slot selected this row. */
  select(row: number): void {
    this.#selected.push(row);
    this.#best.compared.select(row);
    this.#lookahead?.compared.select(row);
  }

  /** Whether there may be more rows than those of the pool. */
  #isCut({ rows }: Pool): boolean {
    return rows.length === this.input.method.poolSize;
  }

  #bestOf({ rows, compared }: Pool, limits: SlateLimits): number | undefined {
    const { taken, method } = this.input;
    let best: number | undefined;
    let bestValue = -Infinity;
    // The best row that is not diverse enough, in case no row is.
    let other: number | undefined;
    let otherValue = -Infinity;
    for (let index = 0; index < rows.length; index += 1) {
      const row = rows[index] as number;
      if (taken[row] === 1) continue;
      const relevance = this.#relevance(row);
      if (method.boundOf(relevance) <= bestValue) break;
      const value = compared.valueOf(index, relevance);
      if (value <= bestValue) continue;
      const isDiverse = compared.isDiverse(index);
      if ((!isDiverse && value <= otherValue) || !limits.admits(row)) continue;
      if (isDiverse) {
        best = row;
        bestValue = value;
      } else {
        other = row;
        otherValue = value;
      }
    }
    return best ?? other;
  }

  #relevance(row: number): number {
    return this.#range > 0 ? (this.input.ranking.keyOf(row) - this.#lowest) / this.#range : 1;
  }

  #lookAhead(limits: SlateLimits): Pool {
    const { ranking, taken, method } = this.input;
    const rows = ranking.best(method.poolSize, (row) => taken[row] === 0 && limits.admits(row));
    const compared = method.compare(rows);
    for (const row of this.#selected) compared.select(row);
    return { rows, compared };
  }
}
