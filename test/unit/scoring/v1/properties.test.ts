import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareRanked } from '../../../../src/scoring/shared/rank-order.js';
import type { ScoreParts } from '../../../../src/scoring/score-parts.js';
import type { MarketTrend, ScoringMarket, ScoringUser } from '../../../../src/scoring/v1/inputs.js';
import { scorerV1 } from '../../../../src/scoring/v1/scorer.js';

const now = Date.UTC(2026, 5, 15, 12);
const hour = 3_600_000;

const category = fc.constantFrom('sports', 'politics', 'news', 'crypto', 'breaking');
const tags = fc.uniqueArray(fc.constantFrom('football', 'news', 'election', 'bitcoin', 'breaking'), {
  maxLength: 4,
});
// Cents hit the thresholds, doubles the values between them.
const probability = fc.oneof(
  fc.integer({ min: 0, max: 100 }).map((cents) => cents / 100),
  fc.double({ min: 0, max: 1, noNaN: true }),
);
const share = fc.double({ min: 0, max: 1, noNaN: true });
const around = (...hours: number[]) =>
  fc.oneof(
    fc.constantFrom(...hours.flatMap((h) => [h * hour - 1, h * hour, h * hour + 1])),
    fc.integer({ min: -48 * hour, max: 900 * hour }),
  );
const id = fc.constantFrom(...Array.from({ length: 12 }, (_, i) => `m${i}`));
const volume = fc.double({ min: 0, max: 1e9, noNaN: true });
const markets: fc.Arbitrary<ScoringMarket> = fc.record({
  id,
  category,
  tags,
  probability: fc.option(probability),
  volume24h: volume,
  volumeTotal: volume,
  createdAtMs: around(0, 24, 168, 720).map((age) => now - age),
  resolvesAtMs: fc.option(around(24, 72).map((left) => now + left)),
  editorialBoost: share,
});
const trends: fc.Arbitrary<MarketTrend> = fc.record({
  trendingGlobal: share,
  trendingLocal: fc.option(share),
  probability24hAgo: fc.option(probability),
});
const points = fc.oneof(
  fc.constantFrom(-100.5, -100, 0, 100, 100.5),
  fc.double({ min: -300, max: 300, noNaN: true }),
);
const mapOf = <V>(key: fc.Arbitrary<string>, value: fc.Arbitrary<V>): fc.Arbitrary<Map<string, V>> =>
  fc.array(fc.tuple(key, value), { maxLength: 6 }).map((entries) => new Map(entries));
const users: fc.Arbitrary<ScoringUser> = fc.record({
  categoryPoints: mapOf(category, points),
  tagPoints: mapOf(fc.constantFrom('football', 'news', 'election', 'bitcoin', 'breaking'), points),
  recentMarkets: fc.uniqueArray(fc.record({ id, category, tags }), { selector: (m) => m.id, maxLength: 20 }),
  dwellByCategory: mapOf(
    category,
    fc.record({
      totalMs: fc.integer({ min: 0, max: 400_000 }),
      events: fc.integer({ min: 0, max: 8 }),
    }),
  ),
  viewProbabilities: mapOf(id, fc.option(probability)),
});

const scoreV1 = (
  market: ScoringMarket,
  trend: MarketTrend,
  user: ScoringUser | null,
  nowMs: number,
): ScoreParts => scorerV1(user, nowMs)(market, trend);

/** A second, naive implementation of the formulas of algorithm v1 that shares no code with the first. */
function naiveFinal(m: ScoringMarket, t: MarketTrend, u: ScoringUser | null): number {
  const age = (now - m.createdAtMs) / hour;
  const topics = [m.category, ...m.tags];
  let personal = 0;
  if (u) {
    const aff = (p = 0) => (p > 100 ? 1 : p < -100 ? -1 : p / 100);
    const affs = [aff(u.categoryPoints.get(m.category)), ...m.tags.map((tag) => aff(u.tagPoints.get(tag)))];
    const interest = affs.reduce((sum, a, i) => sum + (i === 0 ? 0.5 : 0.3) * a, 0);
    const negative = affs.filter((a) => a < 0).reduce((sum, a) => sum - a, 0);
    const similarities = u.recentMarkets
      .filter((r) => r.id !== m.id)
      .map((r) => {
        const union = new Set([...r.tags, ...m.tags]).size;
        const both = r.tags.length + m.tags.length - union;
        return (r.category === m.category ? 0.5 : 0) + (union === 0 ? 0 : (0.5 * both) / union);
      });
    const dwell = u.dwellByCategory.get(m.category);
    const seen = u.viewProbabilities.get(m.id);
    const moved = typeof seen === 'number' && m.probability !== null ? Math.abs(m.probability - seen) : 0;
    const sameCategory = u.recentMarkets.filter((r) => r.category === m.category).length;
    personal += 0.35 * Math.min(1, interest);
    personal += 0.25 * Math.max(0, ...similarities);
    personal += 0.15 * (dwell && dwell.events > 0 ? Math.min(1, dwell.totalMs / (dwell.events * 30_000)) : 0);
    personal += 0.1 * (age < 24 ? 1.0 : age < 168 ? 0.8 : age < 720 ? 0.5 : 0.3);
    personal += 0.1 * (moved <= 0.05 + 5e-10 ? 0 : Math.min(1, moved / 0.2));
    personal -= 0.1 * Math.min(1, negative);
    personal -= 0.05 * (sameCategory / Math.max(1, u.recentMarkets.length));
  }
  const blend = t.trendingLocal === null ? t.trendingGlobal : 0.4 * t.trendingLocal + 0.6 * t.trendingGlobal;
  const rising =
    m.probability === null || t.probability24hAgo === null
      ? 0
      : Math.min(1, Math.abs(m.probability - t.probability24hAgo) / 0.2);
  const isNews = topics.includes('news') || topics.includes('breaking');
  const news = isNews ? (age < 24 ? 0.8 : age < 168 ? 0.5 : 0) : 0;
  const left = m.resolvesAtMs === null ? -1 : (m.resolvesAtMs - now) / hour;
  const sports = m.category === 'sports' && left >= 24 && left <= 72 ? 0.5 : 0;
  return personal + 0.4 * blend + 0.15 * rising + 0.05 * m.editorialBoost + news + sports;
}

const between = (value: number | null, least: number, most: number): void => {
  expect(value).toBeGreaterThanOrEqual(least);
  expect(value).toBeLessThanOrEqual(most);
};

describe('algorithm v1', () => {
  it('agrees with a naive implementation of its formulas', () => {
    fc.assert(
      fc.property(markets, trends, fc.option(users), (market, trend, user) => {
        expect(scoreV1(market, trend, user, now).final).toBeCloseTo(naiveFinal(market, trend, user), 12);
      }),
      { numRuns: 3000 },
    );
  });

  it('keeps every component in its range and the final score finite', () => {
    fc.assert(
      fc.property(markets, trends, users, (market, trend, user) => {
        const parts = scoreV1(market, trend, user, now);
        between(parts.interest, -Infinity, 1);
        for (const part of ['similarity', 'depth', 'followup', 'negative', 'diversity'] as const) {
          between(parts[part], 0, 1);
        }
        between(parts.freshness, 0.3, 1);
        for (const part of ['trending', 'rising', 'editorial'] as const) between(parts[part], 0, 1);
        expect([0, 0.5, 0.8]).toContain(parts.news);
        expect([0, 0.5]).toContain(parts.sports);
        expect(Number.isFinite(parts.final)).toBe(true);
      }),
    );
  });

  it('gives the same bytes for the same input', () => {
    fc.assert(
      fc.property(markets, trends, fc.option(users), (market, trend, user) => {
        const fromCopies = scoreV1(
          structuredClone(market),
          structuredClone(trend),
          structuredClone(user),
          now,
        );
        expect(JSON.stringify(fromCopies)).toBe(JSON.stringify(scoreV1(market, trend, user, now)));
      }),
    );
  });

  it('does not mutate its input', () => {
    fc.assert(
      fc.property(markets, trends, users, (market, trend, user) => {
        const before = structuredClone({ market, trend, user });
        scoreV1(market, trend, user, now);
        expect({ market, trend, user }).toEqual(before);
      }),
    );
  });

  it('keeps the order of two markets when another one is removed', () => {
    const catalog = fc.uniqueArray(fc.tuple(markets, trends), {
      selector: ([market]) => market.id,
      minLength: 2,
    });
    fc.assert(
      fc.property(catalog, fc.option(users), fc.nat(), (entries, user, pick) => {
        const rank = (list: typeof entries): string[] =>
          list
            .map(([market, trend]) => ({
              id: market.id,
              volumeTotal: market.volumeTotal,
              final: scoreV1(market, trend, user, now).final,
            }))
            .sort(compareRanked)
            .map((ranked) => ranked.id);
        const gone = pick % entries.length;
        const goneId = entries[gone]?.[0].id;
        expect(rank(entries.toSpliced(gone, 1))).toEqual(rank(entries).filter((other) => other !== goneId));
      }),
    );
  });
});
