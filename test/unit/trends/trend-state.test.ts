import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptySnapshot, patchSnapshot } from '../../../src/catalog/catalog-snapshot.js';
import { atOnce } from '../../../src/lib/event-loop.js';
import { popularityColumn } from '../../../src/scoring/shared/trending.js';
import { risingColumn, risingStrength } from '../../../src/scoring/shared/momentum.js';
import type { MarketColumns } from '../../../src/scoring/v2/features.js';
import { NO_TRENDS, type TrendScores } from '../../../src/trends/trend-columns.js';
import { TrendState } from '../../../src/trends/trend-state.js';
import { storedMarket } from '../../support/stored-market.js';

const IDS = ['m0', 'm1', 'm2', 'm3', 'm4', 'm5'];
const unit = fc.double({ min: 0, max: 1, noNaN: true });
const byId = <Value>(value: fc.Arbitrary<Value>) =>
  fc.dictionary(fc.constantFrom(...IDS), value).map((values) => new Map(Object.entries(values)));

const scoresArbitrary: fc.Arbitrary<TrendScores> = fc.record({
  scopes: fc
    .record({ global: byId(unit), 'local:IL': byId(unit) })
    .map((scopes) => new Map(Object.entries(scopes))),
  probabilities24hAgo: byId(unit),
  exposure: fc
    .dictionary(
      fc.constantFrom(...IDS),
      fc.record({ impressions: fc.nat(9), clicks: fc.nat(9), popularity: fc.nat(9) }),
    )
    .map(
      (values) =>
        new Map(Object.entries(values).map(([marketId, value]) => [marketId, { marketId, ...value }])),
    ),
  momentum: fc.constant(NO_TRENDS.momentum),
});

const changesArbitrary = fc.array(
  fc.array(
    fc
      .record({
        id: fc.constantFrom(...IDS),
        status: fc.constantFrom('OPEN', 'OPEN', 'CLOSED'),
        probability: fc.oneof(unit, fc.constant(null)),
        volume24h: fc.oneof(fc.nat(1_000), fc.constant(null)),
        title: fc.constantFrom('One?', 'Two?'),
      })
      .map(({ id, ...details }) => storedMarket(id, details)),
    { maxLength: 4 },
  ),
  { minLength: 1, maxLength: 6 },
);

/** Returns the columns by look-ups of ids. */
function expected({ ids, volume24h, probability }: MarketColumns, scores: TrendScores) {
  const column = (valueOf: (id: string, row: number) => number) => Float64Array.from(ids, valueOf);
  return {
    global: column((id) => scores.scopes.get('global')?.get(id) ?? 0),
    local: column((id) => scores.scopes.get('local:IL')?.get(id) ?? 0),
    rising: risingColumn(
      column((id, row) =>
        risingStrength(
          volume24h[row] as number,
          probability[row] as number,
          scores.probabilities24hAgo.get(id) ?? NaN,
        ),
      ),
    ),
    popular: popularityColumn(column((id) => scores.exposure.get(id)?.popularity ?? 0)),
    impressions: column((id) => scores.exposure.get(id)?.impressions ?? 0),
    clicks: column((id) => scores.exposure.get(id)?.clicks ?? 0),
  };
}

describe('trends by row', () => {
  it('equal look-ups by id after any changes of the catalog, prepared or not', () => {
    fc.assert(
      fc.property(scoresArbitrary, changesArbitrary, fc.boolean(), (scores, changes, prepares) => {
        const state = new TrendState(scores, 0);
        let snapshot = emptySnapshot;
        for (const changed of changes) {
          snapshot = patchSnapshot(snapshot, changed, snapshot.version + 1n);
          if (prepares) atOnce(state.prepareWork(snapshot.columns));
          const columns = { ...state.columns(snapshot.columns, 'IL'), ...state.exposure(snapshot.columns) };
          expect(columns).toEqual(expected(snapshot.columns, scores));
        }
      }),
    );
  });

  it('are shared by versions of the catalog that differ only in prices, except for rising', () => {
    const scores = { ...NO_TRENDS, scopes: new Map([['global', new Map([['a', 0.5]])]]) };
    const state = new TrendState(scores, 0);
    const before = patchSnapshot(emptySnapshot, [storedMarket('a'), storedMarket('b')], 1n);
    const after = patchSnapshot(before, [storedMarket('a', { probability: 0.9 })], 2n);
    const [one, other] = [before, after].map(({ columns }) => state.columns(columns, null));
    expect(other?.global).toBe(one?.global);
    expect(other?.popular).toBe(one?.popular);
    expect(other?.rising).not.toBe(one?.rising);
  });
});
