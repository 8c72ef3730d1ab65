import { describe, expect, it } from 'vitest';
import { Catalogue } from '../../src/catalogue/catalogue.js';
import { PastMarkets } from '../../src/catalogue/past-markets.js';
import type { Market } from '../../src/repositories/market.js';
import { MarketRepository } from '../../src/repositories/market-repository.js';
import { recordingLogger } from '../support/log-lines.js';
import { storedMarket } from '../support/stored-market.js';

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

describe('the catalogue', () => {
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
    const catalogue = new Catalogue({
      markets,
      lists: markets,
      writer: { write: () => Promise.resolve([]) },
      clock: () => 0,
      logger: recordingLogger().logger,
    });
    const termsOf = (id: string) => catalogue.pastMarket(id)?.terms;
    await catalogue.refresh();
    expect([termsOf('a'), termsOf('b'), termsOf('c')]).toEqual([
      ['rain', 'politic'],
      ['snow', 'politic'],
      undefined,
    ]);
    await catalogue.refresh();
    expect([termsOf('a'), termsOf('b')]).toEqual([
      ['rain', 'noon', 'politic'],
      ['snow', 'politic'],
    ]);
    expect(catalogue.snapshot.columns.ids).toEqual(['b']);
  });
});
