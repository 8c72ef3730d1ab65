/**
 * Numbers strings from 0 in the order in which they are added. A number is never given to another string, so versions of
 * a catalog share one numbering, and each uses the numbers below the size that it knew.
 */
export class Numbering {
  readonly #numbers = new Map<string, number>();
  readonly #keys: string[] = [];

  get size(): number {
    return this.#keys.length;
  }

  /** The string's number; a new one unless it was added before. */
  add(key: string): number {
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const number = this.#keys.length;
    this.#numbers.set(key, number);
    this.#keys.push(key);
    return number;
  }

  /** The string's number if that is below `size`. */
  find(key: string, size: number): number | undefined {
    const number = this.#numbers.get(key);
    return number !== undefined && number < size ? number : undefined;
  }

  /** The string that was added first under this number. */
  keyOf(number: number): string {
    return this.#keys[number] as string;
  }
}
