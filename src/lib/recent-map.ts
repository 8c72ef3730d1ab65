/** A map of bounded size that drops the entries that were set least recently. It reserves no memory ahead. */
export class RecentMap<Key, Value> {
  readonly #entries = new Map<Key, Value>();

  constructor(private readonly maxEntries: number) {}

  get(key: Key): Value | undefined {
    return this.#entries.get(key);
  }

  /** Sets a value and makes its entry the latest. */
  set(key: Key, value: Value): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size <= this.maxEntries) return;
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest);
      return;
    }
  }

  /** The entries, the one that was set least recently first. */
  entries(): [Key, Value][] {
    return [...this.#entries];
  }
}
