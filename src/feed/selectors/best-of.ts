/** At most so many items of a category among the best. */
export interface CategoryLimit {
  readonly perCategory: number;
  readonly categoryOf: (index: number) => string;
}

/**
 * The best `size` of the items offered one by one, which are named by their index; with a limit, those that
 * going down the whole order would take, passing over an item whose category has its share.
 *
 * An item that had to go never comes back. With a limit that holds because sets with at most so many items in
 * all and of each category form a matroid, of which this keeps the best basis (Edmonds 1971, "Matroids and the
 * greedy algorithm").
 */
export class BestOf {
  readonly #best: number[] = [];

  constructor(
    private readonly size: number,
    /** For `sort`, best first; 0 only for the same item. */
    private readonly compare: (a: number, b: number) => number,
    private readonly limit?: CategoryLimit,
  ) {}

  offer(index: number): void {
    const best = this.#best;
    const worst = best.length - 1;
    const full = best.length === this.size;
    if (full && this.#isBehind(index, worst)) return;
    const rival = this.#rivalOf(index);
    if (rival !== undefined && this.#isBehind(index, rival)) return;
    if (rival !== undefined) best.splice(rival, 1);
    else if (full) best.pop();
    best.splice(this.#placeOf(index), 0, index);
  }

  /** Best first. */
  get indexes(): readonly number[] {
    return this.#best;
  }

  #isBehind(index: number, place: number): boolean {
    const other = this.#best[place];
    return other === undefined || this.compare(index, other) > 0;
  }

  /** Where the worst item of this one's category is, when the category has its share. */
  #rivalOf(index: number): number | undefined {
    if (this.limit === undefined) return undefined;
    const { perCategory, categoryOf } = this.limit;
    const category = categoryOf(index);
    let count = 0;
    let last: number | undefined;
    for (const [place, other] of this.#best.entries()) {
      if (categoryOf(other) !== category) continue;
      count += 1;
      last = place;
    }
    return count < perCategory ? undefined : last;
  }

  #placeOf(index: number): number {
    let low = 0;
    let high = this.#best.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#isBehind(index, middle)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
