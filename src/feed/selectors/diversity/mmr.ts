import type { ComparedPool, DiversityMethod } from './diversity-method.js';
import { TopicOverlap, type RowTopics } from './topic-overlap.js';

/**
 * Maximal marginal relevance (Carbonell & Goldstein 1998, "The use of MMR, diversity-based reranking"):
 *
 *     λ · relevance(row) − (1 − λ) · max over the rows that the slot has selected of similarity(row, selected)
 *
 * Similarity is the Jaccard index of the topics.
 *
 * @param lambda 0 to below 1.
 */
export function mmr(lambda: number, poolSize: number, topics: RowTopics): DiversityMethod {
  const overlap = new TopicOverlap(topics);
  return {
    poolSize,
    boundOf: (relevance) => lambda * relevance,
    compare: (rows) => new MmrPool(lambda, rows, overlap),
  };
}

class MmrPool implements ComparedPool {
  /** By index in the pool: the largest similarity to a selected row, 0–1. */
  readonly #redundancy: Float64Array;

  constructor(
    private readonly lambda: number,
    private readonly rows: Int32Array,
    private readonly overlap: TopicOverlap,
  ) {
    this.#redundancy = new Float64Array(rows.length);
  }

  valueOf(index: number, relevance: number): number {
    return this.lambda * relevance - (1 - this.lambda) * (this.#redundancy[index] as number);
  }

  isDiverse(): boolean {
    return true;
  }

  select(row: number): void {
    const { rows, overlap } = this;
    const redundancy = this.#redundancy;
    const common = overlap.with(row, rows);
    for (let index = 0; index < rows.length; index += 1) {
      const similarity = overlap.jaccard(row, rows[index] as number, common[index] as number);
      if (similarity > (redundancy[index] as number)) redundancy[index] = similarity;
    }
  }
}
