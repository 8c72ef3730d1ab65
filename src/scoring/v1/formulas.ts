import { roundedChange } from '../shared/probability.js';
import { hoursBetween } from '../shared/time.js';
import type { RecentMarket, ScoringMarket, ScoringUser } from './inputs.js';

/*
 * The score components of algorithm v1. `shared/depth.ts` and `shared/trending.ts` have the two that v2 uses as well.
 * Source of all: the classic interest + trending formula (docs/algorithm-v1.md).
 */

/**
 * Affinity to one topic: `aff(t) = clamp(points / 100, −1, 1)`, where points is the sum of the user's event weights on
 * it; 0 for a topic without events.
 *
 * Range −1 to 1.
 */
export function affinity(points: number | undefined): number {
  if (points === undefined) return 0;
  return Math.max(-1, Math.min(1, points / 100));
}

/**
 * Interest in a market's topics: `min(1, 0.5·aff(category) + 0.3·Σ aff(tag))`.
 *
 * At most 1; negative, without a lower bound, for topics of negative affinity.
 */
export function interest(
  market: Pick<ScoringMarket, 'category' | 'tags'>,
  user: Pick<ScoringUser, 'categoryPoints' | 'tagPoints'>,
): number {
  let tags = 0;
  for (const tag of market.tags) tags += affinity(user.tagPoints.get(tag));
  return Math.min(1, 0.5 * affinity(user.categoryPoints.get(market.category)) + 0.3 * tags);
}

/**
 * Negative affinity to a market's topics: `min(1, Σ max(0, −aff))` over its category and tags. The score subtracts it.
 *
 * Range 0 to 1.
 */
export function negative(
  market: Pick<ScoringMarket, 'category' | 'tags'>,
  user: Pick<ScoringUser, 'categoryPoints' | 'tagPoints'>,
): number {
  let sum = Math.max(0, -affinity(user.categoryPoints.get(market.category)));
  for (const tag of market.tags) sum += Math.max(0, -affinity(user.tagPoints.get(tag)));
  return Math.min(1, sum);
}

/**
 * Similarity to the most similar of the user's recent markets. The similarity of two markets is
 * `0.5·[same category] + 0.5·Jaccard(tags)`; Jaccard, `|a ∩ b| / |a ∪ b|`, is 0 for two markets without tags. The
 * market itself does not count. Without any other market, the result is 0.
 *
 * Range 0 to 1. The returned function uses an index that is built once, so the cost per market grows with its tags and
 * not with all pairs of tags.
 */
export function similarityTo(recentMarkets: readonly RecentMarket[]): (market: RecentMarket) => number {
  const indexesByTag = new Map<string, number[]>();
  for (const [index, { tags }] of recentMarkets.entries()) {
    for (const tag of tags) {
      const indexes = indexesByTag.get(tag);
      if (indexes === undefined) indexesByTag.set(tag, [index]);
      else indexes.push(index);
    }
  }
  const sharedTags = new Uint32Array(recentMarkets.length);
  return (market) => {
    sharedTags.fill(0);
    for (const tag of market.tags) {
      const indexes = indexesByTag.get(tag);
      if (indexes === undefined) continue;
      for (const index of indexes) sharedTags[index] = (sharedTags[index] ?? 0) + 1;
    }
    let largest = 0;
    for (let index = 0; index < recentMarkets.length; index += 1) {
      const recent = recentMarkets[index];
      if (recent === undefined || recent.id === market.id) continue;
      const inBoth = sharedTags[index] ?? 0;
      const inEither = market.tags.length + recent.tags.length - inBoth;
      const jaccard = inBoth === 0 ? 0 : inBoth / inEither;
      largest = Math.max(largest, (recent.category === market.category ? 0.5 : 0) + 0.5 * jaccard);
    }
    return largest;
  };
}

/**
 * Share of the user's recent markets that are in a category; 0 without recent markets. The score subtracts it.
 *
 * Range 0 to 1.
 */
export function diversityPenalty(
  category: string,
  recentMarkets: readonly Pick<RecentMarket, 'category'>[],
): number {
  if (recentMarkets.length === 0) return 0;
  let inCategory = 0;
  for (const recent of recentMarkets) if (recent.category === category) inCategory += 1;
  return inCategory / recentMarkets.length;
}

/**
 * Move of the odds since the user last viewed the market. With `Δ = |p − p at that view|`: 0 when Δ ≤ 0.05, else
 * `min(1, Δ / 0.20)`. Also 0 when the market was never viewed (undefined) or a probability is unknown (null).
 *
 * The comparison with 0.05 rounds Δ to 1e-9, so that a move from 0.50 to 0.55 counts as exactly 0.05. The quotient
 * uses the unrounded Δ.
 *
 * Range 0 to 1.
 */
export function followup(probability: number | null, probabilityAtView: number | null | undefined): number {
  if (probability === null || probabilityAtView === null || probabilityAtView === undefined) return 0;
  if (roundedChange(probabilityAtView, probability) <= 0.05) return 0;
  return Math.min(1, Math.abs(probability - probabilityAtView) / 0.2);
}

/**
 * Freshness by age: under 24 h → 1.0, under 168 h → 0.8, under 720 h → 0.5, else 0.3. An age of exactly 24 h gives 0.8.
 * A creation time in the future counts as age 0.
 *
 * Range 0.3 to 1.
 */
export function freshness(createdAtMs: number, nowMs: number): number {
  const ageHours = hoursBetween(createdAtMs, nowMs);
  if (ageHours < 24) return 1;
  if (ageHours < 168) return 0.8;
  if (ageHours < 720) return 0.5;
  return 0.3;
}

/**
 * Move of the odds within a day: `min(1, |p − p 24 h ago| / 0.20)`; 0 when either is unknown.
 *
 * Range 0 to 1.
 */
export function rising(probability: number | null, probability24hAgo: number | null): number {
  if (probability === null || probability24hAgo === null) return 0;
  return Math.min(1, Math.abs(probability - probability24hAgo) / 0.2);
}

const isNews = (topic: string): boolean => topic === 'news' || topic === 'breaking';

/**
 * Boost of a young market whose category or one of whose tags is `news` or `breaking`: 0.8 under 24 h, 0.5 under 168 h,
 * else 0. A creation time in the future counts as age 0.
 *
 * Range 0 to 0.8.
 */
export function newsBoost(
  market: Pick<ScoringMarket, 'category' | 'tags' | 'createdAtMs'>,
  nowMs: number,
): number {
  if (!isNews(market.category) && !market.tags.some(isNews)) return 0;
  const ageHours = hoursBetween(market.createdAtMs, nowMs);
  if (ageHours < 24) return 0.8;
  if (ageHours < 168) return 0.5;
  return 0;
}

/**
 * Boost of an upcoming match: 0.5 when the category is `sports` and the market ends in 24 h to 72 h, both included;
 * else 0.
 *
 * Range 0 to 0.5.
 */
export function sportsBoost(market: Pick<ScoringMarket, 'category' | 'resolvesAtMs'>, nowMs: number): number {
  if (market.category !== 'sports' || market.resolvesAtMs === null) return 0;
  const hoursLeft = hoursBetween(nowMs, market.resolvesAtMs);
  return hoursLeft >= 24 && hoursLeft <= 72 ? 0.5 : 0;
}
