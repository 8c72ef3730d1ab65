import { describe, expect, it } from 'vitest';
import { gammaEvent, gammaMarket, withStatus, withBody, type MarketSite } from '../../support/market-site.js';
import type { PolledCatalog } from '../../support/polled-catalog.js';
import { usePolledSite } from '../../support/polled-site.js';

const NOW_MS = Date.UTC(2026, 5, 15, 12);

let polled: PolledCatalog;
let site: MarketSite;

usePolledSite(NOW_MS, (opened) => {
  ({ polled, site } = opened);
  site.markets = [1, 2, 3, 4, 5].map((number) => gammaMarket(number));
});

interface SourceOptions {
  readonly [option: string]: unknown;
}

const poll = (options: SourceOptions = {}) =>
  polled
    .poller({ url: `${site.url}/markets/keyset?closed=false`, pageSize: 2, closeMissing: true, ...options })
    .poll(new AbortController().signal);

const removeFromList = (...numbers: readonly number[]) => {
  site.markets = site.markets.filter(({ id }) => !numbers.includes(Number(id)));
};
const notOpen = async () =>
  Object.entries(await polled.statuses()).flatMap(([id, status]) =>
    status === 'OPEN' ? [] : [`${id} ${status}`],
  );

describe('a market that a source no longer lists', () => {
  it('is closed, and reopened when it is listed again', async () => {
    await poll();
    site.markets[1] = gammaMarket(2, { closed: true });
    expect(await poll()).toMatchObject({ closed: 1, created: 0, updated: 0 });
    expect(await notOpen()).toEqual(['0x2 CLOSED']);
    expect(await poll()).toMatchObject({ closed: 0, unchangedPages: 2 });
    site.markets[1] = gammaMarket(2);
    expect(await poll()).toMatchObject({ updated: 1 });
    expect(await notOpen()).toEqual([]);
  });

  it('is not closed without closeMissing', async () => {
    await poll({ closeMissing: false });
    removeFromList(2);
    expect(await poll({ closeMissing: false })).toMatchObject({ closed: 0 });
    await poll();
    removeFromList(3);
    expect(await poll({ closeMissing: false })).toMatchObject({ closed: 0 });
    expect(await notOpen()).toEqual([]);
    expect(await poll()).toMatchObject({ closed: 1 });
    expect(await notOpen()).toEqual(['0x3 CLOSED']);
  });

  it('is closed if only its page changed', async () => {
    site.events = [1, 2, 3].map((number) =>
      gammaEvent(number, [gammaMarket(number), gammaMarket(number + 10)]),
    );
    const events = { url: `${site.url}/events/keyset?closed=false`, pageSize: 1 };
    await poll(events);
    site.events[1] = gammaEvent(2, [gammaMarket(2)]);
    expect(await poll(events)).toMatchObject({ pages: 3, unchangedPages: 2, closed: 1 });
    expect(await notOpen()).toEqual(['0x12 CLOSED']);
  });

  it('stays resolved if it was resolved before it left the list', async () => {
    await poll();
    await polled.catalog.upsert([{ id: '0x2', status: 'RESOLVED' }]);
    removeFromList(2, 3);
    expect(await poll()).toMatchObject({ closed: 1 });
    expect(await notOpen()).toEqual(['0x2 RESOLVED', '0x3 CLOSED']);
  });

  it('is not closed by a truncated list, but by the next complete one', async () => {
    await poll();
    removeFromList(1);
    expect(await poll({ maxPages: 1 })).toMatchObject({ truncated: true, closed: 0 });
    removeFromList(3);
    expect(await poll({ maxPages: 1 })).toMatchObject({ truncated: true, closed: 0 });
    expect(await notOpen()).toEqual([]);
    expect(await poll()).toMatchObject({ truncated: false, closed: 2 });
    expect(await notOpen()).toEqual(['0x1 CLOSED', '0x3 CLOSED']);
  });

  it('is not closed by a failed poll', async () => {
    await poll();
    removeFromList(1);
    site.override = (_, count) => (count === 5 ? withStatus(500) : undefined);
    await expect(poll()).rejects.toThrow(/500/);
    expect(await notOpen()).toEqual([]);
    polled.clock.nowMs += 60_000;
    expect(await poll()).toMatchObject({ closed: 1 });
  });

  it('is not closed by an empty list', async () => {
    await poll();
    site.override = () => withBody('{"markets": []}');
    expect(await poll()).toMatchObject({ pages: 1, closed: 0 });
    site.override = () => undefined;
    removeFromList(4);
    expect(await poll()).toMatchObject({ closed: 1 });
    expect(await notOpen()).toEqual(['0x4 CLOSED']);
  });

  it('is not closed if it is listed but invalid', async () => {
    await poll();
    site.markets[1] = gammaMarket(2, { question: '' });
    site.markets[2] = gammaMarket(3, { outcomePrices: '[2, -1]' });
    removeFromList(5);
    expect(await poll()).toMatchObject({ rejected: 2, closed: 1 });
    expect(await notOpen()).toEqual(['0x5 CLOSED']);
  });

  it('is closed after two polls if offsets may skip a market once', async () => {
    const byOffset = { url: `${site.url}/markets?closed=false` };
    await poll(byOffset);
    // The first market is removed during the poll, so the third moves to an offset that was already fetched.
    site.override = () => {
      removeFromList(1);
      return undefined;
    };
    expect(await poll(byOffset)).toMatchObject({ closed: 0 });
    // The third is listed again, and the first is missing for the first time.
    expect(await poll(byOffset)).toMatchObject({ closed: 0 });
    expect(await poll(byOffset)).toMatchObject({ closed: 1 });
    expect(await notOpen()).toEqual(['0x1 CLOSED']);
  });

  it('is not closed if the source had another url before', async () => {
    await poll();
    site.events = [gammaEvent(1, [gammaMarket(1)])];
    expect(await poll({ url: `${site.url}/events/keyset` })).toMatchObject({ closed: 0 });
    expect(await notOpen()).toEqual([]);
  });
});
