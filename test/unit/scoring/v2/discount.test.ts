import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS } from '../../../../src/lib/time.js';
import {
  changedEnough,
  DiscountColumns,
  engagementDiscount,
  exceedsFrequencyCap,
  impressionDiscount,
} from '../../../../src/scoring/v2/discount.js';
import type { UserFeatures } from '../../../../src/scoring/v2/features.js';
import {
  columnsOfMarkets,
  IMPRESSIONS,
  impressionsOf,
  knownMarketOf,
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

describe('a market has changed enough', () => {
  it('from a change in probability of 0.10', () => {
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

  it('from a change in log-odds of 0.4, clamped near 0 and 1', () => {
    const moved = (logOdds: number) => 1 / (1 + Math.exp(-logOdds));
    expect(changed(moved(-3), moved(-2.6))).toBe(true);
    expect(changed(moved(-3), moved(-2.61))).toBe(false);
    expect(changed(0.001, 0.009)).toBe(false);
  });

  it('from twice the volume, and from any volume after 0', () => {
    expect([changed(0.5, 0.5, 100, 200), changed(0.5, 0.5, 0, 1)]).toEqual([true, true]);
    expect([changed(0.5, 0.5, 100, 199), changed(0.5, 0.5, 0, 0), changed(0.5, 0.5, 200, 100)]).toEqual([
      ...[false, false, false],
    ]);
  });

  it('never when the earlier or current value is unknown', () => {
    expect([changed(NaN, 0.5), changed(0.5, NaN), changed(NaN, NaN, NaN, 5)]).toEqual([false, false, false]);
    expect([changed(0.5, 0.5, NaN, 500), changed(0.5, 0.5, 500, NaN)]).toEqual([false, false]);
  });
});

describe('impression discount', () => {
  it('decreases with each impression to its floor and recovers with time', () => {
    expect(discountOf(1, 0)).toBeCloseTo(Math.exp(-0.25) * 0.5, 12);
    expect(discountOf(1, 2)).toBeCloseTo(Math.exp(-0.25) * 0.75, 12);
    expect(discountOf(2, 4)).toBeCloseTo(Math.exp(-0.5) * 0.875, 12);
    expect(discountOf(0, 48)).toBeCloseTo(1, 6);
    expect([discountOf(6, 0), discountOf(1e9, 5), discountOf(Infinity, 0)]).toEqual([0.15, 0.15, 0.15]);
  });

  it('treats a future or unknown impression as current', () => {
    expect(discountOf(1, -5)).toBe(discountOf(1, 0));
    expect(discountOf(1, NaN)).toBe(discountOf(1, 0));
  });

  it('never increases with an impression nor decreases with time, and is between the floor and 1', () => {
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

describe('frequency cap and cooldown', () => {
  const over = (ignored24h: number, ignored7d = ignored24h, sinceDays = 0) =>
    exceedsFrequencyCap(
      { ignored24h, ignored7d, ignoredSinceMs: NOW_MS - sinceDays * DAY_MS },
      NOW_MS,
      IMPRESSIONS,
    );

  it('apply after 12 impressions in 24 hours without a click', () => {
    expect([over(0, 0, NaN), over(11), over(12), over(30)]).toEqual([false, false, true, true]);
  });

  it('apply after 9 impressions in a week over at least 3 days without a click', () => {
    expect([over(0, 9, 3), over(2, 20, 6.9)]).toEqual([true, true]);
    expect([over(0, 8, 3), over(0, 8, 6), over(0, 9, 2.999), over(9, 9, 1)]).toEqual([
      ...[false, false, false, false],
    ]);
  });

  it('end after a week without impressions', () => {
    expect(over(0, 0, NaN)).toBe(false);
  });

  it('apply when all 32 stored impressions of a week were ignored', () => {
    expect([over(5, 31, 2), over(5, 32, 2)]).toEqual([false, true]);
  });

  it('still apply after another ignored impression', () => {
    fc.assert(
      fc.property(fc.nat(20), fc.nat(20), fc.double({ min: 0, max: 7, noNaN: true }), (day, more, since) => {
        if (over(day, day + more, since)) expect(over(day + 1, day + more + 1, since)).toBe(true);
      }),
    );
  });
});

describe('engagement discount', () => {
  const factorOf = (tradedDaysAgo: number, openedDaysAgo: number) =>
    engagementDiscount(
      { tradedAtMs: NOW_MS - tradedDaysAgo * DAY_MS, openedAtMs: NOW_MS - openedDaysAgo * DAY_MS },
      NOW_MS,
      IMPRESSIONS.engagement,
    );
  const factor = (traded: boolean, daysAgo: number) =>
    traded ? factorOf(daysAgo, NaN) : factorOf(NaN, daysAgo);

  it('is 0.3 right after a trade, the loss decaying with a half-life of 30 days', () => {
    expect(factor(true, 0)).toBeCloseTo(0.3, 12);
    expect(factor(true, 30)).toBeCloseTo(0.65, 12);
    expect(factor(true, 60)).toBeCloseTo(0.825, 12);
  });

  it('is 0.5 right after opening, the loss decaying with a half-life of 7 days', () => {
    expect([factor(false, 0), factor(false, 7), factor(false, 14)]).toEqual([0.5, 0.75, 0.875]);
  });

  it('is the smaller factor for a market that was traded and opened', () => {
    expect(factorOf(60, 0)).toBe(0.5);
    expect(factorOf(0, 0)).toBeCloseTo(0.3, 12);
  });

  it('treats a future event as current, and is 1 without events', () => {
    expect([factor(false, -1), factorOf(NaN, NaN)]).toEqual([0.5, 1]);
  });

  it('never decreases with time and never exceeds 1', () => {
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

describe('discount columns', () => {
  const columns = columnsOfMarkets(
    storedMarket('a', { probability: 0.5, volume24h: 100 }),
    storedMarket('b', { probability: 0.5, volume24h: 100 }),
  );
  const fill = (user: Partial<UserFeatures>) => {
    const discounts = new DiscountColumns(IMPRESSIONS);
    discounts.fill(columns, userOf(user), NOW_MS);
    const { discount, changed: moved } = discounts;
    return { discount: [...discount], changed: [...moved] };
  };

  it('discount only the market that was shown', () => {
    expect(fill({ impressions: [impressionsOf('b'), impressionsOf('gone')] })).toEqual({
      discount: [1, discountOf(1, 0)],
      changed: [0, 0],
    });
  });

  it('treat a market as new after a change of 0.10, however many impressions it had', () => {
    const often = { count24h: 30, ignored24h: 30, ignored7d: 30, probability: 0.4 };
    expect(fill({ impressions: [impressionsOf('a', often)] })).toEqual({
      discount: [1, 1],
      changed: [1, 0],
    });
    expect(fill({ impressions: [impressionsOf('a', { ...often, probability: 0.5 })] })).toEqual({
      discount: [0.15, 1],
      changed: [0, 0],
    });
  });

  it('multiply the engagement discount of a market that has not changed with its impression discount', () => {
    const traded = (probability: number) => [knownMarketOf('a', { probability })];
    const afterTrade = 1 - IMPRESSIONS.engagement.traded;
    expect(fill({ knownMarkets: traded(0.5) }).discount).toEqual([afterTrade, 1]);
    expect(fill({ knownMarkets: [knownMarketOf('a', { tradedAtMs: NaN })] }).discount).toEqual([0.5, 1]);
    expect(fill({ knownMarkets: traded(0.6) }).discount).toEqual([1, 1]);
    expect(fill({ knownMarkets: traded(0.5), impressions: [impressionsOf('a')] }).discount).toEqual([
      ...[discountOf(1, 0) * afterTrade, 1],
    ]);
    expect(fill({ knownMarkets: [knownMarketOf('gone')] }).discount).toEqual([1, 1]);
  });

  it('are reset for an anonymous user', () => {
    const discounts = new DiscountColumns(IMPRESSIONS);
    const often = impressionsOf('a', { ignored24h: 30 });
    discounts.fill(columns, userOf({ impressions: [often], knownMarkets: [knownMarketOf('b')] }), NOW_MS);
    discounts.fill(columns, null, NOW_MS);
    expect([...discounts.discount, ...discounts.changed]).toEqual([1, 1, 0, 0]);
  });
});
