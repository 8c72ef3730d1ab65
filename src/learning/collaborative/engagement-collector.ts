export interface CollectorLimits {
  readonly maxUsers: number;
  readonly maxMarkets: number;
  readonly maxEngagements: number;
}

/** Engagements as numbers, for a training. */
export interface CollectedEngagements {
  readonly users: Int32Array<ArrayBuffer>;
  readonly items: Int32Array<ArrayBuffer>;
  readonly userCount: number;
  readonly markets: readonly string[];
}

/**
 * Numbers the users and markets of engagements, which come latest first. It ignores users and markets beyond their limits,
 * and is full at the limit of engagements.
 */
export class EngagementCollector {
  readonly #userNumbers = new Map<string, number>();
  readonly #marketNumbers = new Map<string, number>();
  #users = new Int32Array(1_024);
  #items = new Int32Array(1_024);
  #count = 0;

  constructor(private readonly limits: CollectorLimits) {}

  get isFull(): boolean {
    return this.#count >= this.limits.maxEngagements;
  }

  add(userKey: string, marketId: string): void {
    const { maxUsers, maxMarkets } = this.limits;
    if (this.isFull) return;
    // Both are looked up before one is numbered, so that every number has an engagement.
    const isUser = this.#userNumbers.has(userKey) || this.#userNumbers.size < maxUsers;
    const isMarket = this.#marketNumbers.has(marketId) || this.#marketNumbers.size < maxMarkets;
    if (!isUser || !isMarket) return;
    if (this.#count === this.#users.length) {
      this.#users = doubled(this.#users);
      this.#items = doubled(this.#items);
    }
    this.#users[this.#count] = numberOf(this.#userNumbers, userKey);
    this.#items[this.#count] = numberOf(this.#marketNumbers, marketId);
    this.#count += 1;
  }

  collected(): CollectedEngagements {
    return {
      users: this.#users.slice(0, this.#count),
      items: this.#items.slice(0, this.#count),
      userCount: this.#userNumbers.size,
      markets: [...this.#marketNumbers.keys()],
    };
  }
}

function numberOf(numbers: Map<string, number>, key: string): number {
  let number = numbers.get(key);
  if (number === undefined) numbers.set(key, (number = numbers.size));
  return number;
}

function doubled(numbers: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const longer = new Int32Array(2 * numbers.length);
  longer.set(numbers);
  return longer;
}
