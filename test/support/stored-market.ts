import type { MarketRecord } from '../../src/domain/market.js';

const numbers = new Map<string, number>();

/** A market as the database gives it, with the same number for the same id. */
export function storedMarket(id: string, details: Partial<MarketRecord> = {}): MarketRecord {
  const number = numbers.get(id) ?? numbers.size + 1;
  numbers.set(id, number);
  return {
    id,
    number,
    title: `Will ${id} happen?`,
    description: null,
    category: 'Politics',
    tags: [],
    probability: 0.5,
    volume24h: 0,
    volumeTotal: 0,
    participantCount: 0,
    volumeUnit: null,
    imageUrl: null,
    url: null,
    status: 'OPEN',
    openPastDue: false,
    createdAt: new Date('2026-01-01T00:00:00Z'),
    updatedAt: new Date('2026-01-01T00:00:00Z'),
    closesAt: null,
    resolvesAt: null,
    resolvedAt: null,
    editorialDescription: null,
    editorialBoost: 0,
    eventKey: null,
    source: null,
    blockedCountries: [],
    asOf: null,
    ...details,
  };
}
