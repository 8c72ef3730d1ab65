import { NO_COMPONENTS, type ScoreParts } from '../score-parts.js';
import { depth } from '../shared/depth.js';
import { blendTrends } from '../shared/trending.js';
import { finalSumV1, personalSumV1, type ComponentNameV1, type PersonalComponentV1 } from './components.js';
import {
  diversityPenalty,
  followup,
  freshness,
  interest,
  negative,
  newsBoost,
  rising,
  similarityTo,
  sportsBoost,
} from './formulas.js';
import type { MarketTrend, ScoringMarket, ScoringUser, TrendLookup } from './inputs.js';

type Components = Record<ComponentNameV1, number>;

/**
 * Scores of markets for one user by algorithm v1: `personal + impersonal`, as defined in components.ts.
 *
 * The components are unweighted. For an anonymous user (no userKey, no interactions yet, or opted out), `personal` and
 * its components, freshness included, are null and add nothing to `final`. Components that only v2 has are null.
 *
 * The score of a market depends on no other market. `final` is finite for finite input and has no fixed bounds, because
 * interest has no lower one.
 */
export function scorerV1(
  user: ScoringUser | null,
  nowMs: number,
): (market: ScoringMarket, trend: MarketTrend) => ScoreParts {
  // One object for all markets; the result copies its values.
  const components = zeroComponents();
  const fillPersonal = personalFiller(user, nowMs, components);
  return (market, trend) => {
    const { trendingGlobal, trendingLocal, probability24hAgo } = trend;
    fillPersonal(market);
    fillImpersonal(components, market, nowMs, blendTrends(trendingGlobal, trendingLocal), probability24hAgo);
    const personal = personalSumV1(components);
    return {
      ...NO_COMPONENTS,
      ...components,
      ...(user === null ? NO_PERSONAL_COMPONENTS : {}),
      final: finalSumV1(personal, components),
      personal: user === null ? null : personal,
      trendingLocal,
      trendingGlobal,
      discount: null,
    };
  };
}

/** `final` of {@link scorerV1} alone, identical to the bit, for a whole catalog: it allocates nothing per market. */
export function finalScorerV1(
  user: ScoringUser | null,
  nowMs: number,
  trends: TrendLookup,
): (market: ScoringMarket) => number {
  const components = zeroComponents();
  const fillPersonal = personalFiller(user, nowMs, components);
  return (market) => {
    const trending = blendTrends(trends.trendingGlobal(market.id), trends.trendingLocal(market.id));
    fillPersonal(market);
    fillImpersonal(components, market, nowMs, trending, trends.probability24hAgo(market.id));
    return finalSumV1(user === null ? 0 : personalSumV1(components), components);
  };
}

/** Returns a function that sets the personal components of a market; they stay 0 for an anonymous user. */
function personalFiller(
  user: ScoringUser | null,
  nowMs: number,
  components: Components,
): (market: ScoringMarket) => void {
  if (user === null) return () => undefined;
  const similarity = similarityTo(user.recentMarkets);
  const depthOf = memoized((category) => depth(category, user.dwellByCategory));
  const diversityOf = memoized((category) => diversityPenalty(category, user.recentMarkets));
  return (market) => {
    components.interest = interest(market, user);
    components.similarity = similarity(market);
    components.depth = depthOf(market.category);
    components.freshness = freshness(market.createdAtMs, nowMs);
    components.followup = followup(market.probability, user.viewProbabilities.get(market.id));
    components.negative = negative(market, user);
    components.diversity = diversityOf(market.category);
  };
}

function fillImpersonal(
  components: Components,
  market: ScoringMarket,
  nowMs: number,
  trending: number,
  probability24hAgo: number | null,
): void {
  components.trending = trending;
  components.rising = rising(market.probability, probability24hAgo);
  components.editorial = market.editorialBoost;
  components.news = newsBoost(market, nowMs);
  components.sports = sportsBoost(market, nowMs);
}

/** Computes a function of the category once per category. */
function memoized(compute: (category: string) => number): (category: string) => number {
  const values = new Map<string, number>();
  return (category) => {
    let value = values.get(category);
    if (value === undefined) values.set(category, (value = compute(category)));
    return value;
  };
}

/** The personal components of an anonymous user. */
const NO_PERSONAL_COMPONENTS: Readonly<Record<PersonalComponentV1, null>> = {
  interest: null,
  similarity: null,
  depth: null,
  freshness: null,
  followup: null,
  negative: null,
  diversity: null,
};

function zeroComponents(): Components {
  return {
    ...{ interest: 0, similarity: 0, depth: 0, freshness: 0, followup: 0, negative: 0, diversity: 0 },
    ...{ trending: 0, rising: 0, editorial: 0, news: 0, sports: 0 },
  };
}
