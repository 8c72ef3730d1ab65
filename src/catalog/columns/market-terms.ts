import { LRUCache } from 'lru-cache';
import { endOf, topicKey, type Market } from '../../domain/market.js';
import type { MarketVector, PastMarket } from '../../scoring/v2/features.js';
import { countTerms, TERM_COUNTS, type TermCounts } from '../../scoring/v2/terms.js';
import { titlePatterns, type PatternSource, type TitlePatterns } from '../../scoring/v2/title-patterns.js';

/** The fields from which the terms of a market are taken. */
export type MarketText = Pick<Market, 'title' | 'category' | 'tags'>;

const cachedTerms = new WeakMap<MarketText, TermCounts>();

/** {@link countMarketTerms}, computed once per market object; for markets that are ranked repeatedly. */
export function marketTerms(market: MarketText): TermCounts {
  let terms = cachedTerms.get(market);
  if (terms === undefined) cachedTerms.set(market, (terms = countMarketTerms(market)));
  return terms;
}

/** Counts the terms of a market's title, category, and tags. */
export function countMarketTerms(market: MarketText): TermCounts {
  return countTerms([
    [market.title, 1],
    [market.category, TERM_COUNTS.category],
    ...market.tags.map((tag) => [tag, TERM_COUNTS.tag] as const),
  ]);
}

export function hasSameText(a: MarketText, b: MarketText): boolean {
  return (
    a.title === b.title &&
    a.category === b.category &&
    a.tags.length === b.tags.length &&
    a.tags.every((tag, index) => tag === b.tags[index])
  );
}

const cachedPatterns = new WeakMap<PatternSource, TitlePatterns>();

/** {@link titlePatterns}, computed once per market object. */
export function marketPatterns(market: PatternSource): TitlePatterns {
  let patterns = cachedPatterns.get(market);
  if (patterns === undefined) cachedPatterns.set(market, (patterns = titlePatterns(market)));
  return patterns;
}

type PastMarketSource = MarketText &
  PatternSource &
  Pick<Market, 'createdAt'> &
  Partial<Pick<Market, 'closesAt' | 'resolvesAt'>>;

/** The features of a market that is no candidate but still affects others: its terms, groups, times, and text vector. */
export function toPastMarket(market: PastMarketSource, vector: MarketVector | null = null): PastMarket {
  const { terms, counts } = marketTerms(market);
  const { ladder, numbers, series, family } = marketPatterns(market);
  return {
    ...{ terms, counts, eventKey: market.eventKey, createdAtMs: market.createdAt.getTime() },
    ...{ endsAtMs: endOf(market)?.getTime() ?? Infinity, category: topicKey(market.category) },
    patterns: { ladder, numbers, series, family },
    vector,
  };
}

/** Each entry takes a few hundred bytes, and its text vector about 700 more. */
const MAX_CLOSED_MARKETS = 50_000;

/**
 * LRU cache of closed markets, so that an engagement still affects similar markets after its market closed. An engagement
 * with an evicted market has no effect on the ranking.
 */
export class ClosedMarketCache {
  readonly #markets: LRUCache<string, PastMarket>;

  constructor(maxMarkets = MAX_CLOSED_MARKETS) {
    this.#markets = new LRUCache({ max: maxMarkets });
  }

  /** @param vector kept in memory; null without one. */
  add(market: PastMarketSource & Pick<Market, 'id'>, vector: MarketVector | null = null): void {
    this.#markets.set(market.id, toPastMarket(market, vector));
  }

  get(marketId: string): PastMarket | undefined {
    return this.#markets.get(marketId);
  }
}
