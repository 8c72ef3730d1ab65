import type { StoredMomentum } from '../storage/trends/momentum-repository.js';

/** What the crowd does, by market. */
export interface TrendScores {
  /** Scores 0–1 by market, of each scope in use. */
  readonly scopes: ReadonlyMap<string, ReadonlyMap<string, number>>;
  readonly probabilities24hAgo: ReadonlyMap<string, number>;
  /** How each open market moved lately. */
  readonly momentum: ReadonlyMap<string, MarketMomentum>;
  /** How much the crowd has had to do with each market lately. */
  readonly attention: ReadonlyMap<string, Attention>;
}

/** How a market moved lately. */
export interface MarketMomentum extends StoredMomentum {
  readonly computedAt: Date;
}

export const NO_TRENDS: TrendScores = {
  scopes: new Map(),
  probabilities24hAgo: new Map(),
  momentum: new Map(),
  attention: new Map(),
};

export interface Attention {
  /** Times it was shown, and times it was opened. */
  readonly impressions: number;
  readonly clicks: number;
  /** The crowd's decayed weights, 0 and up. */
  readonly popularity: number;
}
