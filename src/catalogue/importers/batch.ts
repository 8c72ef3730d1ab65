/** Collects items under a key, of which the last wins, and hands them over by at most so many at once. */
export class Batch<T> {
  readonly #size: number;
  readonly #handOver: (items: T[]) => Promise<void>;
  readonly #items = new Map<unknown, T>();

  constructor(size: number, handOver: (items: T[]) => Promise<void>) {
    this.#size = size;
    this.#handOver = handOver;
  }

  /** Waits while a full batch is handed over. Whether the item took the place of another of the same key. */
  async add(key: unknown, item: T): Promise<boolean> {
    const replaced = this.#items.delete(key);
    this.#items.set(key, item);
    if (this.#items.size >= this.#size) await this.flush();
    return replaced;
  }

  async flush(): Promise<void> {
    if (this.#items.size === 0) return;
    const items = [...this.#items.values()];
    this.#items.clear();
    await this.#handOver(items);
  }
}
