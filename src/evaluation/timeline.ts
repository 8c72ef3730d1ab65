/** Items with a time, consumed in order of time. */
export class Timeline<Item> {
  readonly #items: readonly Item[];
  readonly #timeOf: (item: Item) => number;
  #next = 0;

  constructor(items: readonly Item[], timeOf: (item: Item) => number) {
    this.#items = items.toSorted((a, b) => timeOf(a) - timeOf(b));
    this.#timeOf = timeOf;
  }

  /** Consumes the remaining items up to and including this instant, in order. */
  *through(ms: number): Generator<Item, undefined> {
    for (;;) {
      const item = this.#items[this.#next];
      if (item === undefined || this.#timeOf(item) > ms) return;
      this.#next += 1;
      yield item;
    }
  }
}

/** A first-in, first-out queue whose `shift` takes amortized constant time. */
export class Queue<Item> {
  #items: Item[] = [];
  #first = 0;

  push(item: Item): void {
    this.#items.push(item);
  }

  /** The oldest item. */
  peek(): Item | undefined {
    return this.#items[this.#first];
  }

  /** Removes the oldest item. */
  shift(): Item | undefined {
    const item = this.#items[this.#first];
    if (item === undefined) return undefined;
    this.#first += 1;
    if (this.#first * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#first);
      this.#first = 0;
    }
    return item;
  }

  /** Oldest first. */
  *[Symbol.iterator](): Generator<Item, undefined> {
    for (let index = this.#first; index < this.#items.length; index += 1) yield this.#items[index] as Item;
  }
}
