import type { TopicColumns } from '../../scoring/v2/features.js';

/** How alike the topics of one row are to those of others, as Jaccard's index |A ∩ B| / |A ∪ B|, 0–1; 0 without any. */
export class TopicOverlap {
  readonly #isMarked: Uint8Array;

  constructor(private readonly topics: Pick<TopicColumns, 'start' | 'ids' | 'count'>) {
    this.#isMarked = new Uint8Array(topics.count);
  }

  /** Tells `take` of each of the rows, by its index, how alike it is to `row`. */
  compare(row: number, rows: Int32Array, take: (index: number, similarity: number) => void): void {
    const { start, ids } = this.topics;
    const from = start[row] as number;
    const to = start[row + 1] as number;
    for (let i = from; i < to; i += 1) this.#isMarked[ids[i] as number] = 1;
    for (let index = 0; index < rows.length; index += 1) {
      const first = start[rows[index] as number] as number;
      const end = start[(rows[index] as number) + 1] as number;
      let both = 0;
      for (let i = first; i < end; i += 1) both += this.#isMarked[ids[i] as number] as number;
      take(index, both === 0 ? 0 : both / (to - from + (end - first) - both));
    }
    for (let i = from; i < to; i += 1) this.#isMarked[ids[i] as number] = 0;
  }
}
