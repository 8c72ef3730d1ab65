import { hoursBetween } from '../shared/hours-between.js';
import type { ScoringMarket } from '../shared/types.js';

/**
 * Lift of a match that is near but not today: 0.5 when the category is `sports` and the market resolves in
 * 24 h to 72 h, both included; else 0.
 *
 * Range 0 to 0.5. Source: existing site, algorithm v1.
 */
export function sportsBoost(market: Pick<ScoringMarket, 'category' | 'resolvesAtMs'>, nowMs: number): number {
  if (market.category !== 'sports' || market.resolvesAtMs === null) return 0;
  const hoursLeft = hoursBetween(nowMs, market.resolvesAtMs);
  return hoursLeft >= 24 && hoursLeft <= 72 ? 0.5 : 0;
}
