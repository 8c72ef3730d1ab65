import { describe, expect, it } from 'vitest';
import { Catalog } from '../../../src/catalog/catalog.js';
import type { Market } from '../../../src/domain/market.js';
import { MarketRepository } from '../../../src/storage/markets/market-repository.js';
import { recordingLogger } from '../../support/log-lines.js';
import { storedMarket } from '../../support/stored-market.js';

/** A catalog whose refreshes return these changes, one list after the other, and then none. */
function catalogOf(...changes: Market[][]) {
  let version = 0n;
  const changedSince = (): ReturnType<MarketRepository['changedSince']> =>
    Promise.resolve({ markets: changes.shift() ?? [], version: (version += 1n), hasMore: false });
  const markets = Object.assign(Object.create(MarketRepository.prototype) as MarketRepository, {
    ...{ changedSince, newestVersion: () => Promise.resolve(0n), open: () => Promise.resolve([]) },
  });
  const { logger, lines } = recordingLogger();
  return {
    catalog: new Catalog({
      markets,
      lists: markets,
      writer: { write: () => Promise.resolve([]) },
      clock: () => 0,
      logger,
    }),
    lines,
  };
}

describe('Catalog.onChange', () => {
  it('passes changed markets, open or not, to listeners after the snapshot contains them', async () => {
    const opened = storedMarket('a');
    const closed = storedMarket('a', { status: 'CLOSED' });
    const { catalog } = catalogOf([opened], [closed], []);
    const notified: unknown[] = [];
    catalog.onChange((changed) => void notified.push([changed, catalog.snapshot.byId.has('a')]));
    for (let round = 1; round <= 3; round++) await catalog.refresh();
    expect(notified).toEqual([
      [[opened], true],
      [[closed], false],
    ]);
  });

  it('does not call a removed listener', async () => {
    const { catalog } = catalogOf([storedMarket('a')]);
    let calls = 0;
    const remove = catalog.onChange(() => (calls += 1));
    remove();
    await catalog.refresh();
    expect(calls).toBe(0);
  });

  it('logs a failing listener and still calls the others', async () => {
    const { catalog, lines } = catalogOf([storedMarket('a')]);
    let calls = 0;
    catalog.onChange(() => {
      throw new Error('no room');
    });
    catalog.onChange(() => (calls += 1));
    await catalog.refresh();
    expect([calls, catalog.loadedAtMs]).toEqual([1, 0]);
    expect(lines).toContainEqual(expect.objectContaining({ level: 50 }));
  });
});

describe('Catalog.pastMarket', () => {
  it('returns the terms of a market while it is open and after it closed', async () => {
    const { catalog } = catalogOf(
      [storedMarket('a', { title: 'Rain?' }), storedMarket('b', { title: 'Snow?' })],
      [storedMarket('a', { title: 'Rain at noon?', status: 'CLOSED' })],
    );
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
