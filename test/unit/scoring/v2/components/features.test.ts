import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS } from '../../../../../src/lib/time.js';
import { LiveSignals, signalMarket } from '../../../../../src/learning/live-signals.js';
import type { Market } from '../../../../../src/domain/market.js';
import type { CollaborativeModel } from '../../../../../src/scoring/v2/collaborative-model.js';
import type { MarketEngagement } from '../../../../../src/scoring/v2/features.js';
import type { LearnedName } from '../../../../../src/scoring/v2/ranking-model.js';
import { ScorerV2 } from '../../../../../src/scoring/v2/scorer.js';
import { NO_SIGNALS, type SiteSignals } from '../../../../../src/scoring/v2/site-signals.js';
import { textOnly } from '../../../../support/component-of.js';
import {
  columnsOfMarkets,
  CONSTANTS,
  engagementOf,
  IMPRESSIONS,
  NOW_MS,
  partsAt,
  trendsOf,
  userOf,
} from '../../../../support/scoring-v2.js';

/** A feature of each market, for a user with these engagements. */
function featureOf(
  name: LearnedName,
  markets: readonly Market[],
  engagements: readonly MarketEngagement[],
  signals: SiteSignals = NO_SIGNALS,
): number[] {
  const columns = columnsOfMarkets(...markets);
  const scorer = new ScorerV2(CONSTANTS, IMPRESSIONS);
  const trends = trendsOf(columns.size);
  const scores = scorer.score(columns, trends, userOf({ engagements }), () => undefined, NOW_MS, signals);
  return columns.ids.map((_, row) => partsAt(scores, row)[name] ?? NaN);
}

const ago = (marketId: string, days: number) => engagementOf(marketId, { atMs: NOW_MS - days * DAY_MS });
const close = (...values: readonly number[]) => values.map((value) => expect.closeTo(value, 9) as number);

describe('the feature', () => {
  it('last is the similarity to the latest market only, however old', () => {
    const markets = [
      textOnly('a', 'Rain'),
      textOnly('b', 'Rain'),
      textOnly('c', 'Snow'),
      textOnly('d', 'Snow'),
    ];
    const [own, same = NaN, other = NaN] = featureOf('last', markets, [ago('a', 90), ago('c', 91)]);
    expect(own).toBe(0);
    expect(same).toBeCloseTo(1, 6);
    expect(other).toBeLessThan(0.5);
    expect(featureOf('last', markets, [])).toEqual([0, 0, 0, 0]);
  });

  it('ladder decreases with the distance of the rungs and the number of later choices', () => {
    const markets = [90, 100, 110].map((level) => textOnly(`r${level}`, `BTC above ${level}k`));
    const other = textOnly('s', 'ETH above 5k');
    const near = (one: number, two: number) => 1 / (1 + 3 * Math.abs(Math.log((one + 1) / (two + 1))));
    // In the order of the ids: r100, r110, r90, s.
    expect(featureOf('ladder', [...markets, other], [ago('r100', 0)])).toEqual(
      close(0, near(100_000, 110_000), near(100_000, 90_000), 0),
    );
    const later = featureOf('ladder', [...markets, other], [ago('s', 0), ago('r100', 0)]);
    expect(later[1]).toBeCloseTo(2 ** -0.25 * near(100_000, 110_000), 9);
  });

  it('fam is the recency of the family in choices', () => {
    const markets = ['x-1', 'x-2', 'y-1'].map((eventKey, index) => textOnly(`m${index}`, 'A', { eventKey }));
    expect(featureOf('fam', markets, [ago('m2', 0), ago('m0', 5)])).toEqual(close(2 ** -0.25, 2 ** -0.25, 1));
  });

  it('sib1 halves with each later choice, and ends after 7 days', () => {
    const markets = [0, 1, 2, 3].map((day) =>
      textOnly(`m${day}`, 'A', { createdAt: new Date(NOW_MS - (20 - day) * DAY_MS) }),
    );
    expect(featureOf('sib1', markets, [ago('m0', 1)])).toEqual(close(0, 1 / 2, 1 / 3, 1 / 4));
    expect(featureOf('sib1', markets, [ago('gone', 0), ago('m0', 8)])).toEqual([0, 0, 0, 0]);
  });

  it('sibDir follows the direction of the moves', () => {
    const markets = [0, 1, 2, 3, 4].map((day) =>
      textOnly(`m${day}`, 'A', { createdAt: new Date(NOW_MS - (20 - day) * DAY_MS) }),
    );
    const upward = featureOf('sibDir', markets, [ago('m2', 0), ago('m1', 0.01), ago('m0', 0.02)]);
    expect(upward[3]).toBeGreaterThan(0.1);
    expect(upward[3]).toBeGreaterThan(upward[4] ?? NaN);
    const downward = featureOf('sibDir', markets, [ago('m2', 0), ago('m3', 0.01), ago('m4', 0.02)]);
    expect(downward[1]).toBeGreaterThan(0.1);
    expect(featureOf('sibDir', markets, [ago('m2', 0)])).toEqual(close(0, 0, 0, 0, 0));
  });

  it('trMarket and trSeries follow the moves of all users', () => {
    const markets = [textOnly('a', 'Rain 1'), textOnly('b', 'Snow 1'), textOnly('c', 'Snow 2')];
    const signals = new LiveSignals();
    const [a, b] = markets.map(signalMarket);
    for (const [hour, market] of [a, b].entries())
      if (market) signals.add({ atMs: NOW_MS + hour * HOUR_MS, userKey: 'bob', country: null, market });
    const engaged = [ago('a', 0)];
    expect(featureOf('trMarket', markets, engaged, signals.view())).toEqual(close(0, 1 / 4, 0));
    expect(featureOf('trSeries', markets, engaged, signals.view())).toEqual(close(0, 1 / 4, 1 / 4));
  });

  it('horizonUser prefers the horizons of the user, and horizonAll those of all users', () => {
    const ends = (days: number) => ({ resolvesAt: new Date(NOW_MS + days * DAY_MS) });
    const markets = [textOnly('a', 'A', ends(4)), textOnly('b', 'B', ends(4)), textOnly('c', 'C', ends(60))];
    const signals = new LiveSignals();
    for (const [index, market] of markets.entries())
      signals.add({ atMs: NOW_MS, userKey: `u${index}`, country: null, market: signalMarket(market) });
    const [, near = NaN, far = NaN] = featureOf('horizonUser', markets, [ago('a', 0)], signals.view());
    expect(near).toBeGreaterThan(0);
    expect(far).toBeLessThan(0);
    // Of 3 choices and one of each of 12 horizons, 3 are at the horizon that 2 of 3 markets have.
    expect(featureOf('horizonAll', markets, [], signals.view())[0]).toBeCloseTo(
      Math.log(3 / 15 / (2 / 3)),
      9,
    );
  });

  it('sameDate is the recency of a choice that ends within 12 hours', () => {
    const ends = (hours: number) => ({ resolvesAt: new Date(NOW_MS + hours * HOUR_MS) });
    const markets = [
      textOnly('a', 'A', ends(100)),
      textOnly('b', 'B', ends(112)),
      textOnly('c', 'C', ends(113)),
    ];
    expect(featureOf('sameDate', markets, [ago('a', 0)])).toEqual([0, 1, 0]);
  });

  it('collaborative is the preference of a user inferred from the latest 100 engagements, only when read', () => {
    const inferred: (readonly number[])[] = [];
    const collaborative: CollaborativeModel = {
      itemOf: (id) => (/^m\d+$/.test(id) ? Number(id.slice(1)) : undefined),
      foldIn: (items) => {
        inferred.push(items);
        return { preferenceFor: (item) => (items.includes(item) ? 0 : item / 1_000) };
      },
    };
    const signals = { ...NO_SIGNALS, collaborative };
    const markets = ['m1', 'm2', 'm300', 'unknown'].map((id) => textOnly(id, id));
    const engagements = ['m2', 'unknown'].map((id) => ago(id, 1));
    expect(featureOf('collaborative', markets, engagements, signals)).toEqual([0.001, 0, 0.3, 0]);
    expect(featureOf('collaborative', markets, engagements)).toEqual([0, 0, 0, 0]);
    const many = Array.from({ length: 150 }, (_, index) => textOnly(`m${index}`, 'A'));
    featureOf(
      'collaborative',
      many,
      many.map(({ id }, index) => ago(id, index)),
      signals,
    );
    expect(inferred).toEqual([[2], Array.from({ length: 100 }, (_, index) => index)]);

    inferred.length = 0;
    const columns = columnsOfMarkets(...many);
    const weightless = { ...CONSTANTS, weights: { ...CONSTANTS.weights, collaborative: 0 } };
    const scorer = new ScorerV2(weightless, IMPRESSIONS);
    const user = userOf({ engagements });
    scorer.score(columns, trendsOf(columns.size), user, () => undefined, NOW_MS, signals);
    expect(inferred).toEqual([]);
  });

  it('touched and popular7d follow the engagements of all users', () => {
    const market = textOnly('a', 'A');
    const signals = new LiveSignals();
    signals.add({ atMs: NOW_MS - 4 * HOUR_MS, userKey: 'bob', country: null, market: signalMarket(market) });
    const of = (name: LearnedName) => featureOf(name, [market, textOnly('b', 'B')], [], signals.view());
    expect(of('touched')).toEqual(close(0.5, 0));
    expect(of('popular7d')).toEqual(close(Math.log(1 + 4 * 2 ** (-4 / 24 / 7)), 0));
  });
});
