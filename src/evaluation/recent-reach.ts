import { Queue } from './queue.js';

interface Engagement {
  readonly atMs: number;
  readonly person: number;
  readonly market: number;
}

/** How many distinct people engaged with each market within a sliding window. */
export class RecentReach {
  /** By market number. */
  readonly people: Int32Array;
  readonly #windowMs: number;
  readonly #marketCount: number;
  readonly #eventsOfPair = new Map<number, number>();
  readonly #window = new Queue<Engagement>();

  constructor(marketCount: number, windowMs: number) {
    this.people = new Int32Array(marketCount);
    this.#marketCount = marketCount;
    this.#windowMs = windowMs;
  }

  /** Takes in an engagement, none older than the last. */
  add(engagement: Engagement): void {
    this.#window.push(engagement);
    this.#count(engagement, 1);
  }

  /** Forgets what is older than the window at an instant. */
  advanceTo(nowMs: number): void {
    for (;;) {
      const oldest = this.#window.peek();
      if (oldest === undefined || nowMs - oldest.atMs <= this.#windowMs) return;
      this.#count(oldest, -1);
      this.#window.shift();
    }
  }

  #count({ person, market }: Engagement, change: 1 | -1): void {
    const pair = person * this.#marketCount + market;
    const before = this.#eventsOfPair.get(pair) ?? 0;
    const after = before + change;
    if (after === 0) this.#eventsOfPair.delete(pair);
    else this.#eventsOfPair.set(pair, after);
    if (before === 0 || after === 0) this.people[market] = (this.people[market] ?? 0) + change;
  }
}
