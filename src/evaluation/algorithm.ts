import type { CatalogEntry } from '../catalog/catalog.js';
import type { FullProfile } from '../profiles/profile-service.js';
import type { TrendState } from '../trends/trend-state.js';

/** What could be known right before an interaction. Markets are named by their number in the archive. */
export interface Moment {
  readonly nowMs: number;
  /** The open markets, ascending; the same list as long as the same are open. */
  readonly candidates: readonly number[];
  /** By market number, with the odds known by now. Those of markets not yet made are there, and no candidates. */
  readonly entries: readonly CatalogEntry[];
  /** Grows whenever the odds or the volume of a market become known. */
  readonly priceVersion: number;
  readonly profile: FullProfile;
  /** ISO 3166-1 alpha-2. */
  readonly country: string | null;
  readonly trends: TrendState;
  /** By market, how many distinct people engaged with it in the last seven days. */
  readonly recentPeople: Int32Array;
}

/** Fills in the score of each candidate, in their order; the higher the better. */
export type Algorithm = (moment: Moment, scores: Float64Array) => void;

export const ALGORITHM_NAMES = ['random', 'popularity', 'recency', 'v1', 'v2'] as const;

export type AlgorithmName = (typeof ALGORITHM_NAMES)[number];
