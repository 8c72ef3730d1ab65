import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toEntry } from '../../../src/catalog/catalog-snapshot.js';
import { loadRankingConfig } from '../../../src/config/ranking-config.js';
import {
  contributions,
  NO_COMPONENTS,
  signedWeights,
  type ScoreParts,
} from '../../../src/scoring/score-parts.js';
import type { ScoringUser } from '../../../src/scoring/v1/inputs.js';
import { scorerV1 } from '../../../src/scoring/v1/scorer.js';
import { ScorerV2 } from '../../../src/scoring/v2/scorer.js';
import {
  columnsOfMarkets,
  marketArbitrary,
  marketsArbitrary,
  NOW_MS,
  trendsArbitrary,
  userArbitrary,
  partsAt,
} from '../../support/scoring-v2.js';

const { v2, impressions } = loadRankingConfig(undefined);
const unit = fc.double({ min: 0, max: 1, noNaN: true });
const points = fc.double({ min: -200, max: 200, noNaN: true });

function expectToAddUp(scores: ScoreParts, algorithm: 'v1' | 'v2'): void {
  const parts = contributions(scores, signedWeights(algorithm, v2.weights));
  const sum = parts.reduce((total, { amount }) => total + amount, 0);
  expect(sum).toBeCloseTo(scores.final, 10);
  const sizes = parts.map(({ amount }) => Math.abs(amount));
  expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
}

describe('contributions of the components', () => {
  it('add up to the score by algorithm v2, for a user and anonymously', () => {
    const catalogs = marketsArbitrary.chain((markets) =>
      fc.tuple(fc.constant(columnsOfMarkets(...markets)), trendsArbitrary(markets.length)),
    );
    fc.assert(
      fc.property(catalogs, fc.option(userArbitrary, { freq: 4 }), ([columns, trends], user) => {
        const scores = new ScorerV2(v2, impressions).score(columns, trends, user, () => undefined, NOW_MS);
        for (const row of columns.ids.keys()) expectToAddUp(partsAt(scores, row), 'v2');
      }),
    );
  });

  it('add up to the score by algorithm v1, for a user and anonymously', () => {
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
      fc.property(marketArbitrary('m'), trend, fc.option(user, { freq: 4 }), (market, trends, someUser) => {
        expectToAddUp(scorerV1(someUser, NOW_MS)(toEntry(market).scoring, trends), 'v1');
      }),
    );
  });

  it('include the discount except for the penalty', () => {
    const scores: ScoreParts = {
      ...{ ...NO_COMPONENTS, final: 0, personal: null, trendingLocal: null, trendingGlobal: null },
      ...{ interest: 0.5, negative: 0.5, trending: 0, discount: 0.4 },
    };
    const weights = signedWeights('v2', { ...v2.weights, interest: 1, negative: 0.3 });
    expect(contributions(scores, weights)).toEqual([
      { part: 'interest', value: 0.5, weight: 1, amount: 0.2 },
      { part: 'negative', value: 0.5, weight: -0.3, amount: -0.15 },
      { part: 'trending', value: 0, weight: v2.weights.trending, amount: 0 },
    ]);
  });
});
