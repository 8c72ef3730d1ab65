import fc from 'fast-check';
import { expect, it } from 'vitest';
import { finalScorerV1 } from '../../../src/scoring/v1/final-v1.js';
import { scorerV1 } from '../../../src/scoring/v1/score-v1.js';
import type { MarketTrend, ScoringMarket, ScoringUser } from '../../../src/scoring/shared/types.js';

const NOW_MS = Date.UTC(2026, 5, 15, 12);
const HOUR_MS = 3_600_000;
const share = fc.double({ min: 0, max: 1, noNaN: true });
const topic = fc.constantFrom('sports', 'news', 'politics', 'elections', 'eu');
const tags = fc.uniqueArray(topic, { maxLength: 4 });
const id = fc.constantFrom('a', 'b', 'c', 'd');
const points = fc.dictionary(topic, fc.double({ min: -300, max: 300, noNaN: true }));

const markets: fc.Arbitrary<ScoringMarket[]> = fc.array(
  fc.record({
    ...{ id, category: topic, tags, probability: fc.option(share), editorialBoost: share },
    ...{ volume24h: fc.constant(0), volumeTotal: fc.constant(0) },
    createdAtMs: fc.integer({ min: NOW_MS - 800 * HOUR_MS, max: NOW_MS + HOUR_MS }),
    resolvesAtMs: fc.option(fc.integer({ min: NOW_MS - HOUR_MS, max: NOW_MS + 80 * HOUR_MS })),
  }),
  { minLength: 1, maxLength: 8 },
);

const users: fc.Arbitrary<ScoringUser> = fc
  .record({
    ...{ categories: points, tags: points, views: fc.dictionary(id, fc.option(share)) },
    recentMarkets: fc.array(fc.record({ id, category: topic, tags }), { maxLength: 20 }),
    dwell: fc.dictionary(
      topic,
      fc.record({ totalMs: fc.integer({ min: 0, max: 300_000 }), events: fc.integer({ min: 0, max: 9 }) }),
    ),
  })
  .map((user) => ({
    categoryPoints: new Map(Object.entries(user.categories)),
    tagPoints: new Map(Object.entries(user.tags)),
    recentMarkets: user.recentMarkets,
    dwellByCategory: new Map(Object.entries(user.dwell)),
    viewProbabilities: new Map(Object.entries(user.views)),
  }));

const trends: fc.Arbitrary<MarketTrend> = fc.record({
  trendingGlobal: share,
  trendingLocal: fc.option(share),
  probability24hAgo: fc.option(share),
});

it('gives exactly the final score that comes with the parts, market after market', () => {
  fc.assert(
    fc.property(markets, fc.option(users), trends, (someMarkets, user, trend) => {
      const withParts = scorerV1(user, NOW_MS);
      const alone = finalScorerV1(user, NOW_MS, {
        trendingGlobal: () => trend.trendingGlobal,
        trendingLocal: () => trend.trendingLocal,
        probability24hAgo: () => trend.probability24hAgo,
      });
      expect(someMarkets.map((market) => alone(market))).toEqual(
        someMarkets.map((market) => withParts(market, trend).final),
      );
    }),
    { numRuns: 1_000 },
  );
});
