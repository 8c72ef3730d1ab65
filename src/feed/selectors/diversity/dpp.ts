import type { FeedConfig } from '../../../config/schema/feed-schema.js';
import type { ComparedPool, DiversityMethod } from './diversity-method.js';
import { GreedyDeterminant, type WriteSimilarities } from './greedy-determinant.js';
import { TopicOverlap, type RowTopics } from './topic-overlap.js';

/** How many of the best rows are compared with each other: it bounds the time of a selection. */
export const DPP_POOL = 150;

export interface DppInput {
  readonly constants: FeedConfig['diversity']['dpp'];
  readonly topics: RowTopics;
  readonly similarities: WriteSimilarities;
  /** Returns the similarity of rows to the markets that the user engaged with, 0–1. Null: the user is unknown. */
  readonly familiarity: ((rows: Int32Array) => Float64Array) | null;
}

/**
 * Selection by a determinantal point process. The value of a row is the gain of the log-probability of the selection
 * (Chen et al. 2018, section 4.3, "trade-off"):
 *
 *     θ · relevance · (1 − serendipity · familiarity) + (1 − θ) · ln(residual)
 *
 * The residual is the part of the row that the selected rows do not have, see {@link GreedyDeterminant}. Familiarity is the
 * similarity to markets that the user engaged with, so serendipity lowers relevant markets that the user expects.
 *
 * A row is diverse enough while the mean topic distance (1 − Jaccard index) of all pairs of the selection is at least
 * `topicThreshold`.
 */
export function dpp(input: DppInput): DiversityMethod {
  const { theta } = input.constants;
  const overlap = new TopicOverlap(input.topics);
  return {
    poolSize: DPP_POOL,
    boundOf: (relevance) => theta * relevance,
    compare: (rows) => new DppPool(rows, input, overlap),
  };
}

class DppPool implements ComparedPool {
  readonly #determinant: GreedyDeterminant;
  readonly #familiarity: Float64Array | null;
  readonly #selected: number[] = [];
  /** By index in the pool, the sum of the topic distances to the selected rows. */
  readonly #distances: Float64Array;
  /** Sum of the topic distances of all pairs of selected rows. */
  #distance = 0;

  constructor(
    private readonly rows: Int32Array,
    private readonly input: DppInput,
    private readonly overlap: TopicOverlap,
  ) {
    this.#determinant = new GreedyDeterminant(rows, input.similarities);
    const { familiarity, constants } = input;
    this.#familiarity = familiarity === null || constants.serendipity === 0 ? null : familiarity(rows);
    this.#distances = new Float64Array(rows.length);
  }

  valueOf(index: number, relevance: number): number {
    const { theta, serendipity } = this.input.constants;
    const familiarity = this.#familiarity?.[index] ?? 0;
    // A relevance below 0, of a row beyond the pool, would rise.
    const unexpected = relevance > 0 ? relevance * (1 - serendipity * familiarity) : relevance;
    if (theta === 1) return unexpected;
    return theta * unexpected + (1 - theta) * Math.log(this.#determinant.residualOf(index));
  }

  isDiverse(index: number): boolean {
    const count = this.#selected.length;
    if (count === 0) return true;
    const pairs = (count * (count + 1)) / 2;
    const sum = this.#distance + (this.#distances[index] as number);
    return sum >= this.input.constants.topicThreshold * pairs;
  }

  select(row: number): void {
    const { rows, overlap } = this;
    if (this.input.constants.theta < 1) this.#determinant.select(row);
    const ofSelected = overlap.with(row, Int32Array.from(this.#selected));
    for (const [index, other] of this.#selected.entries())
      this.#distance += 1 - overlap.jaccard(row, other, ofSelected[index] as number);
    const common = overlap.with(row, rows);
    for (let index = 0; index < rows.length; index += 1) {
      const similarity = overlap.jaccard(row, rows[index] as number, common[index] as number);
      this.#distances[index] = (this.#distances[index] as number) + 1 - similarity;
    }
    this.#selected.push(row);
  }
}
