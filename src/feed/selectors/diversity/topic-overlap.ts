import type { TopicColumns } from '../../../scoring/v2/features.js';

export type RowTopics = Pick<TopicColumns, 'start' | 'ids' | 'count'>;

/** Counts the topics that rows have in common. */
export class TopicOverlap {
  /** By topic, 1 for the topics of one row; zeros between calls. */
  readonly #isTopic: Uint8Array;
  #common = new Int32Array(0);

  constructor(private readonly topics: RowTopics) {
    this.#isTopic = new Uint8Array(topics.count);
  }

  /** Number of topics of a row. */
  sizeOf(row: number): number {
    return (this.topics.start[row + 1] as number) - (this.topics.start[row] as number);
  }

  /** Returns the number of topics that each of `rows` shares with a row. Valid until the next call. */
  with(row: number, rows: Int32Array): Int32Array {
    const { start, ids } = this.topics;
    const isTopic = this.#isTopic;
    if (this.#common.length < rows.length) this.#common = new Int32Array(rows.length);
    const common = this.#common;
    const from = start[row] as number;
    const to = start[row + 1] as number;
    for (let at = from; at < to; at += 1) isTopic[ids[at] as number] = 1;
    for (let index = 0; index < rows.length; index += 1) {
      const end = start[(rows[index] as number) + 1] as number;
      let count = 0;
      for (let at = start[rows[index] as number] as number; at < end; at += 1)
        count += isTopic[ids[at] as number] as number;
      common[index] = count;
    }
    for (let at = from; at < to; at += 1) isTopic[ids[at] as number] = 0;
    return common;
  }

  /** The Jaccard index of two rows that have so many topics in common; 0 without topics. */
  jaccard(row: number, other: number, common: number): number {
    return common === 0 ? 0 : common / (this.sizeOf(row) + this.sizeOf(other) - common);
  }
}
