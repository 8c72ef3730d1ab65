import type { RecentMarket } from '../shared/types.js';

/**
 * Likeness to the most alike of the markets that a person lately engaged with, where the likeness of two
 * markets is `0.5·[same category] + 0.5·Jaccard(tags)`, and Jaccard, `|a ∩ b| / |a ∪ b|`, of two markets
 * without tags is 0. The market itself does not count; without any other the result is 0.
 *
 * Gives a function of the market, so that a whole catalog is compared with an index built once: the cost
 * of a market grows with its tags, not with all pairs of tags.
 *
 * Range 0 to 1. Source: existing site, algorithm v1.
 */
export function similarityTo(recentMarkets: readonly RecentMarket[]): (market: RecentMarket) => number {
  const positionsByTag = new Map<string, number[]>();
  for (const [position, { tags }] of recentMarkets.entries()) {
    for (const tag of tags) {
      const positions = positionsByTag.get(tag);
      if (positions === undefined) positionsByTag.set(tag, [position]);
      else positions.push(position);
    }
  }
  const shared = new Uint32Array(recentMarkets.length);
  return (market) => {
    shared.fill(0);
    for (const tag of market.tags) {
      const positions = positionsByTag.get(tag);
      if (positions === undefined) continue;
      for (const position of positions) shared[position] = (shared[position] ?? 0) + 1;
    }
    let largest = 0;
    for (let position = 0; position < recentMarkets.length; position += 1) {
      const recent = recentMarkets[position];
      if (recent === undefined || recent.id === market.id) continue;
      const inBoth = shared[position] ?? 0;
      const inEither = market.tags.length + recent.tags.length - inBoth;
      const jaccard = inBoth === 0 ? 0 : inBoth / inEither;
      largest = Math.max(largest, (recent.category === market.category ? 0.5 : 0) + 0.5 * jaccard);
    }
    return largest;
  };
}
