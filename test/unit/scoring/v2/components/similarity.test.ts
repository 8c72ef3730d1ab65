import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toPastMarket } from '../../../../../src/catalog/columns/market-terms.js';
import type { Market } from '../../../../../src/domain/market.js';
import { DAY_MS } from '../../../../../src/lib/time.js';
import type { SimilarityConstants } from '../../../../../src/scoring/v2/constants.js';
import type { MarketEngagement, PastLookup, PastMarket } from '../../../../../src/scoring/v2/features.js';
import { componentOf, textOnly } from '../../../../support/component-of.js';
import {
  columnsOfMarkets,
  CONSTANTS,
  engagementOf,
  marketArbitrary,
  marketsArbitrary,
  NOW_MS,
  userArbitrary,
} from '../../../../support/scoring-v2.js';

const similarityOf = (
  markets: readonly Market[],
  engagements: readonly MarketEngagement[],
  constants: Partial<SimilarityConstants> = {},
  past?: PastLookup,
): number[] => componentOf('similarity', markets, engagements, { similarity: constants }, past);

/** A naive implementation by dense vectors over all terms. */
function denseSimilarity(
  markets: readonly Market[],
  engagements: readonly MarketEngagement[],
  past: PastLookup,
  constants: SimilarityConstants,
): number[] {
  const columns = columnsOfMarkets(...markets);
  const byId = new Map(markets.map((market) => [market.id, toPastMarket(market)]));
  const known = (id: string) => byId.get(id) ?? past(id);
  const texts = [...byId.values(), ...engagements.flatMap(({ marketId }) => known(marketId) ?? [])];
  const allTerms = [...new Set(texts.flatMap(({ terms }) => terms))];
  const vectorOf = ({ terms, counts }: PastMarket): number[] => {
    const raw = allTerms.map((term) => {
      const id = columns.text.idOf(term);
      const idf = id === undefined ? columns.text.unknownIdf : (columns.text.idf[id] ?? NaN);
      return (counts[terms.indexOf(term)] ?? 0) * idf;
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
    const sum = allTerms.map(() => 0);
    const all = allTerms.map(() => 0);
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
    // Other markets below a hundred-thousandth of the whole count as none.
    const centroid = Math.hypot(...sum) > 1e-5 * Math.hypot(...all) ? cosine(vector, sum) : 0;
    return constants.nearest * Math.max(0, ...nearest) + (1 - constants.nearest) * centroid;
  });
}

describe('similarity', () => {
  const apart = [textOnly('a', 'Bitcoin'), textOnly('b', 'Rain'), textOnly('c', 'Bitcoin')];

  it('is 0 without engagements and for markets without a common term', () => {
    expect(similarityOf(apart, [])).toEqual([0, 0, 0]);
    expect(similarityOf(apart, [engagementOf('c')])).toEqual([expect.closeTo(1, 6), 0, 0]);
  });

  it('does not count the market itself, neither as the nearest nor in the centroid', () => {
    const [a = NaN, , c = NaN] = similarityOf(apart, [engagementOf('b'), engagementOf('a')]);
    expect(a).toBe(0);
    expect(c).toBeCloseTo(0.5 + 0.5 * Math.SQRT1_2, 6);
  });

  it('to the nearest decays with a half-life of 7 days', () => {
    const week = engagementOf('c', { atMs: NOW_MS - 7 * DAY_MS });
    expect(similarityOf(apart, [week], { nearest: 1 })[0]).toBeCloseTo(0.5, 6);
    const future = engagementOf('c', { atMs: NOW_MS + DAY_MS });
    expect(similarityOf(apart, [future], { nearest: 1 })[0]).toBeCloseTo(1, 6);
  });

  it('to the centroid weights engagements by recency, weight and session', () => {
    const markets = [
      textOnly('a', 'Bitcoin'),
      textOnly('b', 'Rain'),
      textOnly('c', 'Bitcoin'),
      textOnly('d', 'Rain'),
    ];
    const toCentroid = (c: Partial<MarketEngagement>) =>
      similarityOf(markets, [engagementOf('c', c), engagementOf('d')], { nearest: 0 });
    const cosines = (c: number) => [c / Math.hypot(1, c), 1 / Math.hypot(1, c)];
    for (const [details, weight] of [
      [{}, 1],
      [{ weight: 5 }, 5],
      [{ atMs: NOW_MS - 3 * DAY_MS }, 0.5],
      [{ inSession: true }, 3],
    ] as const) {
      const [a, b] = toCentroid(details);
      expect([a, b]).toEqual(cosines(weight).map((value) => expect.closeTo(value, 6) as number));
    }
  });

  it('to the centroid does not depend on the age of the latest engagement', () => {
    const long = engagementOf('c', { atMs: NOW_MS - 20_000 * DAY_MS });
    expect(similarityOf(apart, [long])[0]).toBeCloseTo(0.5, 6);
  });

  it('considers only the configured number of latest markets', () => {
    const engagements = [engagementOf('b'), engagementOf('c')];
    expect(similarityOf(apart, engagements, { nearestMarkets: 1, nearest: 1 })[0]).toBe(0);
    expect(similarityOf(apart, engagements, { centroidMarkets: 1, nearest: 0 })[0]).toBe(0);
    expect(similarityOf(apart, engagements, { nearestMarkets: 2, nearest: 1 })[0]).toBeCloseTo(1, 6);
  });

  it('includes closed markets with all their terms and ignores unknown markets', () => {
    const closed = toPastMarket(textOnly('p', 'Bitcoin halving'));
    const past = (id: string) => (id === 'p' ? closed : undefined);
    const only = similarityOf(apart, [engagementOf('p')], { nearest: 1 }, past)[0] ?? NaN;
    const among = similarityOf([...apart, textOnly('p', 'Bitcoin halving')], [engagementOf('p')], {
      nearest: 1,
    })[0];
    expect(only).toBeGreaterThan(0.3);
    expect(only).toBeLessThan(0.95);
    expect(among).toBeGreaterThan(0.3);
    expect(similarityOf(apart, [engagementOf('q')], {}, past)).toEqual([0, 0, 0]);
  });

  it('matches a term of two closed markets that no open market has', () => {
    const closed = toPastMarket(textOnly('p', 'Bitcoin halving'));
    const sum = (...ids: string[]) =>
      similarityOf(
        apart,
        ids.map((id) => engagementOf(id)),
        { nearest: 0 },
        () => closed,
      )[0] ?? NaN;
    expect(sum('p', 'q')).toBeCloseTo(sum('p'), 12);
    expect(sum('p')).toBeLessThan(0.95);
  });

  it('ignores engagements with an invalid weight or time', () => {
    for (const details of [
      { weight: 0 },
      { weight: NaN },
      { weight: Infinity },
      { weight: -1 },
      { atMs: NaN },
    ]) {
      expect(similarityOf(apart, [engagementOf('c', details)])).toEqual([0, 0, 0]);
    }
  });

  it('agrees with a naive implementation by dense vectors', () => {
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
          const sparse = similarityOf(markets, findable, constants, past);
          sparse.forEach((value, row) => {
            expect(Math.abs(value - (dense[row] ?? NaN))).toBeLessThan(1e-6);
          });
        },
      ),
      { numRuns: 300 },
    );
  });
});
