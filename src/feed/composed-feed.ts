import type { Market } from '../domain/market.js';
import type { ScoreParts } from '../scoring/score-parts.js';
import type { Badge } from './badge.js';
import type { Slot } from './composition/slots.js';

/** What a ranking comes to: the page, and how it goes on. */
export interface ComposedFeed {
  /** In page order, the hero first. */
  readonly items: readonly ComposedItem[];
  /** What follows the page, best first. */
  readonly rest: readonly RestItem[];
  /** Which limits had to yield, and which slots could not be filled. */
  readonly notes: readonly string[];
}

export interface ComposedItem {
  readonly market: Market;
  readonly scores: ScoreParts;
  readonly slot: Slot | null;
  readonly propensity: number | null;
  readonly badge: Badge | null;
}

export interface RestItem {
  readonly marketId: string;
  /** Names the market in compact stored data. */
  readonly number: number;
}
