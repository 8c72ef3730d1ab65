import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toPastMarket } from '../../../../src/catalog/columns/market-terms.js';
import type { Market } from '../../../../src/domain/market.js';
import type { ContinuityConstants, SimilarityConstants } from '../../../../src/scoring/v2/constants.js';
import type { PastMarket } from '../../../../src/scoring/v2/market-columns.js';
import { ScorerV2 } from '../../../../src/scoring/v2/score-v2.js';
import type { EngagementV2 } from '../../../../src/scoring/v2/user-v2.js';
import {
  columnsOfMarkets,
  CONSTANTS,
  DAY_MS,
  engagementOf,
  IMPRESSIONS,
  marketArbitrary,
  marketsArbitrary,
  NOW_MS,
  trendsOf,
  userArbitrary,
  userOf,
} from '../../../support/scoring-v2.js';
import { storedMarket } from '../../../support/stored-market.js';

const textOnly = (id: string, title: string, details: Partial<Market> = {}) =>
  storedMarket(id, { title, category: 'x', ...details });

function partOf(
  part: 'similarity' | 'continuity',
  markets: readonly Market[],
  engagements: readonly EngagementV2[],
  similarity: Partial<SimilarityConstants> = {},
  past: (id: string) => PastMarket | undefined = () => undefined,
  continuity: Partial<ContinuityConstants> = {},
): number[] {
  const constants = {
    ...CONSTANTS,
    similarity: { ...CONSTANTS.similarity, ...similarity },
    continuity: { ...CONSTANTS.continuity, ...continuity },
  };
  const columns = columnsOfMarkets(...markets);
  const scores = new ScorerV2(constants, IMPRESSIONS).score(
    columns,
    trendsOf(columns.size),
    userOf({ engagements }),
    past,
    NOW_MS,
  );
  return columns.ids.map((_, row) => scores.parts(row)[part] ?? NaN);
}

/** The same by dense vectors over every word there is, one market with another. */
function denseSimilarity(
  markets: readonly Market[],
  engagements: readonly EngagementV2[],
  past: (id: string) => PastMarket | undefined,
  constants: SimilarityConstants,
): number[] {
  const columns = columnsOfMarkets(...markets);
  const byId = new Map(markets.map((market) => [market.id, toPastMarket(market)]));
  const known = (id: string) => byId.get(id) ?? past(id);
  const texts = [...byId.values(), ...engagements.flatMap(({ marketId }) => known(marketId) ?? [])];
  const words = [...new Set(texts.flatMap(({ terms }) => terms))];
  const vectorOf = ({ terms, counts }: PastMarket): number[] => {
    const raw = words.map((word) => {
      const id = columns.text.idOf(word);
      const idf = id === undefined ? columns.text.unknownIdf : (columns.text.idf[id] ?? NaN);
      return (counts[terms.indexOf(word)] ?? 0) * idf;
    });
    const length = Math.hypot(...raw);
    return raw.map((weight) => (length === 0 ? 0 : weight / length));
  };
  const cosine = (a: readonly number[], b: readonly number[]) => {
    const product = a.reduce((sum, weight, index) => sum + weight * (b[index] ?? NaN), 0);
    const lengths = Math.hypot(...a) * Math.hypot(...b);
    return lengths < 1e-12 ? 0 : product / lengths;
  };
  const engaged = engagements.flatMap((engagement) => {
    const market = known(engagement.marketId);
    const days = (NOW_MS - engagement.atMs) / DAY_MS;
    return market === undefined ? [] : [{ ...engagement, days, vector: vectorOf(market) }];
  });
  return columns.ids.map((id) => {
    const market = byId.get(id);
    if (market === undefined) return NaN;
    const vector = vectorOf(market);
    const nearest = engaged
      .slice(0, constants.nearestMarkets)
      .filter(({ marketId }) => marketId !== id)
      .map((other) => cosine(vector, other.vector) * 2 ** (-other.days / constants.nearestHalfLifeDays));
    const sum = words.map(() => 0);
    const all = words.map(() => 0);
    for (const other of engaged.slice(0, constants.centroidMarkets)) {
      const weight =
        other.weight *
        2 ** (-other.days / constants.centroidHalfLifeDays) *
        (other.inSession ? constants.sessionFactor : 1);
      other.vector.forEach((part, index) => {
        all[index] = (all[index] ?? 0) + weight * part;
        if (other.marketId !== id) sum[index] = (sum[index] ?? 0) + weight * part;
      });
    }
    // What others weigh beside the market itself is none below a hundred-thousandth.
    const centroid = Math.hypot(...sum) > 1e-5 * Math.hypot(...all) ? cosine(vector, sum) : 0;
    return constants.nearest * Math.max(0, ...nearest) + (1 - constants.nearest) * centroid;
  });
}

describe('similarity', () => {
  const apart = [textOnly('a', 'Bitcoin'), textOnly('b', 'Rain'), textOnly('c', 'Bitcoin')];

  it('is 0 without engagements and for markets that share no word', () => {
    expect(partOf('similarity', apart, [])).toEqual([0, 0, 0]);
    expect(partOf('similarity', apart, [engagementOf('c')])).toEqual([expect.closeTo(1, 6), 0, 0]);
  });

  it('does not count the market itself, neither as the nearest nor in the sum', () => {
    const [a = NaN, , c = NaN] = partOf('similarity', apart, [engagementOf('b'), engagementOf('a')]);
    expect(a).toBe(0);
    expect(c).toBeCloseTo(0.5 + 0.5 * Math.SQRT1_2, 6);
  });

  it('of the nearest is halved every seven days', () => {
    const week = engagementOf('c', { atMs: NOW_MS - 7 * DAY_MS });
    expect(partOf('similarity', apart, [week], { nearest: 1 })[0]).toBeCloseTo(0.5, 6);
    const future = engagementOf('c', { atMs: NOW_MS + DAY_MS });
    expect(partOf('similarity', apart, [future], { nearest: 1 })[0]).toBeCloseTo(1, 6);
  });

  it('of the sum leans to what is recent, heavy and of the session', () => {
    const markets = [
      textOnly('a', 'Bitcoin'),
      textOnly('b', 'Rain'),
      textOnly('c', 'Bitcoin'),
      textOnly('d', 'Rain'),
    ];
    const leaning = (c: Partial<EngagementV2>) =>
      partOf('similarity', markets, [engagementOf('c', c), engagementOf('d')], { nearest: 0 });
    const cosines = (c: number) => [c / Math.hypot(1, c), 1 / Math.hypot(1, c)];
    for (const [details, weight] of [
      [{}, 1],
      [{ weight: 5 }, 5],
      [{ atMs: NOW_MS - 3 * DAY_MS }, 0.5],
      [{ inSession: true }, 3],
    ] as const) {
      const [a, b] = leaning(details);
      expect([a, b]).toEqual(cosines(weight).map((value) => expect.closeTo(value, 6) as number));
    }
  });

  it('of the sum outlives any time, as it does not depend on how long ago all of it was', () => {
    const long = engagementOf('c', { atMs: NOW_MS - 20_000 * DAY_MS });
    expect(partOf('similarity', apart, [long])[0]).toBeCloseTo(0.5, 6);
  });

  it('looks at the latest only, so many for each half', () => {
    const engagements = [engagementOf('b'), engagementOf('c')];
    expect(partOf('similarity', apart, engagements, { nearestMarkets: 1, nearest: 1 })[0]).toBe(0);
    expect(partOf('similarity', apart, engagements, { centroidMarkets: 1, nearest: 0 })[0]).toBe(0);
    expect(partOf('similarity', apart, engagements, { nearestMarkets: 2, nearest: 1 })[0]).toBeCloseTo(1, 6);
  });

  it('counts markets that closed, by all their words, and leaves out those of which nothing is known', () => {
    const closed = toPastMarket(textOnly('p', 'Bitcoin halving'));
    const past = (id: string) => (id === 'p' ? closed : undefined);
    const only = partOf('similarity', apart, [engagementOf('p')], { nearest: 1 }, past)[0] ?? NaN;
    const among = partOf('similarity', [...apart, textOnly('p', 'Bitcoin halving')], [engagementOf('p')], {
      nearest: 1,
    })[0];
    expect(only).toBeGreaterThan(0.3);
    expect(only).toBeLessThan(0.95);
    expect(among).toBeGreaterThan(0.3);
    expect(partOf('similarity', apart, [engagementOf('q')], {}, past)).toEqual([0, 0, 0]);
  });

  it('knows a word that no open market has again in another market that closed', () => {
    const closed = toPastMarket(textOnly('p', 'Bitcoin halving'));
    const sum = (...ids: string[]) =>
      partOf(
        'similarity',
        apart,
        ids.map((id) => engagementOf(id)),
        { nearest: 0 },
        () => closed,
      )[0] ?? NaN;
    expect(sum('p', 'q')).toBeCloseTo(sum('p'), 12);
    expect(sum('p')).toBeLessThan(0.95);
  });

  it('leaves out engagements whose weight or time makes no sense', () => {
    for (const details of [
      { weight: 0 },
      { weight: NaN },
      { weight: Infinity },
      { weight: -1 },
      { atMs: NaN },
    ]) {
      expect(partOf('similarity', apart, [engagementOf('c', details)])).toEqual([0, 0, 0]);
    }
  });

  it('agrees with dense vectors compared one by one', () => {
    const constants = { ...CONSTANTS.similarity, nearestMarkets: 4, centroidMarkets: 6 };
    fc.assert(
      fc.property(
        marketsArbitrary,
        userArbitrary,
        marketArbitrary('p0'),
        (markets, { engagements }, closed) => {
          const past = (id: string) => (id === 'p0' ? toPastMarket(closed) : undefined);
          const ids = ['p0', ...markets.map(({ id }) => id)];
          const findable = engagements.filter(({ marketId }) => ids.includes(marketId));
          const dense = denseSimilarity(markets, findable, past, constants);
          const sparse = partOf('similarity', markets, findable, constants, past);
          sparse.forEach((value, row) => {
            expect(Math.abs(value - (dense[row] ?? NaN))).toBeLessThan(1e-6);
          });
        },
      ),
      { numRuns: 300 },
    );
  });
});

const daysAgo = (marketId: string, days: number): EngagementV2 =>
  engagementOf(marketId, { atMs: NOW_MS - days * DAY_MS });

describe('continuity within an event', () => {
  const inEvents = [
    textOnly('a', 'A1', { eventKey: 'e' }),
    textOnly('b', 'B1', { eventKey: 'e' }),
    textOnly('c', 'C1', { eventKey: 'f' }),
    textOnly('d', 'D1'),
  ];
  const continuity = (engagements: readonly EngagementV2[], past?: (id: string) => PastMarket | undefined) =>
    partOf('continuity', inEvents, engagements, {}, past, { sibling: 0 });

  it('is 1 for the other markets of an event just engaged with, halved every two days for seven', () => {
    expect(continuity([daysAgo('a', 0)])).toEqual([0, 1, 0, 0]);
    expect(continuity([daysAgo('a', 2)])).toEqual([0, 0.5, 0, 0]);
    expect(continuity([daysAgo('a', 7)])[1]).toBeCloseTo(2 ** -3.5, 12);
    expect(continuity([daysAgo('a', 7.001)])).toEqual([0, 0, 0, 0]);
    expect(continuity([daysAgo('d', 0)])).toEqual([0, 0, 0, 0]);
  });

  it('takes the latest of the others, in whatever order they come', () => {
    const both = [daysAgo('a', 2), daysAgo('b', 4)];
    expect(continuity(both)).toEqual([0.25, 0.5, 0, 0]);
    expect(continuity(both.toReversed())).toEqual([0.25, 0.5, 0, 0]);
  });

  it('goes on from a market that closed', () => {
    const closed = toPastMarket(textOnly('p', 'P1', { eventKey: 'f' }));
    const other = toPastMarket(textOnly('q', 'Q1', { eventKey: 'gone' }));
    const past = (id: string) => (id === 'p' ? closed : other);
    expect(continuity([daysAgo('p', 2), daysAgo('q', 0)], past)).toEqual([0, 0, 0.5, 0]);
  });

  it('counts more than being a sibling', () => {
    expect(partOf('continuity', inEvents, [daysAgo('a', 0)])[1]).toBe(1);
  });
});

describe('continuity of siblings', () => {
  const made = (days: number) => ({ createdAt: new Date(NOW_MS - days * DAY_MS) });
  /** In the order of their ids, a day apart. */
  const run = ['a', 'b', 'c', 'd', 'e'].map((id, index) => textOnly(id, `${id}1`, made(20 - index)));
  const { sibling, siblingPlaces, siblingsOf } = CONSTANTS.continuity;
  const close = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 12) as number);
  const apart = (places: number) => sibling / (1 + places / siblingPlaces);
  const onlySiblings = (
    engagements: readonly EngagementV2[],
    continuity: Partial<ContinuityConstants> = {},
    past?: (id: string) => PastMarket | undefined,
  ) => partOf('continuity', run, engagements, {}, past, continuity);

  it('falls with the places between the two in the order of creation, and leaves the market itself out', () => {
    expect(onlySiblings([daysAgo('b', 0)])).toEqual(close([apart(1), 0, apart(1), apart(2), apart(3)]));
    expect(onlySiblings([daysAgo('a', 0)], { siblingPlaces: 1 })).toEqual(
      close([0, sibling / 2, sibling / 3, sibling / 4, sibling / 5]),
    );
  });

  it('does not ask how much time lies between them', () => {
    const slow = run.map((market, index) => ({ ...market, ...made(2_000 - 300 * index) }));
    expect(partOf('continuity', slow, [daysAgo('b', 0)])).toEqual(onlySiblings([daysAgo('b', 0)]));
  });

  it('is halved every two days, and ends after the window', () => {
    expect(onlySiblings([daysAgo('b', 2)])[0]).toBeCloseTo(apart(1) / 2, 12);
    expect(onlySiblings([daysAgo('b', 7.001)])).toEqual([0, 0, 0, 0, 0]);
  });

  it('counts half after five others, and none of those before the last ten', () => {
    const others = (count: number) => Array.from({ length: count }, (_, index) => daysAgo(`q${index}`, 0));
    // Made so long ago that they stand before all others.
    const long = toPastMarket(textOnly('q', 'Q1', made(9_000)));
    const after = (count: number, siblingMarkets: number) =>
      onlySiblings(
        [...others(count), daysAgo('e', 0)],
        { siblingPlaces: 0.001, siblingMarkets },
        () => long,
      )[3] ?? NaN;
    const next = sibling / (1 + 1 / 0.001);
    const fromTheOthers = sibling / (1 + 3.5 / 0.001);
    expect([after(0, 5), after(5, 5)]).toEqual(close([next, next / 2]));
    expect(after(siblingsOf - 1, 10_000)).toBeCloseTo(next, 6);
    expect(after(siblingsOf, 10_000)).toBeCloseTo(fromTheOthers, 12);
  });

  it('is the largest of those of several markets, and one may be the sibling of another', () => {
    const both = onlySiblings([daysAgo('a', 0), daysAgo('c', 2)]);
    expect(both[0]).toBeCloseTo((apart(2) / 2) * 2 ** -0.2, 12);
    expect(both[2]).toBeCloseTo(apart(2), 12);
    expect(both[1]).toBeCloseTo(apart(1), 12);
  });

  it('goes on from a market that closed, from between the places if need be', () => {
    const closed = toPastMarket(textOnly('p', 'P1', made(19.5)));
    expect(onlySiblings([daysAgo('p', 0)], {}, () => closed)).toEqual(
      close([0.5, 0.5, 1.5, 2.5, 3.5].map(apart)),
    );
  });

  it('can be switched off', () => {
    for (const off of [{ sibling: 0 }, { siblingsOf: 0 }])
      expect(onlySiblings([daysAgo('b', 0)], off)).toEqual([0, 0, 0, 0, 0]);
  });
});
