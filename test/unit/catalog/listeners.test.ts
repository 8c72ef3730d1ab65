import { describe, expect, it } from 'vitest';
import { Catalog } from '../../../src/catalog/catalog.js';
import type { Market } from '../../../src/domain/market.js';
import { MarketRepository } from '../../../src/storage/markets/market-repository.js';
import { recordingLogger } from '../../support/log-lines.js';
import { storedMarket } from '../../support/stored-market.js';

/** A catalog whose readings bring these changes, one after the other, and then none. */
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

describe('the catalog', () => {
  it('tells of markets that changed, open or not, once its snapshot has them', async () => {
    const opened = storedMarket('a');
    const closed = storedMarket('a', { status: 'CLOSED' });
    const { catalog } = catalogOf([opened], [closed], []);
    const told: unknown[] = [];
    catalog.onChange((changed) => void told.push([changed, catalog.snapshot.byId.has('a')]));
    for (let reading = 1; reading <= 3; reading++) await catalog.refresh();
    expect(told).toEqual([
      [[opened], true],
      [[closed], false],
    ]);
  });

  it('tells no more when told to end', async () => {
    const { catalog } = catalogOf([storedMarket('a')]);
    let told = 0;
    const end = catalog.onChange(() => (told += 1));
    end();
    await catalog.refresh();
    expect(told).toBe(0);
  });

  it('is not held up by a listener that fails, nor are the others', async () => {
    const { catalog, lines } = catalogOf([storedMarket('a')]);
    let told = 0;
    catalog.onChange(() => {
      throw new Error('no room');
    });
    catalog.onChange(() => (told += 1));
    await catalog.refresh();
    expect([told, catalog.loadedAtMs]).toEqual([1, 0]);
    expect(lines).toContainEqual(expect.objectContaining({ level: 50 }));
  });
});
