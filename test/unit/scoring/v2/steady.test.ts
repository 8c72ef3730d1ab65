import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SteadyColumnsOf } from '../../../../src/scoring/v2/steady-columns.js';
import {
  columnsOfMarkets,
  CONSTANTS,
  DAY_MS,
  HOUR_MS,
  NOW_MS,
  trendsOf,
} from '../../../support/scoring-v2.js';
import { storedMarket } from '../../../support/stored-market.js';

/** Markets that take a step when the clock is at, or a millisecond before or after, NOW_MS and some hours. */
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
const anew = (nowMs: number) => new SteadyColumnsOf(CONSTANTS).at(columns, trends, nowMs);

describe('what of a score stays the same for a while', () => {
  it('is at every instant what it would be if worked out then, the clock going either way', () => {
    const hours = fc.constantFrom(-2_160, -168, -72, -24, -1, 0, 1, 24, 48, 96, 144, 168, 552, 1_440);
    const instant = fc
      .tuple(hours, fc.constantFrom(-2, -1, -0.5, 0, 0.5, 1, 2))
      .map(([hour, ms]) => NOW_MS + hour * HOUR_MS + ms);
    fc.assert(
      fc.property(fc.array(instant, { minLength: 1, maxLength: 12 }), fc.boolean(), (instants, inOrder) => {
        const steady = new SteadyColumnsOf(CONSTANTS);
        for (const nowMs of inOrder ? instants.toSorted((a, b) => a - b) : instants) {
          expect([...steady.at(columns, trends, nowMs).sum]).toEqual([...anew(nowMs).sum]);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('is kept while no market takes a step, and for each scope of trends', () => {
    const steady = new SteadyColumnsOf(CONSTANTS);
    const local = { ...trends, local: new Float64Array(columns.size).fill(1) };
    const everyone = steady.at(columns, trends, NOW_MS + 10);
    const here = steady.at(columns, local, NOW_MS + 10);
    expect(steady.at(columns, { ...trends }, NOW_MS + HOUR_MS)).toBe(everyone);
    expect(steady.at(columns, { ...local }, NOW_MS + HOUR_MS)).toBe(here);
    expect([everyone.trending[0], here.trending[0]]).toEqual([0.25 * 0.5, 0.25 * (0.4 + 0.3)]);
  });

  it('is worked out anew for other markets and other trends', () => {
    const steady = new SteadyColumnsOf(CONSTANTS);
    const before = steady.at(columns, trends, NOW_MS);
    expect(steady.at({ ...columns }, trends, NOW_MS)).not.toBe(before);
    const rising = new Float64Array(columns.size).fill(1);
    const after = steady.at(columns, { ...trends, rising }, NOW_MS);
    expect(after.sum[0]).toBeCloseTo((before.sum[0] ?? NaN) + CONSTANTS.weights.rising, 12);
  });
});
