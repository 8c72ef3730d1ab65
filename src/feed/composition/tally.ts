/** Counts by small whole number, 0 and up. */
export class Tally {
  #counts = new Int32Array(64);
  #end = 0;

  of(id: number): number {
    return id < this.#end ? (this.#counts[id] as number) : 0;
  }

  /** The count with this one. */
  add(id: number): number {
    if (id >= this.#end) this.#reach(id + 1);
    const count = (this.#counts[id] as number) + 1;
    this.#counts[id] = count;
    return count;
  }

  /** Σ over the ids of min(count, cap). */
  sumUpTo(cap: number): number {
    let sum = 0;
    for (let id = 0; id < this.#end; id += 1) sum += Math.min(this.#counts[id] as number, cap);
    return sum;
  }

  #reach(end: number): void {
    if (end > this.#counts.length) {
      const longer = new Int32Array(Math.max(end, 2 * this.#counts.length));
      longer.set(this.#counts);
      this.#counts = longer;
    }
    this.#end = end;
  }
}
