import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toEntry } from '../../../src/catalog/catalog-snapshot.js';
import { loadRankingConfig } from '../../../src/config/ranking-config.js';
import { contributionsTo } from '../../../src/feed/contributions.js';
import { scorerV1 } from '../../../src/scoring/v1/score-v1.js';
import type { ScoreParts, ScoringUser } from '../../../src/scoring/shared/types.js';
import { ScorerV2 } from '../../../src/scoring/v2/score-v2.js';
import {
  columnsOfMarkets,
  marketArbitrary,
  marketsArbitrary,
  NOW_MS,
  trendsArbitrary,
  userArbitrary,
} from '../../support/scoring-v2.js';

const { v2, impressions } = loadRankingConfig(undefined);
const unit = fc.double({ min: 0, max: 1, noNaN: true });
const points = fc.double({ min: -200, max: 200, noNaN: true });

function expectToAddUp(scores: ScoreParts, algorithm: 'v1' | 'v2'): void {
  const contributions = contributionsTo(scores, algorithm, v2.weights);
  const sum = contributions.reduce((total, { adds }) => total + adds, 0);
  expect(sum).toBeCloseTo(scores.final, 10);
  const sizes = contributions.map(({ adds }) => Math.abs(adds));
  expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
}

describe('what the parts add to a score', () => {
  it('adds up to the score by algorithm v2, for a person and for nobody', () => {
    const worlds = marketsArbitrary.chain((markets) =>
      fc.tuple(fc.constant(columnsOfMarkets(...markets)), trendsArbitrary(markets.length)),
    );
    fc.assert(
      fc.property(worlds, fc.option(userArbitrary, { freq: 4 }), ([columns, trends], user) => {
        const scores = new ScorerV2(v2, impressions).score(columns, trends, user, () => undefined, NOW_MS);
        for (const row of columns.ids.keys()) expectToAddUp(scores.parts(row), 'v2');
      }),
    );
  });

  it('adds up to the score by algorithm v1, for a person and for nobody', () => {
    const user: fc.Arbitrary<ScoringUser> = fc.record({
      categoryPoints: points.map((sum) => new Map([['politics', sum]])),
      tagPoints: fc.tuple(points, points).map(([usa, cup]) => new Map(Object.entries({ usa, cup }))),
      recentMarkets: fc.constantFrom([], [{ id: 'x', category: 'news', tags: ['usa'] }]),
      dwellByCategory: fc.nat(60_000).map((totalMs) => new Map([['sports', { totalMs, events: 2 }]])),
      viewProbabilities: unit.map((then) => new Map([['m', then]])),
    });
    const trend = fc.record({
      trendingGlobal: unit,
      trendingLocal: fc.option(unit),
      probability24hAgo: fc.option(unit),
    });
    fc.assert(
      fc.property(marketArbitrary('m'), trend, fc.option(user, { freq: 4 }), (market, trends, person) => {
        expectToAddUp(scorerV1(person, NOW_MS)(toEntry(market).scoring, trends), 'v1');
      }),
    );
  });

  it('takes the discount off what is added, and not off what a dislike subtracts', () => {
    const scores = { ...partsOf({}), interest: 0.5, negative: 0.5, discount: 0.4, trending: 0, news: null };
    expect(contributionsTo(scores, 'v2', { ...v2.weights, interest: 1, negative: 0.3 })).toEqual([
      { part: 'interest', value: 0.5, weight: 1, adds: 0.2 },
      { part: 'negative', value: 0.5, weight: -0.3, adds: -0.15 },
      { part: 'trending', value: 0, weight: v2.weights.trending, adds: 0 },
    ]);
  });
});

function partsOf(parts: Partial<ScoreParts>): ScoreParts {
  const none = { personal: null, interest: null, similarity: null, continuity: null, depth: null };
  const noCrowd = { trending: null, trendingLocal: null, trendingGlobal: null, rising: null };
  return {
    ...{ ...none, ...noCrowd, final: 0, freshness: null, followup: null, closing: null, negative: null },
    ...{ diversity: null, editorial: null, news: null, sports: null, discount: null, collaborative: null },
    ...parts,
  };
}
