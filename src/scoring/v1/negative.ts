import { affinity } from './affinity.js';
import type { ScoringMarket, ScoringUser } from '../shared/types.js';

/**
 * How much a person dislikes a market's topics: `min(1, Σ max(0, −aff))` over its category and tags.
 * The score subtracts it.
 *
 * Range 0 to 1. Source: existing site, algorithm v1.
 */
export function negative(
  market: Pick<ScoringMarket, 'category' | 'tags'>,
  user: Pick<ScoringUser, 'categoryPoints' | 'tagPoints'>,
): number {
  let dislike = Math.max(0, -affinity(user.categoryPoints.get(market.category)));
  for (const tag of market.tags) dislike += Math.max(0, -affinity(user.tagPoints.get(tag)));
  return Math.min(1, dislike);
}
