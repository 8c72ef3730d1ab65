import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  gammaEvent,
  gammaMarket,
  refusing,
  saying,
  startMarketSite,
  type MarketSite,
} from '../../support/market-site.js';
import { openPolledCatalog, type PolledCatalog } from '../../support/polled-catalog.js';

const NOW_MS = Date.UTC(2026, 5, 15, 12);

let db: PolledCatalog;
let site: MarketSite;

beforeAll(async () => {
  db = await openPolledCatalog(NOW_MS);
});

beforeEach(async () => {
  db.clock.nowMs = NOW_MS;
  await db.clear();
  site = await startMarketSite();
  site.markets = [1, 2, 3, 4, 5].map((number) => gammaMarket(number));
  return () => site.close();
});

afterAll(() => db.close());

interface SourceOptions {
  readonly [option: string]: unknown;
}

const poll = (options: SourceOptions = {}) =>
  db
    .poller({ url: `${site.url}/markets/keyset?closed=false`, pageSize: 2, closeMissing: true, ...options })
    .poll(new AbortController().signal);

const delist = (...numbers: readonly number[]) => {
  site.markets = site.markets.filter(({ id }) => !numbers.includes(Number(id)));
};
const closedOnes = async () =>
  Object.entries(await db.statuses()).flatMap(([id, status]) =>
    status === 'OPEN' ? [] : [`${id} ${status}`],
  );

describe('a market that a source no longer lists', () => {
  it('is closed, and open again when it is back', async () => {
    await poll();
    site.markets[1] = gammaMarket(2, { closed: true });
    expect(await poll()).toMatchObject({ closed: 1, created: 0, updated: 0 });
    expect(await closedOnes()).toEqual(['0x2 CLOSED']);
    expect(await poll()).toMatchObject({ closed: 0, unchangedPages: 2 });
    site.markets[1] = gammaMarket(2);
    expect(await poll()).toMatchObject({ updated: 1 });
    expect(await closedOnes()).toEqual([]);
  });

  it('stays as it is unless that was asked for', async () => {
    await poll({ closeMissing: false });
    delist(2);
    expect(await poll({ closeMissing: false })).toMatchObject({ closed: 0 });
    await poll();
    delist(3);
    expect(await poll({ closeMissing: false })).toMatchObject({ closed: 0 });
    expect(await closedOnes()).toEqual([]);
    expect(await poll()).toMatchObject({ closed: 1 });
    expect(await closedOnes()).toEqual(['0x3 CLOSED']);
  });

  it('is closed though the page on which it was is all that changed', async () => {
    site.events = [1, 2, 3].map((number) =>
      gammaEvent(number, [gammaMarket(number), gammaMarket(number + 10)]),
    );
    const events = { url: `${site.url}/events/keyset?closed=false`, pageSize: 1 };
    await poll(events);
    site.events[1] = gammaEvent(2, [gammaMarket(2)]);
    expect(await poll(events)).toMatchObject({ pages: 3, unchangedPages: 2, closed: 1 });
    expect(await closedOnes()).toEqual(['0x12 CLOSED']);
  });

  it('stays resolved when it is', async () => {
    await poll();
    await db.catalog.upsert([{ id: '0x2', status: 'RESOLVED' }]);
    delist(2, 3);
    expect(await poll()).toMatchObject({ closed: 1 });
    expect(await closedOnes()).toEqual(['0x2 RESOLVED', '0x3 CLOSED']);
  });

  it('is not closed by a list that was not read to its end, but by the next that was', async () => {
    await poll();
    delist(1);
    expect(await poll({ maxPages: 1 })).toMatchObject({ truncated: true, closed: 0 });
    delist(3);
    expect(await poll({ maxPages: 1 })).toMatchObject({ truncated: true, closed: 0 });
    expect(await closedOnes()).toEqual([]);
    expect(await poll()).toMatchObject({ truncated: false, closed: 2 });
    expect(await closedOnes()).toEqual(['0x1 CLOSED', '0x3 CLOSED']);
  });

  it('is not closed by a poll that failed', async () => {
    await poll();
    delist(1);
    site.interrupt = (_, count) => (count === 5 ? refusing(500) : undefined);
    await expect(poll()).rejects.toThrow(/500/);
    expect(await closedOnes()).toEqual([]);
    db.clock.nowMs += 60_000;
    expect(await poll()).toMatchObject({ closed: 1 });
  });

  it('is not closed by a list that is empty all of a sudden', async () => {
    await poll();
    site.interrupt = () => saying('{"markets": []}');
    expect(await poll()).toMatchObject({ pages: 1, closed: 0 });
    site.interrupt = () => undefined;
    delist(4);
    expect(await poll()).toMatchObject({ closed: 1 });
    expect(await closedOnes()).toEqual(['0x4 CLOSED']);
  });

  it('is not one that is listed, but broken', async () => {
    await poll();
    site.markets[1] = gammaMarket(2, { question: '' });
    site.markets[2] = gammaMarket(3, { outcomePrices: '[2, -1]' });
    delist(5);
    expect(await poll()).toMatchObject({ rejected: 2, closed: 1 });
    expect(await closedOnes()).toEqual(['0x5 CLOSED']);
  });

  it('is closed at the second time where a list that moves may pass it over once', async () => {
    const byPlace = { url: `${site.url}/markets?closed=false` };
    await poll(byPlace);
    // The first market goes while the list is read, and the third moves to a place that was read already.
    site.interrupt = () => {
      delist(1);
      return undefined;
    };
    expect(await poll(byPlace)).toMatchObject({ closed: 0 });
    // Now the third is seen again, and the first is missing for the first time.
    expect(await poll(byPlace)).toMatchObject({ closed: 0 });
    expect(await poll(byPlace)).toMatchObject({ closed: 1 });
    expect(await closedOnes()).toEqual(['0x1 CLOSED']);
  });

  it('is none of another address that the source had before', async () => {
    await poll();
    site.events = [gammaEvent(1, [gammaMarket(1)])];
    expect(await poll({ url: `${site.url}/events/keyset` })).toMatchObject({ closed: 0 });
    expect(await closedOnes()).toEqual([]);
  });
});
