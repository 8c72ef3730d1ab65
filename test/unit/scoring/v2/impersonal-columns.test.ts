import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../../src/lib/time.js';
import {
  emptySnapshot,
  patchSnapshot,
  type CatalogSnapshot,
} from '../../../../src/catalog/catalog-snapshot.js';
import type { Market } from '../../../../src/domain/market.js';
import { ImpersonalColumns, type ImpersonalInputs } from '../../../../src/scoring/v2/impersonal-columns.js';
import { columnsOfMarkets, CONSTANTS, NOW_MS, trendsOf } from '../../../support/scoring-v2.js';
import { storedMarket } from '../../../support/stored-market.js';
import { NO_SIGNALS, type SiteSignals } from '../../../../src/scoring/v2/site-signals.js';
import { signalsOf } from '../../../support/ranking-model.js';

/** Markets with a step at, or a millisecond before or after, NOW_MS plus or minus some hours. */
const columns = columnsOfMarkets(
  ...[0, 1, 3, 7, 30, 90].flatMap((days) =>
    [-1, 0, 1].map((ms) =>
      storedMarket(`end-${days}-${ms + 1}`, {
        category: 'Sports',
        resolvesAt: new Date(NOW_MS + days * DAY_MS + ms),
      }),
    ),
  ),
  ...[24, 168].flatMap((hours) =>
    [-1, 0, 1].map((ms) =>
      storedMarket(`news-${hours}-${ms + 1}`, {
        category: 'News',
        createdAt: new Date(NOW_MS - hours * HOUR_MS + ms),
      }),
    ),
  ),
);
const trends = trendsOf(columns.size, { global: new Float64Array(columns.size).fill(0.5) });

/** All markets were engaged with just now. */
const touchedJustNow: SiteSignals = {
  ...NO_SIGNALS,
  activityOf: () => ({ lastAtMs: NOW_MS, recentUsers: 1 }),
};

const inputsFor = ({ columns: rows }: CatalogSnapshot) => ({ columns: rows, trends: trendsOf(rows.size) });

function sumsOf(
  impersonal: ImpersonalColumns,
  inputs: Partial<ImpersonalInputs> & Pick<ImpersonalInputs, 'nowMs'>,
): number[] {
  impersonal.fill({ columns, trends, signals: NO_SIGNALS, country: null, ...inputs });
  return [...impersonal.sum];
}

describe('impersonal columns', () => {
  it('are the same at every instant of a minute, and differ in the next one', () => {
    const sumsAt = (nowMs: number) => {
      const impersonal = new ImpersonalColumns(CONSTANTS);
      const copy = impersonal.componentsOf({ columns, trends, signals: NO_SIGNALS, country: null, nowMs });
      const parts = columns.ids.map((_, row) => {
        const components = {};
        copy(row, components);
        return components;
      });
      return { sums: sumsOf(impersonal, { nowMs }), parts };
    };
    expect(sumsAt(NOW_MS + MINUTE_MS - 1)).toEqual(sumsAt(NOW_MS));
    expect(sumsAt(NOW_MS + MINUTE_MS)).not.toEqual(sumsAt(NOW_MS));
  });

  it('equal a new computation at every instant, forward and backward in time', () => {
    const hours = fc.constantFrom(-2_160, -168, -72, -24, -1, 0, 1, 24, 48, 96, 144, 168, 552, 1_440);
    const instant = fc
      .tuple(hours, fc.constantFrom(-2, -1, -0.5, 0, 0.5, 1, 2))
      .map(([hour, ms]) => NOW_MS + hour * HOUR_MS + ms);
    fc.assert(
      fc.property(fc.array(instant, { minLength: 1, maxLength: 12 }), fc.boolean(), (instants, inOrder) => {
        const impersonal = new ImpersonalColumns(CONSTANTS);
        for (const nowMs of inOrder ? instants.toSorted((a, b) => a - b) : instants)
          expect(sumsOf(impersonal, { nowMs })).toEqual(sumsOf(new ImpersonalColumns(CONSTANTS), { nowMs }));
      }),
      { numRuns: 500 },
    );
  });

  it('are those of each scope of trends', () => {
    const impersonal = new ImpersonalColumns(CONSTANTS);
    const local = { ...trends, local: new Float64Array(columns.size).fill(1) };
    const [global] = sumsOf(impersonal, { nowMs: NOW_MS });
    const [ofCountry] = sumsOf(impersonal, { nowMs: NOW_MS, trends: local });
    const { trending } = CONSTANTS.weights;
    expect((ofCountry ?? NaN) - (global ?? NaN)).toBeCloseTo(trending * 0.25 * (0.4 + 0.3 - 0.5), 12);
  });

  it('are computed again for another catalog, for other trends, and for other signals', () => {
    const impersonal = new ImpersonalColumns(CONSTANTS);
    const [before] = sumsOf(impersonal, { nowMs: NOW_MS });
    const rising = new Float64Array(columns.size).fill(1);
    const [rose] = sumsOf(impersonal, { nowMs: NOW_MS, trends: { ...trends, rising } });
    expect(rose).toBeCloseTo((before ?? NaN) + CONSTANTS.weights.rising, 12);
    const editorialBoost = new Float64Array(columns.size).fill(1);
    const [boosted] = sumsOf(impersonal, { nowMs: NOW_MS, columns: { ...columns, editorialBoost } });
    expect(boosted).toBeCloseTo((before ?? NaN) + CONSTANTS.weights.editorial, 12);
    const [touched] = sumsOf(impersonal, { nowMs: NOW_MS, signals: touchedJustNow });
    expect(touched).toBeCloseTo((before ?? NaN) + CONSTANTS.weights.touched, 12);
  });

  it('read the activity of markets that remain, and of new ones, after the rows changed', () => {
    const impersonal = new ImpersonalColumns(CONSTANTS);
    const signals = signalsOf(['a', 'b', 'c'], 5);
    const [a, b, c] = ['a', 'b', 'c'].map((id) => storedMarket(id));
    const of = (...markets: readonly (Market | undefined)[]): CatalogSnapshot =>
      patchSnapshot(
        emptySnapshot,
        markets.flatMap((market) => market ?? []),
        1n,
      );
    const before = of(b, c);
    sumsOf(impersonal, { nowMs: NOW_MS, ...inputsFor(before), signals });
    const closed = { ...(c as Market), status: 'CLOSED' as const };
    const after = patchSnapshot(before, [a as Market, closed], 2n);
    expect(after.columns.ids).toEqual(['a', 'b']);
    expect(sumsOf(impersonal, { nowMs: NOW_MS, ...inputsFor(after), signals })).toEqual(
      sumsOf(new ImpersonalColumns(CONSTANTS), { nowMs: NOW_MS, ...inputsFor(of(a, b)), signals }),
    );
  });
});
