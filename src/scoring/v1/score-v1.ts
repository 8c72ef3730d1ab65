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
import { trendingBlend } from '../shared/trending-blend.js';
import type { MarketTrend, ScoreParts, ScoringMarket, ScoringUser } from '../shared/types.js';

type PersonalParts = Pick<
  ScoreParts,
  'personal' | 'interest' | 'similarity' | 'depth' | 'freshness' | 'followup' | 'negative' | 'diversity'
>;

const IMPERSONAL: PersonalParts = {
  personal: null,
  interest: null,
  similarity: null,
  depth: null,
  freshness: null,
  followup: null,
  negative: null,
  diversity: null,
};

function personalScorer(user: ScoringUser, nowMs: number): (market: ScoringMarket) => PersonalParts {
  const similarity = similarityTo(user.recentMarkets);
  return (market) => {
    const parts = {
      interest: interest(market, user),
      similarity: similarity(market),
      depth: depth(market.category, user.dwellByCategory),
      freshness: freshness(market.createdAtMs, nowMs),
      followup: followup(market.probability, user.viewProbabilities.get(market.id)),
      negative: negative(market, user),
      diversity: diversityPenalty(market.category, user.recentMarkets),
    };
    const personal = personalSumV1(
      parts.interest,
      parts.similarity,
      parts.depth,
      parts.freshness,
      parts.followup,
      parts.negative,
      parts.diversity,
    );
    return { personal, ...parts };
  };
}

/**
 * The scores of markets for one person, by algorithm v1:
 *
 *     personal = 0.35·interest + 0.25·similarity + 0.15·depth + 0.10·freshness + 0.10·followup
 *                − 0.10·negative − 0.05·diversity
 *     final    = personal + 0.40·trending + 0.15·rising + 0.05·editorial + news + sports
 *
 * The parts come back unweighted; `negative` and `diversity` are positive and subtracted. Without a user
 * (anonymous, no interactions yet, or opted out) `personal` and its parts, freshness among them, are null
 * and left out of `final`. Parts that v1 does not have are null.
 *
 * A market's score depends on no other market. `final` is finite for finite input and has no fixed bounds,
 * because interest has no lower one. Source: existing site, algorithm v1.
 */
export function scorerV1(
  user: ScoringUser | null,
  nowMs: number,
): (market: ScoringMarket, trend: MarketTrend) => ScoreParts {
  const personalParts = user === null ? () => IMPERSONAL : personalScorer(user, nowMs);
  return (market, trend) => {
    const own = personalParts(market);
    const trending = trendingBlend(trend);
    const rising = risingV1(market.probability, trend.probability24hAgo);
    const editorial = market.editorialBoost;
    const news = newsBoost(market, nowMs);
    const sports = sportsBoost(market, nowMs);
    return {
      final: finalSumV1(own.personal ?? 0, trending, rising, editorial, news, sports),
      personal: own.personal,
      interest: own.interest,
      similarity: own.similarity,
      continuity: null,
      depth: own.depth,
      freshness: own.freshness,
      followup: own.followup,
      closing: null,
      negative: own.negative,
      diversity: own.diversity,
      trending,
      trendingLocal: trend.trendingLocal,
      trendingGlobal: trend.trendingGlobal,
      rising,
      editorial,
      news,
      sports,
      discount: null,
      collaborative: null,
    };
  };
}

/** The score of one market, as `scorerV1` gives it; for a list of markets, make the scorer once. */
export function scoreV1(
  market: ScoringMarket,
  trend: MarketTrend,
  user: ScoringUser | null,
  nowMs: number,
): ScoreParts {
  return scorerV1(user, nowMs)(market, trend);
}
