import { describe, expect, it } from 'vitest';
import { Catalogue } from '../../src/catalogue/catalogue.js';
import type { Market } from '../../src/repositories/market.js';
import { MarketRepository } from '../../src/repositories/market-repository.js';
import { recordingLogger } from '../support/log-lines.js';
import { storedMarket } from '../support/stored-market.js';

/** A catalogue whose readings bring these changes, one after the other, and then none. */
function catalogueOf(...changes: Market[][]) {
  let version = 0n;
  const changedSince = (): ReturnType<MarketRepository['changedSince']> =>
    Promise.resolve({ markets: changes.shift() ?? [], version: (version += 1n), hasMore: false });
  const markets = Object.assign(Object.create(MarketRepository.prototype) as MarketRepository, {
    ...{ changedSince, newestVersion: () => Promise.resolve(0n), open: () => Promise.resolve([]) },
  });
  const { logger, lines } = recordingLogger();
  return {
    catalogue: new Catalogue({
      markets,
      lists: markets,
      writer: { write: () => Promise.resolve([]) },
      clock: () => 0,
      logger,
    }),
    lines,
  };
}

describe('the catalogue', () => {
  it('tells of markets that changed, open or not, once its snapshot has them', async () => {
    const opened = storedMarket('a');
    const closed = storedMarket('a', { status: 'CLOSED' });
    const { catalogue } = catalogueOf([opened], [closed], []);
    const told: unknown[] = [];
    catalogue.onChange((changed) => void told.push([changed, catalogue.snapshot.byId.has('a')]));
    for (let reading = 1; reading <= 3; reading++) await catalogue.refresh();
    expect(told).toEqual([
      [[opened], true],
      [[closed], false],
    ]);
  });

  it('tells no more when told to end', async () => {
    const { catalogue } = catalogueOf([storedMarket('a')]);
    let told = 0;
    const end = catalogue.onChange(() => (told += 1));
    end();
    await catalogue.refresh();
    expect(told).toBe(0);
  });

  it('is not held up by a listener that fails, nor are the others', async () => {
    const { catalogue, lines } = catalogueOf([storedMarket('a')]);
    let told = 0;
    catalogue.onChange(() => {
      throw new Error('no room');
    });
    catalogue.onChange(() => (told += 1));
    await catalogue.refresh();
    expect([told, catalogue.loadedAtMs]).toEqual([1, 0]);
    expect(lines).toContainEqual(expect.objectContaining({ level: 50 }));
  });
});
