import { diversifyFirstPage, feedSections, type FeedSections } from '../../scoring/v1/page-layout.js';
import type { ScoredCandidate } from '../candidate.js';

/** The existing site's page: the best `limit` of a ranking, no category crowding the first nine places. */
export function v1Page(ranked: readonly ScoredCandidate[], limit: number): FeedSections<ScoredCandidate> {
  const page = diversifyFirstPage(ranked, ({ candidate }) => candidate.scoring.category).slice(0, limit);
  return feedSections(page, ({ candidate }) => candidate.market.imageUrl !== null);
}
