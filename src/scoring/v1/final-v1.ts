import { depth } from '../shared/depth.js';
import { diversityPenalty } from './diversity-penalty.js';
import { followup } from './followup.js';
import { freshness } from './freshness.js';
import { interest } from './interest.js';
import { negative } from './negative.js';
import { newsBoost } from './news-boost.js';
import { risingV1 } from './rising-v1.js';
import { similarityTo } from './similarity.js';
import { sportsBoost } from './sports-boost.js';
import { finalSumV1, personalSumV1 } from './sums-v1.js';
import { blendTrends } from '../shared/trending-blend.js';
import type { ScoringMarket, ScoringUser, TrendLookup } from '../shared/types.js';

/** A function of a category, worked out once for each. */
function oncePerCategory(work: (category: string) => number): (category: string) => number {
  const known = new Map<string, number>();
  return (category) => {
    let value = known.get(category);
    if (value === undefined) known.set(category, (value = work(category)));
    return value;
  };
}

function personalOf(user: ScoringUser, nowMs: number): (market: ScoringMarket) => number {
  const similarity = similarityTo(user.recentMarkets);
  const depthOf = oncePerCategory((category) => depth(category, user.dwellByCategory));
  const diversityOf = oncePerCategory((category) => diversityPenalty(category, user.recentMarkets));
  return (market) =>
    personalSumV1(
      interest(market, user),
      similarity(market),
      depthOf(market.category),
      freshness(market.createdAtMs, nowMs),
      followup(market.probability, user.viewProbabilities.get(market.id)),
      negative(market, user),
      diversityOf(market.category),
    );
}

/**
 * `final` of `scorerV1` alone, the very same number, for scoring a whole catalog: it makes no object for a
 * market.
 */
export function finalScorerV1(
  user: ScoringUser | null,
  nowMs: number,
  trends: TrendLookup,
): (market: ScoringMarket) => number {
  const personal = user === null ? () => 0 : personalOf(user, nowMs);
  return (market) =>
    finalSumV1(
      personal(market),
      blendTrends(trends.trendingGlobal(market.id), trends.trendingLocal(market.id)),
      risingV1(market.probability, trends.probability24hAgo(market.id)),
      market.editorialBoost,
      newsBoost(market, nowMs),
      sportsBoost(market, nowMs),
    );
}
