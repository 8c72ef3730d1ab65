/** What a batch may hold in text, in characters: single records may be large. */
const MOST_CHARACTERS = 16 * 1024 * 1024;

/**
 * Collects items under a key, of which the last wins. Hands them over when there are `size` of them, or earlier when
 * their texts are long.
 */
export class Batch<T> {
  readonly #size: number;
  readonly #handOver: (items: T[]) => Promise<void>;
  readonly #items = new Map<unknown, T>();
  #characters = 0;

  constructor(size: number, handOver: (items: T[]) => Promise<void>) {
    this.#size = size;
    this.#handOver = handOver;
  }

  /** Waits while a full batch is handed over. Whether the item took the place of another of the same key. */
  async add(key: unknown, item: T): Promise<boolean> {
    const replaced = this.#items.delete(key);
    this.#items.set(key, item);
    this.#characters += characters(item);
    if (this.#items.size >= this.#size || this.#characters >= MOST_CHARACTERS) await this.flush();
    return replaced;
  }

  async flush(): Promise<void> {
    if (this.#items.size === 0) return;
    const items = [...this.#items.values()];
    this.#items.clear();
    this.#characters = 0;
    await this.#handOver(items);
  }
}

function characters(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce<number>((sum, inside) => sum + characters(inside), 0);
}
