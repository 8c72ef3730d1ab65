import { hoursBetween } from '../shared/hours-between.js';
import type { ScoringMarket } from '../shared/types.js';

const isNews = (topic: string): boolean => topic === 'news' || topic === 'breaking';

/**
 * Lift of a young market whose category or one of whose tags is `news` or `breaking`: 0.8 when its age is
 * under 24 h, 0.5 under 168 h, else 0. A creation time in the future counts as age 0.
 *
 * Range 0 to 0.8. Source: existing site, algorithm v1.
 */
export function newsBoost(
  market: Pick<ScoringMarket, 'category' | 'tags' | 'createdAtMs'>,
  nowMs: number,
): number {
  if (!isNews(market.category) && !market.tags.some(isNews)) return 0;
  const ageHours = hoursBetween(market.createdAtMs, nowMs);
  if (ageHours < 24) return 0.8;
  if (ageHours < 168) return 0.5;
  return 0;
}
