import type { CatalogEntry } from '../catalog/catalog.js';
import type { ProfileState } from '../profiles/profile-service.js';
import type { ScoreParts } from '../scoring/score-parts.js';
import type { ScoringUser, TrendLookup } from '../scoring/v1/inputs.js';

/** What the synchronous stages know of the person and the moment. */
export interface RankingContext {
  readonly nowMs: number;
  /** How long an overdue market is shown, in milliseconds. */
  readonly overdueMs: number;
  /** Known from the request or the profile; ISO 3166-1 alpha-2. */
  readonly country: string | null;
  /** Null: anonymous. */
  readonly profile: ProfileState | null;
  /** Null: the ranking is the same for everyone. */
  readonly user: ScoringUser | null;
  readonly trends: TrendLookup;
}

/** A market that may be shown. */
export type Candidate = CatalogEntry;

export interface ScoredCandidate {
  readonly candidate: Candidate;
  readonly scores: ScoreParts;
}

/** A synchronous stage that says which candidates stay. */
export interface Filter {
  /** Names the reason for which a candidate was removed. */
  readonly name: string;
  keeps(candidate: Candidate, context: RankingContext): boolean;
}
