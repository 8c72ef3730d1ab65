import { LRUCache } from 'lru-cache';
import type { Market } from '../../domain/market.js';

/** Identity and topics of a stored market. */
export type IndexedMarket = Pick<Market, 'number' | 'id' | 'category' | 'tags'>;

/** At about 400 bytes each. */
const MAX_MARKETS = 200_000;

/** Cached for a number that no market has. */
const ABSENT = 'absent';

/**
 * Cache of markets by their numbers, by which stored profiles name them. Every read of markets adds them, so their topics
 * are as current as the catalog; other markets are added when a profile first needs them.
 */
export class MarketIndex {
  readonly #numbers = new Map<string, number>();
  readonly #markets: LRUCache<number, IndexedMarket | typeof ABSENT>;

  constructor(maxMarkets = MAX_MARKETS) {
    this.#markets = new LRUCache({
      max: maxMarkets,
      dispose: (market) => {
        if (market !== ABSENT) this.#numbers.delete(market.id);
      },
    });
  }

  add({ number, id, category, tags }: IndexedMarket): void {
    this.#markets.set(number, { number, id, category, tags });
    this.#numbers.set(id, number);
  }

  /** Caches that no market has this number. */
  addAbsent(number: number): void {
    this.#markets.set(number, ABSENT);
  }

  /** @returns null if no market has this number; undefined if it is not cached. */
  find(number: number): IndexedMarket | null | undefined {
    // Without a mark of its use, which costs several times the lookup: an evicted market is read again.
    const market = this.#markets.peek(number);
    return market === ABSENT ? null : market;
  }

  /** @returns undefined if the market is not cached. */
  numberOf(id: string): number | undefined {
    return this.#numbers.get(id);
  }
}
