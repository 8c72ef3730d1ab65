import { describe, expect, it } from 'vitest';
import { toPastMarket } from '../../../../../src/catalog/columns/market-terms.js';
import type { Market } from '../../../../../src/domain/market.js';
import { DAY_MS } from '../../../../../src/lib/time.js';
import type { ContinuityConstants } from '../../../../../src/scoring/v2/constants.js';
import type { MarketEngagement, PastLookup } from '../../../../../src/scoring/v2/features.js';
import { componentOf, textOnly } from '../../../../support/component-of.js';
import { CONSTANTS, engagementOf, NOW_MS } from '../../../../support/scoring-v2.js';

const continuityOf = (
  markets: readonly Market[],
  engagements: readonly MarketEngagement[],
  constants: Partial<ContinuityConstants> = {},
  past?: PastLookup,
): number[] => componentOf('continuity', markets, engagements, { continuity: constants }, past);

const daysAgo = (marketId: string, days: number): MarketEngagement =>
  engagementOf(marketId, { atMs: NOW_MS - days * DAY_MS });

describe('continuity within an event', () => {
  const inEvents = [
    textOnly('a', 'A1', { eventKey: 'e' }),
    textOnly('b', 'B1', { eventKey: 'e' }),
    textOnly('c', 'C1', { eventKey: 'f' }),
    textOnly('d', 'D1'),
  ];
  const continuity = (engagements: readonly MarketEngagement[], past?: PastLookup) =>
    continuityOf(inEvents, engagements, { sibling: 0 }, past);

  it('is 1 for other markets of an event right after an engagement, and decays with a half-life of 2 days for 7 days', () => {
    expect(continuity([daysAgo('a', 0)])).toEqual([0, 1, 0, 0]);
    expect(continuity([daysAgo('a', 2)])).toEqual([0, 0.5, 0, 0]);
    expect(continuity([daysAgo('a', 7)])[1]).toBeCloseTo(2 ** -3.5, 12);
    expect(continuity([daysAgo('a', 7.001)])).toEqual([0, 0, 0, 0]);
    expect(continuity([daysAgo('d', 0)])).toEqual([0, 0, 0, 0]);
  });

  it('uses the latest engagement with another market, in any order', () => {
    const both = [daysAgo('a', 2), daysAgo('b', 4)];
    expect(continuity(both)).toEqual([0.25, 0.5, 0, 0]);
    expect(continuity(both.toReversed())).toEqual([0.25, 0.5, 0, 0]);
  });

  it('continues a closed market', () => {
    const closed = toPastMarket(textOnly('p', 'P1', { eventKey: 'f' }));
    const other = toPastMarket(textOnly('q', 'Q1', { eventKey: 'gone' }));
    const past = (id: string) => (id === 'p' ? closed : other);
    expect(continuity([daysAgo('p', 2), daysAgo('q', 0)], past)).toEqual([0, 0, 0.5, 0]);
  });

  it('exceeds the value of a sibling', () => {
    expect(continuityOf(inEvents, [daysAgo('a', 0)])[1]).toBe(1);
  });
});

describe('continuity of siblings', () => {
  const created = (days: number) => ({ createdAt: new Date(NOW_MS - days * DAY_MS) });
  /** Created in the order of their ids, a day apart. */
  const run = ['a', 'b', 'c', 'd', 'e'].map((id, index) => textOnly(id, `${id}1`, created(20 - index)));
  const { sibling, siblingDistance, siblingsOf } = CONSTANTS.continuity;
  const close = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 12) as number);
  const apart = (distance: number) => sibling / (1 + distance / siblingDistance);
  const onlySiblings = (
    engagements: readonly MarketEngagement[],
    continuity: Partial<ContinuityConstants> = {},
    past?: PastLookup,
  ) => continuityOf(run, engagements, continuity, past);

  it('decreases with the distance in creation rank and excludes the market itself', () => {
    expect(onlySiblings([daysAgo('b', 0)])).toEqual(close([apart(1), 0, apart(1), apart(2), apart(3)]));
    expect(onlySiblings([daysAgo('a', 0)], { siblingDistance: 1 })).toEqual(
      close([0, sibling / 2, sibling / 3, sibling / 4, sibling / 5]),
    );
  });

  it('does not depend on the time between two creations', () => {
    const slow = run.map((market, index) => ({ ...market, ...created(2_000 - 300 * index) }));
    expect(continuityOf(slow, [daysAgo('b', 0)])).toEqual(onlySiblings([daysAgo('b', 0)]));
  });

  it('decays with a half-life of 2 days and ends after the window', () => {
    expect(onlySiblings([daysAgo('b', 2)])[0]).toBeCloseTo(apart(1) / 2, 12);
    expect(onlySiblings([daysAgo('b', 7.001)])).toEqual([0, 0, 0, 0, 0]);
  });

  it('counts half after 5 later engagements and ends after the last 10', () => {
    const others = (count: number) => Array.from({ length: count }, (_, index) => daysAgo(`q${index}`, 0));
    // Created long before all others.
    const long = toPastMarket(textOnly('q', 'Q1', created(9_000)));
    const after = (count: number, siblingMarkets: number) =>
      onlySiblings(
        [...others(count), daysAgo('e', 0)],
        { siblingDistance: 0.001, siblingMarkets },
        () => long,
      )[3] ?? NaN;
    const next = sibling / (1 + 1 / 0.001);
    const fromTheOthers = sibling / (1 + 3.5 / 0.001);
    expect([after(0, 5), after(5, 5)]).toEqual(close([next, next / 2]));
    expect(after(siblingsOf - 1, 10_000)).toBeCloseTo(next, 6);
    expect(after(siblingsOf, 10_000)).toBeCloseTo(fromTheOthers, 12);
  });

  it('is the maximum over several markets, which may be siblings of each other', () => {
    const both = onlySiblings([daysAgo('a', 0), daysAgo('c', 2)]);
    expect(both[0]).toBeCloseTo((apart(2) / 2) * 2 ** -0.2, 12);
    expect(both[2]).toBeCloseTo(apart(2), 12);
    expect(both[1]).toBeCloseTo(apart(1), 12);
  });

  it('continues a closed market, at a rank between two open ones if necessary', () => {
    const closed = toPastMarket(textOnly('p', 'P1', created(19.5)));
    expect(onlySiblings([daysAgo('p', 0)], {}, () => closed)).toEqual(
      close([0.5, 0.5, 1.5, 2.5, 3.5].map(apart)),
    );
  });

  it('is 0 when disabled', () => {
    for (const off of [{ sibling: 0 }, { siblingsOf: 0 }])
      expect(onlySiblings([daysAgo('b', 0)], off)).toEqual([0, 0, 0, 0, 0]);
  });
});
