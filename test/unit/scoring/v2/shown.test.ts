import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changedEnough } from '../../../../src/scoring/v2/changed-enough.js';
import { heldFactor } from '../../../../src/scoring/v2/held-factor.js';
import { impressionDiscount } from '../../../../src/scoring/v2/impression-discount.js';
import { ShownColumns } from '../../../../src/scoring/v2/shown-columns.js';
import { shownTooOften } from '../../../../src/scoring/v2/shown-too-often.js';
import type { UserV2 } from '../../../../src/scoring/v2/user-v2.js';
import {
  columnsOfMarkets,
  DAY_MS,
  heldOf,
  HOUR_MS,
  impressionOf,
  IMPRESSIONS,
  NOW_MS,
  userOf,
} from '../../../support/scoring-v2.js';
import { storedMarket } from '../../../support/stored-market.js';

const changed = (before: number, after: number, volumeBefore = 100, volumeAfter = 100) =>
  changedEnough(
    { probability: before, volume24h: volumeBefore },
    { probability: after, volume24h: volumeAfter },
    IMPRESSIONS.changed,
  );
const discountOf = (count24h: number, hoursAgo: number) =>
  impressionDiscount({ count24h, lastShownAtMs: NOW_MS - hoursAgo * HOUR_MS }, NOW_MS, IMPRESSIONS);

describe('changed enough to show again', () => {
  it('begins at ten points', () => {
    const byPoints = (before: number, after: number) =>
      changedEnough(
        { probability: before, volume24h: 0 },
        { probability: after, volume24h: 0 },
        { ...IMPRESSIONS.changed, logit: Infinity },
      );
    expect([byPoints(0.5, 0.6), byPoints(0.6, 0.5), byPoints(0.55, 0.45)]).toEqual([true, true, true]);
    expect([byPoints(0.5, 0.599), byPoints(0.45, 0.549)]).toEqual([false, false]);
    expect([changed(0.5, 0.6), changed(0.5, 0.598)]).toEqual([true, false]);
  });

  it('begins at 0.4 in log-odds, less near 0 and 1', () => {
    const moved = (logOdds: number) => 1 / (1 + Math.exp(-logOdds));
    expect(changed(moved(-3), moved(-2.6))).toBe(true);
    expect(changed(moved(-3), moved(-2.61))).toBe(false);
    expect(changed(0.001, 0.009)).toBe(false);
  });

  it('begins at twice the volume, of which any is more than none', () => {
    expect([changed(0.5, 0.5, 100, 200), changed(0.5, 0.5, 0, 1)]).toEqual([true, true]);
    expect([changed(0.5, 0.5, 100, 199), changed(0.5, 0.5, 0, 0), changed(0.5, 0.5, 200, 100)]).toEqual([
      ...[false, false, false],
    ]);
  });

  it('is not what is unknown', () => {
    expect([changed(NaN, 0.5), changed(0.5, NaN), changed(NaN, NaN, NaN, 5)]).toEqual([false, false, false]);
  });
});

describe('the discount for having been shown', () => {
  it('falls with each showing and recovers with time, down to its floor', () => {
    expect(discountOf(1, 0)).toBeCloseTo(Math.exp(-0.25) * 0.5, 12);
    expect(discountOf(1, 2)).toBeCloseTo(Math.exp(-0.25) * 0.75, 12);
    expect(discountOf(2, 4)).toBeCloseTo(Math.exp(-0.5) * 0.875, 12);
    expect(discountOf(0, 48)).toBeCloseTo(1, 6);
    expect([discountOf(6, 0), discountOf(1e9, 5), discountOf(Infinity, 0)]).toEqual([0.15, 0.15, 0.15]);
  });

  it('takes a showing to come as just now', () => {
    expect(discountOf(1, -5)).toBe(discountOf(1, 0));
    expect(discountOf(1, NaN)).toBe(discountOf(1, 0));
  });

  it('never rises with a showing nor falls with time, and stays between the floor and 1', () => {
    const hours = fc.double({ min: 0, max: 200, noNaN: true });
    fc.assert(
      fc.property(fc.nat(30), hours, hours, (count, one, more) => {
        const discount = discountOf(count, one);
        expect(discount).toBeGreaterThanOrEqual(0.15);
        expect(discount).toBeLessThanOrEqual(1);
        expect(discountOf(count + 1, one)).toBeLessThanOrEqual(discount);
        expect(discountOf(count, one + more)).toBeGreaterThanOrEqual(discount - 1e-12);
      }),
    );
  });
});

describe('a market shown too often', () => {
  const over = (ignored24h: number, ignored7d = ignored24h, sinceDays = 0) =>
    shownTooOften(
      { ignored24h, ignored7d, ignoredSinceMs: NOW_MS - sinceDays * DAY_MS },
      NOW_MS,
      IMPRESSIONS,
    );

  it('is one shown twelve times in a day without a click', () => {
    expect([over(0, 0, NaN), over(11), over(12), over(30)]).toEqual([false, false, true, true]);
  });

  it('is one shown nine times in a week that go back three days, without a click', () => {
    expect([over(0, 9, 3), over(2, 20, 6.9)]).toEqual([true, true]);
    expect([over(0, 8, 3), over(0, 8, 6), over(0, 9, 2.999), over(9, 9, 1)]).toEqual([
      ...[false, false, false, false],
    ]);
  });

  it('rests until it was not shown for a week, as nothing is counted then', () => {
    expect(over(0, 0, NaN)).toBe(false);
  });

  it('is one when all showings that are known of were ignored within a week', () => {
    expect([over(5, 31, 2), over(5, 32, 2)]).toEqual([false, true]);
  });

  it('does not stop being one by another showing that is ignored', () => {
    fc.assert(
      fc.property(fc.nat(20), fc.nat(20), fc.double({ min: 0, max: 7, noNaN: true }), (day, more, since) => {
        if (over(day, day + more, since)) expect(over(day + 1, day + more + 1, since)).toBe(true);
      }),
    );
  });
});

describe('what a held market loses', () => {
  const factorOf = (tradedDaysAgo: number, openedDaysAgo: number) =>
    heldFactor(
      { tradedAtMs: NOW_MS - tradedDaysAgo * DAY_MS, openedAtMs: NOW_MS - openedDaysAgo * DAY_MS },
      NOW_MS,
      IMPRESSIONS.held,
    );
  const factor = (traded: boolean, daysAgo: number) =>
    traded ? factorOf(daysAgo, NaN) : factorOf(NaN, daysAgo);

  it('is most right after a trade, halved every thirty days', () => {
    expect(factor(true, 0)).toBeCloseTo(0.3, 12);
    expect(factor(true, 30)).toBeCloseTo(0.65, 12);
    expect(factor(true, 60)).toBeCloseTo(0.825, 12);
  });

  it('is half right after it was opened, halved every seven days', () => {
    expect([factor(false, 0), factor(false, 7), factor(false, 14)]).toEqual([0.5, 0.75, 0.875]);
  });

  it('is the larger one of a market traded in once and opened again', () => {
    expect(factorOf(60, 0)).toBe(0.5);
    expect(factorOf(0, 0)).toBeCloseTo(0.3, 12);
  });

  it('takes what is to come as just now, and is nothing for what never happened', () => {
    expect([factor(false, -1), factorOf(NaN, NaN)]).toEqual([0.5, 1]);
  });

  it('only gets less with time, and never turns into a gain', () => {
    const days = fc.double({ min: 0, max: 4_000, noNaN: true });
    fc.assert(
      fc.property(fc.boolean(), days, days, (traded, one, more) => {
        const now = factor(traded, one);
        expect(now).toBeGreaterThanOrEqual(0);
        expect(factor(traded, one + more)).toBeGreaterThanOrEqual(now - 1e-12);
        expect(factor(traded, one + more)).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('what was shown and held', () => {
  const columns = columnsOfMarkets(
    storedMarket('a', { probability: 0.5, volume24h: 100 }),
    storedMarket('b', { probability: 0.5, volume24h: 100 }),
  );
  const shown = (user: Partial<UserV2>) => {
    const shownColumns = new ShownColumns(IMPRESSIONS);
    shownColumns.fill(columns, userOf(user), NOW_MS);
    const { discount, changed: moved, capped } = shownColumns;
    return { discount: [...discount], changed: [...moved], capped: [...capped] };
  };

  it('discounts the market shown and no other', () => {
    expect(shown({ impressions: [impressionOf('b'), impressionOf('gone')] })).toEqual({
      discount: [1, discountOf(1, 0)],
      changed: [0, 0],
      capped: [0, 0],
    });
  });

  it('shows a market anew after a change of ten points, however often it was shown', () => {
    const often = { count24h: 30, ignored24h: 30, ignored7d: 30, probability: 0.4 };
    expect(shown({ impressions: [impressionOf('a', often)] })).toEqual({
      discount: [1, 1],
      changed: [1, 0],
      capped: [0, 0],
    });
    expect(shown({ impressions: [impressionOf('a', { ...often, probability: 0.5 })] })).toEqual({
      discount: [0.15, 1],
      changed: [0, 0],
      capped: [1, 0],
    });
  });

  it('leaves out what was ignored day after day, but not once it changed', () => {
    const ignored = { count24h: 0, ignored24h: 0, ignored7d: 9, ignoredSinceMs: NOW_MS - 3 * DAY_MS };
    expect(shown({ impressions: [impressionOf('a', ignored)] }).capped).toEqual([1, 0]);
    expect(shown({ impressions: [impressionOf('a', { ...ignored, probability: 0.4 })] }).capped).toEqual([
      ...[0, 0],
    ]);
  });

  it('discounts what was just traded in or opened unless it changed since, and for being shown as well', () => {
    const traded = (probability: number) => [heldOf('a', { probability })];
    const afterTrade = 1 - IMPRESSIONS.held.traded;
    expect(shown({ held: traded(0.5) }).discount).toEqual([afterTrade, 1]);
    expect(shown({ held: [heldOf('a', { tradedAtMs: NaN })] }).discount).toEqual([0.5, 1]);
    expect(shown({ held: traded(0.6) }).discount).toEqual([1, 1]);
    expect(shown({ held: traded(0.5), impressions: [impressionOf('a')] }).discount).toEqual([
      ...[discountOf(1, 0) * afterTrade, 1],
    ]);
    expect(shown({ held: [heldOf('gone')] }).discount).toEqual([1, 1]);
  });

  it('is forgotten for nobody', () => {
    const shownColumns = new ShownColumns(IMPRESSIONS);
    const often = impressionOf('a', { ignored24h: 30 });
    shownColumns.fill(columns, userOf({ impressions: [often], held: [heldOf('b')] }), NOW_MS);
    shownColumns.fill(columns, null, NOW_MS);
    expect([...shownColumns.discount, ...shownColumns.changed, ...shownColumns.capped]).toEqual([
      ...[1, 1, 0, 0, 0, 0],
    ]);
  });
});
