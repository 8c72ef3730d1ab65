import { affinity } from './affinity.js';
import type { ScoringMarket, ScoringUser } from '../shared/types.js';

/**
 * How much a person likes a market's topics: `min(1, 0.5·aff(category) + 0.3·Σ aff(tag))`.
 *
 * At most 1; below 0, without a lower bound, for topics the person dislikes. Source: existing site,
 * algorithm v1.
 */
export function interest(
  market: Pick<ScoringMarket, 'category' | 'tags'>,
  user: Pick<ScoringUser, 'categoryPoints' | 'tagPoints'>,
): number {
  let tags = 0;
  for (const tag of market.tags) tags += affinity(user.tagPoints.get(tag));
  return Math.min(1, 0.5 * affinity(user.categoryPoints.get(market.category)) + 0.3 * tags);
}
