/** Things that happen at instants, met one after another by somebody who walks forward in time. */
export class Timeline<Item> {
  readonly #items: readonly Item[];
  readonly #timeOf: (item: Item) => number;
  #next = 0;

  constructor(items: readonly Item[], timeOf: (item: Item) => number) {
    this.#items = items.toSorted((a, b) => timeOf(a) - timeOf(b));
    this.#timeOf = timeOf;
  }

  /** What happened up to and with this instant and was not met before, in order. */
  *through(ms: number): Generator<Item, undefined> {
    for (;;) {
      const item = this.#items[this.#next];
      if (item === undefined || this.#timeOf(item) > ms) return;
      this.#next += 1;
      yield item;
    }
  }
}
