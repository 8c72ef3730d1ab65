/** First in, first out; taking one out costs the same however many there are. */
export class Queue<Item> {
  #items: Item[] = [];
  #first = 0;

  push(item: Item): void {
    this.#items.push(item);
  }

  /** The oldest. */
  peek(): Item | undefined {
    return this.#items[this.#first];
  }

  /** Takes the oldest out. */
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

  /** The oldest first. */
  *[Symbol.iterator](): Generator<Item, undefined> {
    for (let place = this.#first; place < this.#items.length; place += 1) yield this.#items[place] as Item;
  }
}
