import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HOUR_MS } from '../../../../src/lib/time.js';
import type { ScoreParts } from '../../../../src/scoring/score-parts.js';
import type { MarketTrend, ScoringMarket, ScoringUser } from '../../../../src/scoring/v1/inputs.js';
import { finalScorerV1, scorerV1 } from '../../../../src/scoring/v1/scorer.js';

const now = Date.UTC(2026, 5, 15, 12);
const hours = (count: number): number => count * HOUR_MS;

const market: ScoringMarket = {
  id: 'final-match',
  category: 'sports',
  tags: ['football', 'breaking'],
  probability: 0.62,
  volume24h: 12_000,
  volumeTotal: 90_000,
  createdAtMs: now - hours(30),
  resolvesAtMs: now + hours(48),
  editorialBoost: 0.4,
};
const trend: MarketTrend = { trendingGlobal: 0.5, trendingLocal: 1, probability24hAgo: 0.58 };
const user: ScoringUser = {
  categoryPoints: new Map([['sports', 60]]),
  tagPoints: new Map([
    ['football', 40],
    ['breaking', -20],
  ]),
  recentMarkets: [
    { id: 'semi-final', category: 'sports', tags: ['football'] },
    { id: 'vote', category: 'politics', tags: ['election'] },
  ],
  dwellByCategory: new Map([['sports', { totalMs: 36_000, events: 2 }]]),
  viewProbabilities: new Map([['final-match', 0.5]]),
};

const scoreOf = (one: ScoringMarket, of: ScoringUser | null): ScoreParts => scorerV1(of, now)(one, trend);

describe('a score by algorithm v1', () => {
  it('is the weighted sum of all components', () => {
    const parts = scoreOf(market, user);
    expect(parts.interest).toBeCloseTo(0.5 * 0.6 + 0.3 * (0.4 - 0.2), 12); // 0.36
    expect(parts.similarity).toBeCloseTo(0.5 + 0.5 * 0.5, 12); // 0.75
    expect(parts.depth).toBeCloseTo(0.6, 12);
    expect(parts.freshness).toBe(0.8);
    expect(parts.followup).toBeCloseTo(0.6, 12);
    expect(parts.negative).toBeCloseTo(0.2, 12);
    expect(parts.diversity).toBe(0.5);
    // 0.126 + 0.1875 + 0.09 + 0.08 + 0.06 − 0.02 − 0.025
    expect(parts.personal).toBeCloseTo(0.4985, 12);
    expect(parts.trending).toBeCloseTo(0.7, 12);
    expect(parts.trendingLocal).toBe(1);
    expect(parts.trendingGlobal).toBe(0.5);
    expect(parts.rising).toBeCloseTo(0.2, 12);
    expect(parts.editorial).toBe(0.4);
    expect(parts.news).toBe(0.5);
    expect(parts.sports).toBe(0.5);
    // 0.4985 + 0.28 + 0.03 + 0.02 + 0.5 + 0.5
    expect(parts.final).toBeCloseTo(1.8285, 12);
  });

  it('has null personal components, freshness included, for an anonymous user', () => {
    const parts = scoreOf(market, null);
    expect(parts).toMatchObject({
      personal: null,
      interest: null,
      similarity: null,
      depth: null,
      freshness: null,
      followup: null,
      negative: null,
      diversity: null,
    });
    expect(parts.final).toBeCloseTo(1.33, 12);
  });

  it('has only freshness as a personal component for a user without history', () => {
    const newUser: ScoringUser = {
      categoryPoints: new Map(),
      tagPoints: new Map(),
      recentMarkets: [],
      dwellByCategory: new Map(),
      viewProbabilities: new Map(),
    };
    const parts = scoreOf(market, newUser);
    expect(parts.personal).toBeCloseTo(0.08, 12);
    expect(parts.final).toBeCloseTo(1.41, 12);
  });

  it('does not depend on the markets scored before', () => {
    const score = scorerV1(user, now);
    score({ ...market, id: 'other', tags: ['football', 'cup'] }, trend);
    expect(score(market, trend)).toEqual(scoreOf(market, user));
  });

  it('has null for the components of v2', () => {
    const other = { continuity: null, closing: null, discount: null };
    expect(scoreOf(market, user)).toMatchObject(other);
    expect(scoreOf(market, null)).toMatchObject(other);
  });

  it('is finite for a market without known features', () => {
    const bare: ScoringMarket = {
      ...market,
      tags: [],
      probability: null,
      volume24h: 0,
      volumeTotal: 0,
      createdAtMs: now + hours(5),
      resolvesAtMs: null,
      editorialBoost: 0,
    };
    const nothing: MarketTrend = { trendingGlobal: 0, trendingLocal: null, probability24hAgo: null };
    expect(scorerV1(null, now)(bare, nothing).final).toBe(0);
    expect(scorerV1(user, now)(bare, nothing).followup).toBe(0);
    expect(scorerV1(user, now)(bare, nothing).freshness).toBe(1);
  });
});

const share = fc.double({ min: 0, max: 1, noNaN: true });
const topic = fc.constantFrom('sports', 'news', 'politics', 'elections', 'eu');
const tags = fc.uniqueArray(topic, { maxLength: 4 });
const id = fc.constantFrom('a', 'b', 'c', 'd');
const points = fc.dictionary(topic, fc.double({ min: -300, max: 300, noNaN: true }));

const markets: fc.Arbitrary<ScoringMarket[]> = fc.array(
  fc.record({
    ...{ id, category: topic, tags, probability: fc.option(share), editorialBoost: share },
    ...{ volume24h: fc.constant(0), volumeTotal: fc.constant(0) },
    createdAtMs: fc.integer({ min: now - hours(800), max: now + hours(1) }),
    resolvesAtMs: fc.option(fc.integer({ min: now - hours(1), max: now + hours(80) })),
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

it('is the same to the bit from the scorer of final scores', () => {
  fc.assert(
    fc.property(markets, fc.option(users), trends, (someMarkets, user, trend) => {
      const withParts = scorerV1(user, now);
      const alone = finalScorerV1(user, now, {
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
