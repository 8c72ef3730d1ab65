import type { TopicColumns } from '../../scoring/v2/features.js';
import type { RowRanking } from './ranking.js';
import type { SlateLimits } from './slate-limits.js';

interface Pool {
  /** Best key first. */
  readonly rows: Int32Array;
  /** By index in the pool: the largest similarity to a row that the slot has selected, 0–1. */
  readonly redundancy: Float64Array;
}

export interface SlotCandidatesInput {
  readonly ranking: RowRanking;
  /** How many of the best rows are compared with each other. */
  readonly poolSize: number;
  /** The best `poolSize` rows, best first; null if they are not known yet. */
  readonly best: Int32Array | null;
  /** By row, 1 if the row is on the slate. */
  readonly taken: Uint8Array;
  /** 0–1; 1 ranks by the key alone. */
  readonly mmrLambda: number;
  readonly topics: Pick<TopicColumns, 'start' | 'ids' | 'count'>;
}

/**
 * The candidates of a slot, and the best of them at each turn by maximal marginal relevance (Carbonell & Goldstein 1998,
 * "The use of MMR, diversity-based reranking"):
 *
 *     λ · relevance(row) − (1 − λ) · max over the rows that the slot has selected of similarity(row, selected)
 *
 * Relevance is the key scaled to 0–1 between the lowest and the highest key of the pool, 1 if they are equal. So λ weighs
 * two numbers of the same range. Similarity is the Jaccard index of the topics. Ties go to the higher key.
 *
 * The pool is the best rows. If the limits admit none of them, the lookahead searches the other eligible rows.
 */
export class SlotCandidates {
  readonly #best: Pool;
  #lookahead: (Pool & { readonly zone: number }) | null = null;
  readonly #selected: number[] = [];
  readonly #lowest: number;
  readonly #range: number;
  readonly #isTopic: Uint8Array;

  constructor(private readonly input: SlotCandidatesInput) {
    const { poolSize, ranking, mmrLambda, topics } = input;
    const rows = input.best ?? ranking.best(poolSize, null);
    this.#best = { rows, redundancy: new Float64Array(rows.length) };
    const [first] = rows;
    const last = rows.at(-1);
    this.#lowest = last === undefined ? 0 : ranking.keyOf(last);
    this.#range = first === undefined ? 0 : ranking.keyOf(first) - this.#lowest;
    this.#isTopic = new Uint8Array(mmrLambda < 1 ? topics.count : 0);
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
    this.#compare(row, this.#best);
    if (this.#lookahead !== null) this.#compare(row, this.#lookahead);
  }

  /** Whether there may be more rows than those of the pool. */
  #isCut({ rows }: Pool): boolean {
    return rows.length === this.input.poolSize;
  }

  #bestOf({ rows, redundancy }: Pool, limits: SlateLimits): number | undefined {
    const { taken, mmrLambda } = this.input;
    let best: number | undefined;
    let bestValue = -Infinity;
    for (let index = 0; index < rows.length; index += 1) {
      const row = rows[index] as number;
      if (taken[row] === 1) continue;
      const relevance = mmrLambda * this.#relevance(row);
      if (relevance <= bestValue) break;
      const value = relevance - (1 - mmrLambda) * (redundancy[index] as number);
      if (value <= bestValue || !limits.admits(row)) continue;
      best = row;
      bestValue = value;
    }
    return best;
  }

  #relevance(row: number): number {
    return this.#range > 0 ? (this.input.ranking.keyOf(row) - this.#lowest) / this.#range : 1;
  }

  #lookAhead(limits: SlateLimits): Pool {
    const { poolSize, ranking, taken } = this.input;
    const rows = ranking.best(poolSize, (row) => taken[row] === 0 && limits.admits(row));
    const pool = { rows, redundancy: new Float64Array(rows.length) };
    for (const row of this.#selected) this.#compare(row, pool);
    return pool;
  }

  /** Raises the redundancy of the pool's rows by their similarity to a selected row. */
  #compare(selected: number, { rows, redundancy }: Pool): void {
    if (this.input.mmrLambda === 1) return;
    const { start, ids } = this.input.topics;
    const isTopic = this.#isTopic;
    const from = start[selected] as number;
    const to = start[selected + 1] as number;
    for (let i = from; i < to; i += 1) isTopic[ids[i] as number] = 1;
    for (let index = 0; index < rows.length; index += 1) {
      const first = start[rows[index] as number] as number;
      const end = start[(rows[index] as number) + 1] as number;
      let common = 0;
      for (let i = first; i < end; i += 1) common += isTopic[ids[i] as number] as number;
      if (common === 0) continue;
      const similarity = common / (to - from + (end - first) - common);
      if (similarity > (redundancy[index] as number)) redundancy[index] = similarity;
    }
    for (let i = from; i < to; i += 1) isTopic[ids[i] as number] = 0;
  }
}
