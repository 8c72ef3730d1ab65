import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toPastMarket } from '../../../../src/catalog/columns/market-terms.js';
import { ScorerV2 } from '../../../../src/scoring/v2/scorer.js';
import {
  columnsOfMarkets,
  CONSTANTS,
  IMPRESSIONS,
  marketsArbitrary,
  NOW_MS,
  trendsArbitrary,
  userArbitrary,
  partsAt,
} from '../../../support/scoring-v2.js';
import { FEATURE_WEIGHTS, signalsOf } from '../../../support/ranking-model.js';
import { storedMarket } from '../../../support/stored-market.js';

const closed = toPastMarket(storedMarket('p0', { title: 'Bitcoin record?', eventKey: 'e0' }));
const past = (id: string) => (id === 'p0' ? closed : undefined);

const scenarios = marketsArbitrary.chain((markets) =>
  fc.record({
    columns: fc.constant(columnsOfMarkets(...markets)),
    trends: trendsArbitrary(markets.length),
    user: userArbitrary,
    signals: fc.integer().map((seed) => signalsOf(['m0', 'm1', 'm2', 'm3', 'p0'], seed)),
  }),
);

describe.each([
  ['computed for all markets', 4_096],
  ['refined', 0],
])('scores on demand by bounds that are %s', (_, smallCatalog) => {
  const constants = { ...CONSTANTS, weights: { ...CONSTANTS.weights, ...FEATURE_WEIGHTS } };
  const full = new ScorerV2(constants, IMPRESSIONS);
  const onDemand = new ScorerV2(constants, IMPRESSIONS, smallCatalog);

  it('are at most the bounds, and the same as the scores of all rows', () => {
    fc.assert(
      fc.property(scenarios, ({ columns, trends, user, signals }) => {
        const expected = full.score(columns, trends, user, past, NOW_MS, signals).final.slice();
        const impersonal = full.impersonalSum(columns, trends, NOW_MS, signals);
        const scores = onDemand.scoreOnDemand({
          ...{ columns, trends, impersonal, user, past, signals, country: null, nowMs: NOW_MS },
        });
        const { bounds, slack, refine } = scores.bounds();
        const expectBounds = () => {
          expected.forEach((final, row) => {
            expect((bounds[row] ?? NaN) + slack).toBeGreaterThanOrEqual(final);
          });
        };
        expectBounds();
        expect(refine === null).toBe(smallCatalog > 0 || slack < 1e-9);
        refine?.(Int32Array.from(columns.ids.keys()));
        expectBounds();
        const some = Int32Array.from([...columns.ids.keys()].filter((row) => row % 2 === 0));
        scores.score(some);
        for (const row of some) expect(scores.final[row]).toBe(expected[row]);
        expected.forEach((final, row) => {
          expect(partsAt(scores, row).final).toBe(final);
        });
      }),
      { numRuns: 300 },
    );
  });
});
