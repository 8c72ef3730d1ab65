import { LRUCache } from 'lru-cache';
import type { Market } from '../domain/market.js';
import type { PastMarket } from '../scoring/v2/features.js';
import { toPastMarket, type MarketText } from './columns/market-terms.js';

/** At a few hundred bytes each. */
const MAX_MARKETS = 50_000;

/**
 * The words and events of markets that are not open, so that one that a person engaged with counts for others after it
 * closed. Holds so many at most, the least recently used out first; one that was let go of no longer counts.
 */
export class PastMarkets {
  readonly #markets: LRUCache<string, PastMarket>;

  constructor(maxMarkets = MAX_MARKETS) {
    this.#markets = new LRUCache({ max: maxMarkets });
  }

  remember(market: MarketText & Pick<Market, 'id' | 'eventKey' | 'createdAt'>): void {
    this.#markets.set(market.id, toPastMarket(market));
  }

  get(marketId: string): PastMarket | undefined {
    return this.#markets.get(marketId);
  }
}
