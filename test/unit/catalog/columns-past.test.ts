import { describe, expect, it } from 'vitest';
import { Catalog } from '../../../src/catalog/catalog.js';
import { PastMarkets } from '../../../src/catalog/past-markets.js';
import type { Market } from '../../../src/domain/market.js';
import { MarketRepository } from '../../../src/storage/markets/market-repository.js';
import { recordingLogger } from '../../support/log-lines.js';
import { storedMarket } from '../../support/stored-market.js';

describe('past markets', () => {
  it('are known by their words, their event and when they were made', () => {
    const past = new PastMarkets();
    const createdAt = new Date(Date.UTC(2026, 4, 1));
    past.remember(storedMarket('a', { title: 'Rain?', category: 'Weather', eventKey: 'e', createdAt }));
    expect(past.get('a')).toEqual({
      ...{ terms: ['rain', 'weather'], counts: [1, 2], eventKey: 'e' },
      createdAtMs: createdAt.getTime(),
    });
    expect(past.get('b')).toBeUndefined();
  });

  it('are let go of when there are too many, the least recently used first', () => {
    const past = new PastMarkets(2);
    past.remember(storedMarket('a'));
    past.remember(storedMarket('b'));
    past.get('a');
    past.remember(storedMarket('c'));
    expect(['a', 'b', 'c'].map((id) => past.get(id) !== undefined)).toEqual([true, false, true]);
  });
});

describe('the catalog', () => {
  it('knows what a market was about while it is open and after it left', async () => {
    const changes: Market[][] = [
      [storedMarket('a', { title: 'Rain?' }), storedMarket('b', { title: 'Snow?' })],
      [storedMarket('a', { title: 'Rain at noon?', status: 'CLOSED' })],
    ];
    let version = 0n;
    const changedSince = (): ReturnType<MarketRepository['changedSince']> =>
      Promise.resolve({ markets: changes.shift() ?? [], version: (version += 1n), hasMore: false });
    const markets = Object.assign(Object.create(MarketRepository.prototype) as MarketRepository, {
      ...{ changedSince, newestVersion: () => Promise.resolve(0n), open: () => Promise.resolve([]) },
    });
    const catalog = new Catalog({
      markets,
      lists: markets,
      writer: { write: () => Promise.resolve([]) },
      clock: () => 0,
      logger: recordingLogger().logger,
    });
    const termsOf = (id: string) => catalog.pastMarket(id)?.terms;
    await catalog.refresh();
    expect([termsOf('a'), termsOf('b'), termsOf('c')]).toEqual([
      ['rain', 'politic'],
      ['snow', 'politic'],
      undefined,
    ]);
    await catalog.refresh();
    expect([termsOf('a'), termsOf('b')]).toEqual([
      ['rain', 'noon', 'politic'],
      ['snow', 'politic'],
    ]);
    expect(catalog.snapshot.columns.ids).toEqual(['b']);
  });
});
