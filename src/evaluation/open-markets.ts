import type { MarketLife } from './archive.js';
import { Timeline } from './timeline.js';

/** Which markets of an archive are open, for somebody who walks forward in time. */
export class OpenMarkets {
  readonly #openings: Timeline<number>;
  readonly #endings: Timeline<number>;
  readonly #isOpen: Uint8Array;
  #numbers: readonly number[] = [];
  #opened: number[] = [];
  #changed = false;

  constructor(markets: readonly MarketLife[]) {
    // One that ends before it begins never opens.
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

  /** Those open at the instant that was last walked to, ascending. The same list until it changes. */
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

/** Two ascending lists as one. */
function merge(a: readonly number[], b: readonly number[]): number[] {
  const merged: number[] = [];
  let place = 0;
  for (const number of a) {
    for (let other = b[place]; other !== undefined && other < number; other = b[++place]) merged.push(other);
    merged.push(number);
  }
  return merged.concat(b.slice(place));
}
