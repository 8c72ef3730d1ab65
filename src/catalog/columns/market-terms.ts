import type { Market } from '../../domain/market.js';
import { countTerms, TERM_COUNTS, type TermCounts } from '../../scoring/v2/terms.js';
import type { PastMarket } from '../../scoring/v2/features.js';

/** What the words of a market are taken from. */
export type MarketText = Pick<Market, 'title' | 'category' | 'tags'>;

const known = new WeakMap<MarketText, TermCounts>();

/** {@link readTerms}, computed once for each market object; for markets that are ranked again and again. */
export function marketTerms(market: MarketText): TermCounts {
  let found = known.get(market);
  if (found === undefined) known.set(market, (found = readTerms(market)));
  return found;
}

/** The words of a market's title, category and tags. */
export function readTerms(market: MarketText): TermCounts {
  return countTerms([
    [market.title, 1],
    [market.category, TERM_COUNTS.category],
    ...market.tags.map((tag) => [tag, TERM_COUNTS.tag] as const),
  ]);
}

export function sameText(a: MarketText, b: MarketText): boolean {
  return (
    a.title === b.title &&
    a.category === b.category &&
    a.tags.length === b.tags.length &&
    a.tags.every((tag, index) => tag === b.tags[index])
  );
}

/** What of a market that is not to be ranked still counts for others: its words and its event. */
export function toPastMarket(market: MarketText & Pick<Market, 'eventKey' | 'createdAt'>): PastMarket {
  const { terms, counts } = marketTerms(market);
  return { terms, counts, eventKey: market.eventKey, createdAtMs: market.createdAt.getTime() };
}
