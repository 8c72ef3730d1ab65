import type { MarketLifetime } from './archive.js';
import { Timeline } from './timeline.js';

/** The open markets of an archive at an instant that only advances. */
export class OpenMarkets {
  readonly #openings: Timeline<number>;
  readonly #endings: Timeline<number>;
  readonly #isOpen: Uint8Array;
  #numbers: readonly number[] = [];
  #opened: number[] = [];
  #changed = false;

  constructor(markets: readonly MarketLifetime[]) {
    // A market that ends before its creation never opens.
    const numbers = [...markets.keys()].filter((number) => {
      const market = markets[number];
      return market !== undefined && market.createdAtMs < market.endsAtMs;
    });
    this.#openings = new Timeline(numbers, (number) => markets[number]?.createdAtMs ?? Infinity);
    this.#endings = new Timeline(
      numbers.filter((number) => markets[number]?.endsAtMs !== Infinity),
      (number) => markets[number]?.endsAtMs ?? Infinity,
    );
    this.#isOpen = new Uint8Array(markets.length);
  }

  /** Numbers of the open markets, ascending. The same array until the set changes. */
  get numbers(): readonly number[] {
    if (!this.#changed) return this.#numbers;
    const isOpen = (number: number): boolean => this.#isOpen[number] === 1;
    const opened = this.#opened.filter(isOpen).sort((a, b) => a - b);
    this.#numbers = merge(this.#numbers.filter(isOpen), opened);
    this.#opened = [];
    this.#changed = false;
    return this.#numbers;
  }

  /** @param nowMs at or after the instant of the last call. */
  advanceTo(nowMs: number): void {
    for (const number of this.#openings.through(nowMs)) {
      this.#isOpen[number] = 1;
      this.#opened.push(number);
      this.#changed = true;
    }
    for (const number of this.#endings.through(nowMs)) {
      this.#isOpen[number] = 0;
      this.#changed = true;
    }
  }
}

/** Merges two ascending lists. */
function merge(a: readonly number[], b: readonly number[]): number[] {
  const merged: number[] = [];
  let index = 0;
  for (const number of a) {
    for (let other = b[index]; other !== undefined && other < number; other = b[++index]) merged.push(other);
    merged.push(number);
  }
  return merged.concat(b.slice(index));
}
