import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { interactionAsOf, marketAsOf } from '../../../../src/catalog/importers/as-of.js';
import type { MarketDates, MarketDraft } from '../../../../src/catalog/importers/formats/import-record.js';

const instant = '2025-06-20T00:00:00.000Z';
const justBefore = '2025-06-19T23:59:59.999Z';
const justAfter = '2025-06-20T00:00:00.001Z';
const asOf = { instantMs: Date.parse(instant), nowMs: Date.parse('2026-06-20T00:00:00.000Z') };

function stateAt(fields: Partial<MarketDraft>, dates: MarketDates = {}, listedPrice?: number) {
  const market = { id: 'm', title: 'T', createdAt: '2025-06-01T00:00:00.000Z', probability: 0.9, ...fields };
  return marketAsOf(market, dates, asOf, () => listedPrice);
}

function marketAt(...given: Parameters<typeof stateAt>): MarketDraft & { priceUnknown: boolean } {
  const state = stateAt(...given);
  if (state.kind !== 'market') throw new Error(state.kind);
  return { ...state.market, priceUnknown: state.priceUnknown };
}

describe('marketAsOf', () => {
  it('shifts all times so that the instant becomes now', () => {
    expect(marketAt({ resolvesAt: '2025-07-01T12:00:00.000Z' })).toMatchObject({
      createdAt: '2026-06-01T00:00:00.000Z',
      resolvesAt: '2026-07-01T12:00:00.000Z',
      status: 'OPEN',
    });
  });

  it('shifts the trading end, and leaves out one that the archive only recorded later', () => {
    const resolvesAt = '2025-07-01T12:00:00.000Z';
    expect(marketAt({ closesAt: justAfter, resolvesAt })).toHaveProperty('closesAt');
    expect(marketAt({ closesAt: justAfter, resolvesAt }, { closedAt: justAfter })).not.toHaveProperty(
      'closesAt',
    );
    expect(marketAt({ closesAt: instant, resolvesAt }, { closedAt: instant })).toMatchObject({
      ...{ closesAt: '2026-06-20T00:00:00.000Z', status: 'CLOSED' },
    });
  });

  it('keeps a resolution time at or before the instant only, and drops asOf', () => {
    const resolved = { status: 'RESOLVED', resolvedAt: instant, asOf: instant } as const;
    const market = marketAt(resolved, { resolvedAt: instant });
    expect(market).toMatchObject({ status: 'RESOLVED', resolvedAt: '2026-06-20T00:00:00.000Z' });
    expect(market).not.toHaveProperty('asOf');
    expect(marketAt({ ...resolved, resolvedAt: justAfter }, { resolvedAt: justAfter })).not.toHaveProperty(
      'resolvedAt',
    );
  });

  it('includes a market created at the instant, and none created after it', () => {
    expect(marketAt({ createdAt: instant }).createdAt).toBe('2026-06-20T00:00:00.000Z');
    expect(stateAt({ createdAt: justAfter })).toEqual({ kind: 'not-yet-created' });
  });

  it('rejects a market without a creation time', () => {
    const state = marketAsOf({ id: 'm', title: 'T' }, {}, asOf, () => undefined);
    expect(state).toMatchObject({
      kind: 'undated',
      reason: expect.stringMatching(/^createdAt: /) as string,
    });
  });

  it.each([
    ['closed at the instant', {}, { closedAt: instant }, 'CLOSED'],
    ['closed just after the instant', { status: 'CLOSED' }, { closedAt: justAfter }, 'OPEN'],
    [
      'resolved at the instant',
      { status: 'RESOLVED' },
      { closedAt: justBefore, resolvedAt: instant },
      'RESOLVED',
    ],
    [
      'closed before and resolved after the instant',
      { status: 'RESOLVED' },
      { closedAt: instant, resolvedAt: justAfter },
      'CLOSED',
    ],
    [
      'resolved after the instant but before its end date',
      { status: 'RESOLVED' },
      { resolvedAt: justAfter },
      'OPEN',
    ],
    ['with its end date at the instant', { resolvesAt: instant }, {}, 'CLOSED'],
    ['with its end date just after the instant', { resolvesAt: justAfter }, {}, 'OPEN'],
    ['resolved, with an end date only', { status: 'RESOLVED', resolvesAt: instant }, {}, 'RESOLVED'],
    ['traded beyond its end date', { resolvesAt: justBefore }, { closedAt: justAfter }, 'OPEN'],
    ['without an end', {}, {}, 'OPEN'],
    ['that ended at an unknown time', { status: 'RESOLVED' }, {}, 'CLOSED'],
    ['paused at an unknown time', { status: 'PAUSED' }, {}, 'OPEN'],
    ['cancelled at the instant', { status: 'CANCELLED' }, { resolvedAt: instant }, 'CANCELLED'],
    ['cancelled after the instant', { status: 'CANCELLED' }, { resolvedAt: justAfter }, 'OPEN'],
    ['with its trading end at the instant', { closesAt: instant, resolvesAt: justAfter }, {}, 'CLOSED'],
  ] as const)('returns the status of a market %s', (_, fields, dates, status) => {
    expect(marketAt(fields, dates).status).toBe(status);
  });

  it.each([
    ['dated just before the instant', {}, { pricedAt: justBefore }, true],
    ['dated at the instant', {}, { pricedAt: instant }, true],
    ['dated just after the instant', {}, { pricedAt: justAfter }, false],
    ['without a date', {}, {}, false],
    ['of a market that closed at the instant', {}, { closedAt: instant }, true],
    ['updated after the market had closed', {}, { closedAt: justBefore, pricedAt: justAfter }, true],
    ['of a market that closed after the instant', {}, { closedAt: justAfter }, false],
    [
      'of a market closed before and resolved after the instant',
      {},
      { closedAt: instant, resolvedAt: justAfter },
      false,
    ],
    ['of a market with an announced end at the instant', { resolvesAt: instant }, {}, true],
    [
      'dated after the announced end and after the instant',
      { resolvesAt: instant },
      { pricedAt: justAfter },
      false,
    ],
  ] as const)('uses a price only if it was known at the instant: %s', (_, fields, dates, isUsed) => {
    expect(marketAt(fields, dates, 0.2)).toMatchObject({
      probability: isUsed ? 0.9 : 0.2,
      priceUnknown: false,
    });
    expect(marketAt(fields, dates)).toMatchObject({
      probability: isUsed ? 0.9 : null,
      priceUnknown: !isUsed,
    });
  });

  it('keeps null, and looks up a probability that the archive lacks', () => {
    expect(marketAt({ probability: null }, {}, 0.2)).toMatchObject({
      probability: null,
      priceUnknown: false,
    });
    const unpriced = { id: 'm', title: 'T', createdAt: justBefore };
    const state = marketAsOf(unpriced, { pricedAt: justBefore }, asOf, () => 0.2);
    expect(state).toMatchObject({ kind: 'market', market: { probability: 0.2 } });
  });

  it('does not change volumes, which archives do not date', () => {
    expect(marketAt({ volumeTotal: 1000, volume24h: 10 })).toMatchObject({
      volumeTotal: 1000,
      volume24h: 10,
    });
  });

  it('omits an end date that is shifted beyond the year 9999', () => {
    expect(marketAt({ resolvesAt: '9999-12-01T00:00:00.000Z' })).not.toHaveProperty('resolvesAt');
  });

  it('shifts an interaction at the instant, and omits one after it', () => {
    const interaction = { userKey: 'u', marketId: 'm', eventType: 'CLICK', occurredAt: instant };
    expect(interactionAsOf(interaction, asOf)).toEqual({
      ...interaction,
      occurredAt: '2026-06-20T00:00:00.000Z',
    });
    expect(interactionAsOf({ ...interaction, occurredAt: justAfter }, asOf)).toBeUndefined();
  });

  it('leaks nothing about a market whose dates are all after the instant', () => {
    const later = fc
      .integer({ min: 1, max: 1e9 })
      .map((milliseconds) => new Date(asOf.instantMs + milliseconds).toISOString());
    const dates = fc.record({ closedAt: later, resolvedAt: later, pricedAt: later }, { requiredKeys: [] });
    const status = fc.constantFrom('CLOSED', 'RESOLVED');
    fc.assert(
      fc.property(later, dates, status, (resolvesAt, given, recordStatus) => {
        const market = marketAt({ status: recordStatus, resolvesAt }, given);
        expect(market).toMatchObject({ status: 'OPEN', probability: null });
      }),
    );
  });
});
