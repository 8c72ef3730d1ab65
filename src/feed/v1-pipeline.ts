import type { CatalogSnapshot } from '../catalog/catalog.js';
import { requireFull } from '../profiles/profile-service.js';
import { scoringUser } from '../profiles/scoring-user.js';
import type { FeedSections } from '../scoring/v1/page-layout.js';
import { compareScored } from '../scoring/shared/rank-order.js';
import { badgeOf } from './badge.js';
import type { Candidate, Filter, RankingContext, ScoredCandidate } from './candidate.js';
import type { ComposedFeed, ComposedItem } from './composed-feed.js';
import { allowedCountry } from './filters/allowed-country.js';
import { notHidden } from './filters/not-hidden.js';
import { notOver, overdueMsOf } from './filters/not-over.js';
import { finalScores } from './final-scores.js';
import { rankCandidates } from './rank-candidates.js';
import type { RankingInputs } from './ranking-inputs.js';
import { BestOf } from './selectors/best-of.js';
import { v1Contenders } from './selectors/v1-contenders.js';
import { v1Page } from './selectors/v1-page.js';
import { openMarkets } from './sources/open-markets.js';

const filters: readonly Filter[] = [notOver, notHidden, allowedCountry];

/**
 * The stages of a feed by algorithm v1 after everything was read: source, filters, scorer, selector. The whole
 * catalog is scored to a number each; the parts of a score are worked out for the few that can be on the page.
 * Synchronous and pure: the same snapshot and context give the same page.
 */
export function pageV1(
  snapshot: CatalogSnapshot,
  context: RankingContext,
  limit: number,
): FeedSections<ScoredCandidate> {
  const shown = shownOf(snapshot, context);
  return v1Page(rankCandidates(v1Contenders(shown, finalScores(shown, context), limit), context), limit);
}

/** A feed by algorithm v1, and how it goes on: with the best of what is not on the page. */
export function composeV1(inputs: RankingInputs): ComposedFeed {
  const { snapshot, limit, config } = inputs;
  const context = contextV1(inputs);
  const shown = shownOf(snapshot, context);
  const finals = finalScores(shown, context);
  const { hero, grid, stream } = v1Page(rankCandidates(v1Contenders(shown, finals, limit), context), limit);
  const page = [...(hero === null ? [] : [hero]), ...grid, ...stream];
  const onPage = new Set(page.map(({ candidate }) => candidate));
  return {
    items: page.map((item) => composedItem(item, inputs)),
    rest: restOf(shown, finals, onPage, Math.max(0, config.feed.pageDepth - page.length)),
    notes: [],
  };
}

/** What v1's stages know of the person and the moment. */
export function contextV1(
  inputs: Pick<RankingInputs, 'nowMs' | 'country' | 'profile' | 'personal' | 'trends' | 'config'>,
): RankingContext {
  const { nowMs, country, profile, personal, trends, config } = inputs;
  const user = profile === null || !personal ? null : scoringUser(requireFull(profile), nowMs);
  const overdueMs = overdueMsOf(config.feed);
  return { nowMs, overdueMs, country, profile, user, trends: trends.reader(country) };
}

function shownOf(snapshot: CatalogSnapshot, context: RankingContext): readonly Candidate[] {
  return openMarkets(snapshot).filter((candidate) =>
    filters.every((filter) => filter.keeps(candidate, context)),
  );
}

function composedItem(
  { candidate, scores }: ScoredCandidate,
  { nowMs, config }: RankingInputs,
): ComposedItem {
  const { createdAtMs } = candidate.scoring;
  const seen = {
    moved: false,
    resolvesAtMs: candidate.resolvesAtMs,
    createdAtMs,
    trending: scores.trending ?? 0,
  };
  return {
    market: candidate.market,
    scores,
    slot: null,
    propensity: null,
    badge: badgeOf(seen, nowMs, config.feed.badges),
  };
}

function restOf(
  candidates: readonly Candidate[],
  finals: Float64Array,
  onPage: ReadonlySet<Candidate>,
  size: number,
): ComposedFeed['rest'] {
  const at = (index: number): Candidate => candidates[index] as Candidate;
  const finalAt = (index: number): number => finals[index] as number;
  const best = new BestOf(size, (a, b) =>
    compareScored(at(a).scoring, finalAt(a), at(b).scoring, finalAt(b)),
  );
  for (let index = 0; index < candidates.length; index += 1) if (!onPage.has(at(index))) best.offer(index);
  return best.indexes.map((index) => {
    const { id: marketId, number } = at(index).market;
    return { marketId, number };
  });
}
