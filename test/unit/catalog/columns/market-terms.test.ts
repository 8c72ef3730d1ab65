import { describe, expect, it } from 'vitest';
import { ClosedMarketCache, marketTerms } from '../../../../src/catalog/columns/market-terms.js';
import { columnsOfMarkets } from '../../../support/scoring-v2.js';
import { storedMarket } from '../../../support/stored-market.js';

describe('marketTerms', () => {
  it('computes terms once per market object, and building columns does not change them', () => {
    const one = storedMarket('a', { title: 'Bitcoin halving?' });
    const terms = marketTerms(one);
    expect(terms.terms).toEqual(['bitcoin', 'halving', 'politic']);
    expect(terms.counts).toEqual([1, 1, 2]);
    expect(marketTerms(one)).toBe(terms);
    columnsOfMarkets(one, storedMarket('b', { title: 'Bitcoin?' }));
    expect(terms.terms).toEqual(['bitcoin', 'halving', 'politic']);
  });
});

describe('ClosedMarketCache', () => {
  it('returns terms, event, and creation time of a closed market', () => {
    const cache = new ClosedMarketCache();
    const createdAt = new Date(Date.UTC(2026, 4, 1));
    cache.add(storedMarket('a', { title: 'Rain?', category: 'Weather', eventKey: 'e', createdAt }));
    expect(cache.get('a')).toEqual({
      ...{ terms: ['rain', 'weather'], counts: [1, 2], eventKey: 'e' },
      ...{ createdAtMs: createdAt.getTime(), endsAtMs: Infinity, category: 'weather', vector: null },
      patterns: { ladder: 'rain?', numbers: [], series: 'e', family: 'event e' },
    });
    expect(cache.get('b')).toBeUndefined();
  });

  it('evicts the least recently used market when full', () => {
    const cache = new ClosedMarketCache(2);
    cache.add(storedMarket('a'));
    cache.add(storedMarket('b'));
    cache.get('a');
    cache.add(storedMarket('c'));
    expect(['a', 'b', 'c'].map((id) => cache.get(id) !== undefined)).toEqual([true, false, true]);
  });
});
