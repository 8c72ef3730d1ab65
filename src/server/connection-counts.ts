/** Counts open connections by key. */
export class ConnectionCounts {
  readonly #counts = new Map<string, number>();

  /** Counts a connection, unless its key has `limit` already. Returns whether it did. */
  tryAdd(key: string, limit: number): boolean {
    const count = this.#counts.get(key) ?? 0;
    if (count >= limit) return false;
    this.#counts.set(key, count + 1);
    return true;
  }

  remove(key: string): void {
    const count = this.#counts.get(key) ?? 0;
    if (count > 1) this.#counts.set(key, count - 1);
    else this.#counts.delete(key);
  }
}
