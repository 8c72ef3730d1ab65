import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { interactionAsOf, marketAsOf } from '../../../../src/catalog/importers/as-of.js';
import type { MarketDates, MarketDraft } from '../../../../src/catalog/importers/market-draft.js';

const instant = '2025-06-20T00:00:00.000Z';
const justBefore = '2025-06-19T23:59:59.999Z';
const justAfter = '2025-06-20T00:00:00.001Z';
const asOf = { instantMs: Date.parse(instant), nowMs: Date.parse('2026-06-20T00:00:00.000Z') };

function then(fields: Partial<MarketDraft>, dates: MarketDates = {}, priceThen?: number) {
  const market = { id: 'm', title: 'T', createdAt: '2025-06-01T00:00:00.000Z', probability: 0.9, ...fields };
  return marketAsOf(market, dates, asOf, () => priceThen);
}

function marketThen(...given: Parameters<typeof then>): MarketDraft & { priceUnknown: boolean } {
  const state = then(...given);
  if (state.kind !== 'market') throw new Error(state.kind);
  return { ...state.market, priceUnknown: state.priceUnknown };
}

describe('an archive as of an instant', () => {
  it('shifts every time so that the instant is now', () => {
    expect(marketThen({ resolvesAt: '2025-07-01T12:00:00.000Z' })).toMatchObject({
      createdAt: '2026-06-01T00:00:00.000Z',
      resolvesAt: '2026-07-01T12:00:00.000Z',
      status: 'OPEN',
    });
  });

  it('has a market created exactly at the instant, and none created after it', () => {
    expect(marketThen({ createdAt: instant }).createdAt).toBe('2026-06-20T00:00:00.000Z');
    expect(then({ createdAt: justAfter })).toEqual({ kind: 'not-yet-created' });
  });

  it('cannot place a market without a time of creation', () => {
    const state = marketAsOf({ id: 'm', title: 'T' }, {}, asOf, () => undefined);
    expect(state).toMatchObject({
      kind: 'unplaceable',
      reason: expect.stringMatching(/^createdAt: /) as string,
    });
  });

  it.each([
    ['closed exactly at the instant', {}, { closedAt: instant }, 'CLOSED'],
    ['closed just after it', { status: 'CLOSED' }, { closedAt: justAfter }, 'OPEN'],
    [
      'resolved exactly at it',
      { status: 'RESOLVED' },
      { closedAt: justBefore, resolvedAt: instant },
      'RESOLVED',
    ],
    [
      'closed by then, resolved after',
      { status: 'RESOLVED' },
      { closedAt: instant, resolvedAt: justAfter },
      'CLOSED',
    ],
    ['resolved after it, before its end date', { status: 'RESOLVED' }, { resolvedAt: justAfter }, 'OPEN'],
    ['with its end date at the instant', { resolvesAt: instant }, {}, 'CLOSED'],
    ['with its end date just after it', { resolvesAt: justAfter }, {}, 'OPEN'],
    [
      'resolved, with its end date as the only date',
      { status: 'RESOLVED', resolvesAt: instant },
      {},
      'RESOLVED',
    ],
    ['traded beyond its end date', { resolvesAt: justBefore }, { closedAt: justAfter }, 'OPEN'],
    ['without any end', {}, {}, 'OPEN'],
    ['ended nobody knows when', { status: 'RESOLVED' }, {}, 'CLOSED'],
  ] as const)('a market %s', (_, fields, dates, status) => {
    expect(marketThen(fields, dates).status).toBe(status);
  });

  it.each([
    ['dated just before the instant', {}, { pricedAt: justBefore }, true],
    ['dated exactly at it', {}, { pricedAt: instant }, true],
    ['dated just after it', {}, { pricedAt: justAfter }, false],
    ['without a date', {}, {}, false],
    ['of a market that closed at the instant', {}, { closedAt: instant }, true],
    ['touched after the market had closed', {}, { closedAt: justBefore, pricedAt: justAfter }, true],
    ['of a market that closed after it', {}, { closedAt: justAfter }, false],
    ['of a market closed by then, resolved after', {}, { closedAt: instant, resolvedAt: justAfter }, false],
    ['of a market that was to end by then', { resolvesAt: instant }, {}, true],
    [
      'dated after the announced end and after the instant',
      { resolvesAt: instant },
      { pricedAt: justAfter },
      false,
    ],
  ] as const)('judges a price %s', (_, fields, dates, isUsed) => {
    expect(marketThen(fields, dates, 0.2)).toMatchObject({
      probability: isUsed ? 0.9 : 0.2,
      priceUnknown: false,
    });
    expect(marketThen(fields, dates)).toMatchObject({
      probability: isUsed ? 0.9 : null,
      priceUnknown: !isUsed,
    });
  });

  it('keeps null, and looks up a probability that the archive does not have', () => {
    expect(marketThen({ probability: null }, {}, 0.2)).toMatchObject({
      probability: null,
      priceUnknown: false,
    });
    const unpriced = { id: 'm', title: 'T', createdAt: justBefore };
    const state = marketAsOf(unpriced, { pricedAt: justBefore }, asOf, () => 0.2);
    expect(state).toMatchObject({ kind: 'market', market: { probability: 0.2 } });
  });

  it('keeps volumes, which archives do not date', () => {
    expect(marketThen({ volumeTotal: 1000, volume24h: 10 })).toMatchObject({
      volumeTotal: 1000,
      volume24h: 10,
    });
  });

  it('has no end where the shift leads beyond the year 9999', () => {
    expect(marketThen({ resolvesAt: '9999-12-01T00:00:00.000Z' })).not.toHaveProperty('resolvesAt');
  });

  it('shifts an interaction at the instant, and has none after it', () => {
    const interaction = { userKey: 'u', marketId: 'm', eventType: 'CLICK', occurredAt: instant };
    expect(interactionAsOf(interaction, asOf)).toEqual({
      ...interaction,
      occurredAt: '2026-06-20T00:00:00.000Z',
    });
    expect(interactionAsOf({ ...interaction, occurredAt: justAfter }, asOf)).toBeUndefined();
  });

  it('leaks nothing of a market of which every date lies after the instant', () => {
    const later = fc
      .integer({ min: 1, max: 1e9 })
      .map((milliseconds) => new Date(asOf.instantMs + milliseconds).toISOString());
    const dates = fc.record({ closedAt: later, resolvedAt: later, pricedAt: later }, { requiredKeys: [] });
    const status = fc.constantFrom('CLOSED', 'RESOLVED');
    fc.assert(
      fc.property(later, dates, status, (resolvesAt, given, recordStatus) => {
        const market = marketThen({ status: recordStatus, resolvesAt }, given);
        expect(market).toMatchObject({ status: 'OPEN', probability: null });
      }),
    );
  });
});
