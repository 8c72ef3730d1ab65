import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../../src/lib/time.js';
import { ImpersonalColumns, SteadySums } from '../../../../src/scoring/v2/impersonal-columns.js';
import { columnsOfMarkets, CONSTANTS, NOW_MS, trendsOf } from '../../../support/scoring-v2.js';
import { storedMarket } from '../../../support/stored-market.js';
import { NO_SIGNALS } from '../../../../src/scoring/v2/site-signals.js';

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
const computedAt = (nowMs: number) =>
  new SteadySums(CONSTANTS).at({ columns, trends, signals: NO_SIGNALS, nowMs });

describe('steady sums', () => {
  it('equal a new computation at every instant, forward and backward in time', () => {
    const hours = fc.constantFrom(-2_160, -168, -72, -24, -1, 0, 1, 24, 48, 96, 144, 168, 552, 1_440);
    const instant = fc
      .tuple(hours, fc.constantFrom(-2, -1, -0.5, 0, 0.5, 1, 2))
      .map(([hour, ms]) => NOW_MS + hour * HOUR_MS + ms);
    fc.assert(
      fc.property(fc.array(instant, { minLength: 1, maxLength: 12 }), fc.boolean(), (instants, inOrder) => {
        const steady = new SteadySums(CONSTANTS);
        for (const nowMs of inOrder ? instants.toSorted((a, b) => a - b) : instants) {
          expect([...steady.at({ columns, trends, signals: NO_SIGNALS, nowMs })]).toEqual([
            ...computedAt(nowMs),
          ]);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('are cached until a market takes a step, for each scope of trends', () => {
    const steady = new SteadySums(CONSTANTS);
    const local = { ...trends, local: new Float64Array(columns.size).fill(1) };
    const global = steady.at({ columns, trends, signals: NO_SIGNALS, nowMs: NOW_MS + 10 });
    const ofCountry = steady.at({ columns, trends: local, signals: NO_SIGNALS, nowMs: NOW_MS + 10 });
    expect(steady.at({ columns, trends: { ...trends }, signals: NO_SIGNALS, nowMs: NOW_MS + HOUR_MS })).toBe(
      global,
    );
    expect(steady.at({ columns, trends: { ...local }, signals: NO_SIGNALS, nowMs: NOW_MS + HOUR_MS })).toBe(
      ofCountry,
    );
    const { trending } = CONSTANTS.weights;
    expect((ofCountry[0] ?? NaN) - (global[0] ?? NaN)).toBeCloseTo(trending * 0.25 * (0.4 + 0.3 - 0.5), 12);
  });

  it('are computed again for another catalog and for other trends', () => {
    const steady = new SteadySums(CONSTANTS);
    const before = steady.at({ columns, trends, signals: NO_SIGNALS, nowMs: NOW_MS });
    expect(steady.at({ columns: { ...columns }, trends, signals: NO_SIGNALS, nowMs: NOW_MS })).not.toBe(
      before,
    );
    const rising = new Float64Array(columns.size).fill(1);
    const after = steady.at({ columns, trends: { ...trends, rising }, signals: NO_SIGNALS, nowMs: NOW_MS });
    expect(after[0]).toBeCloseTo((before[0] ?? NaN) + CONSTANTS.weights.rising, 12);
  });
});

describe('impersonal columns', () => {
  it('are the same at every instant of a minute, and differ in the next one', () => {
    const sumsAt = (nowMs: number) => {
      const impersonal = new ImpersonalColumns(CONSTANTS);
      impersonal.fill(columns, trends, NO_SIGNALS, nowMs);
      const parts = columns.ids.map((_, row) => {
        const components = {};
        impersonal.copyComponents({ columns, trends, signals: NO_SIGNALS, nowMs }, row, components);
        return components;
      });
      return { sums: [...impersonal.sum], parts };
    };
    expect(sumsAt(NOW_MS + MINUTE_MS - 1)).toEqual(sumsAt(NOW_MS));
    expect(sumsAt(NOW_MS + MINUTE_MS)).not.toEqual(sumsAt(NOW_MS));
  });
});
