import type { CatalogueSnapshot } from '../catalogue/catalogue.js';
import type { FeedSections } from '../scoring/feed-sections.js';
import type { Filter, RankingContext, ScoredCandidate } from './candidate.js';
import { allowedCountry } from './filters/allowed-country.js';
import { notHidden } from './filters/not-hidden.js';
import { notOver } from './filters/not-over.js';
import { finalScores } from './final-scores.js';
import { rankCandidates } from './rank-candidates.js';
import { v1Contenders } from './selectors/v1-contenders.js';
import { v1Page } from './selectors/v1-page.js';
import { openMarkets } from './sources/open-markets.js';

const filters: readonly Filter[] = [notOver, notHidden, allowedCountry];

/**
 * The stages of the feed after everything was read: source, filters, scorer, selector. The whole catalogue is
 * scored to a number each; the parts of a score are worked out for the few that can be on the page.
 * Synchronous and pure: the same snapshot and context give the same page.
 */
export function feedPipeline(
  snapshot: CatalogueSnapshot,
  context: RankingContext,
  limit: number,
): FeedSections<ScoredCandidate> {
  const candidates = openMarkets(snapshot);
  const shown = candidates.filter((candidate) => filters.every((filter) => filter.keeps(candidate, context)));
  const contenders = v1Contenders(shown, finalScores(shown, context), limit);
  const ranked = rankCandidates(contenders, context);
  return v1Page(ranked, limit);
}
