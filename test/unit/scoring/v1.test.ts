import { describe, expect, it } from 'vitest';
import { scoreV1, scorerV1 } from '../../../src/scoring/v1/score-v1.js';
import type { MarketTrend, ScoringMarket, ScoringUser } from '../../../src/scoring/shared/types.js';

const now = Date.UTC(2026, 5, 15, 12);
const hours = (count: number): number => count * 3_600_000;

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

describe('a score by algorithm v1', () => {
  it('is put together from all its parts', () => {
    const parts = scoreV1(market, trend, user, now);
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

  it('leaves out everything personal, freshness too, when no user is known', () => {
    const parts = scoreV1(market, trend, null, now);
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

  it('gives a person without any history the freshness alone', () => {
    const nobody: ScoringUser = {
      categoryPoints: new Map(),
      tagPoints: new Map(),
      recentMarkets: [],
      dwellByCategory: new Map(),
      viewProbabilities: new Map(),
    };
    const parts = scoreV1(market, trend, nobody, now);
    expect(parts.personal).toBeCloseTo(0.08, 12);
    expect(parts.final).toBeCloseTo(1.41, 12);
  });

  it('is the same from a scorer that has scored other markets before', () => {
    const score = scorerV1(user, now);
    score({ ...market, id: 'other', tags: ['football', 'cup'] }, trend);
    expect(score(market, trend)).toEqual(scoreV1(market, trend, user, now));
  });

  it('has null for the parts that belong to other algorithms', () => {
    const other = { continuity: null, closing: null, discount: null, collaborative: null };
    expect(scoreV1(market, trend, user, now)).toMatchObject(other);
    expect(scoreV1(market, trend, null, now)).toMatchObject(other);
  });

  it('stays a number for a market about which nothing is known', () => {
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
    expect(scoreV1(bare, nothing, null, now).final).toBe(0);
    expect(scoreV1(bare, nothing, user, now).followup).toBe(0);
    expect(scoreV1(bare, nothing, user, now).freshness).toBe(1);
  });
});
