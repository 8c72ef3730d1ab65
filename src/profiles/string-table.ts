/** What a string costs beside its characters: its header, its places in the map and in the list. Measured. */
const STRING_OVERHEAD_BYTES = 80;

/**
 * Strings that many profiles share (topics, ids of markets), each under a small whole number. A string
 * keeps its number until {@link clear}; single strings are never let go, because nobody knows which
 * profiles still name them.
 */
export class StringTable {
  readonly #numbers = new Map<string, number>();
  #strings: string[] = [];
  #bytes = 0;

  /** The string's number, a new one when it has none: 0, 1, 2, … */
  numberOf(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    const next = this.#strings.length;
    this.#numbers.set(text, next);
    this.#strings.push(text);
    this.#bytes += STRING_OVERHEAD_BYTES + 2 * text.length;
    return next;
  }

  /** @throws {RangeError} for a number that was not given out since the last {@link clear}. */
  stringOf(number: number): string {
    const text = this.#strings[number];
    if (text === undefined) throw new RangeError(`No string has the number ${number}.`);
    return text;
  }

  /** How many strings there are. */
  get size(): number {
    return this.#strings.length;
  }

  /** Memory held, at most: characters are counted with two bytes each. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Forgets every string; whatever was written with their numbers must be gone before. */
  clear(): void {
    this.#numbers.clear();
    this.#strings = [];
    this.#bytes = 0;
  }
}
