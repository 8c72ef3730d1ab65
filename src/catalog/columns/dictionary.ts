/**
 * Dictionary encoding: assigns ids to strings from 0, in the order in which they are added. An id is never reused, so all
 * versions of a catalog share one dictionary. Each version reads only the ids below the size that it recorded.
 */
export class Dictionary {
  readonly #ids = new Map<string, number>();
  readonly #keys: string[] = [];

  get size(): number {
    return this.#keys.length;
  }

  /** Returns the string's id, and assigns one to a new string. */
  add(key: string): number {
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const id = this.#keys.length;
    this.#ids.set(key, id);
    this.#keys.push(key);
    return id;
  }

  /** The string's id; undefined if it was added after the dictionary had `size` entries, or never. */
  find(key: string, size: number): number | undefined {
    const id = this.#ids.get(key);
    return id !== undefined && id < size ? id : undefined;
  }

  /** @param id of a string that was added; any other id is an error of the caller, and not checked. */
  keyOf(id: number): string {
    return this.#keys[id] as string;
  }
}
