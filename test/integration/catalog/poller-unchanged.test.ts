import { describe, expect, it } from 'vitest';
import { MINUTE_MS } from '../../../src/lib/time.js';
import { gammaEvent, gammaMarket, manifoldMarket, type MarketSite } from '../../support/market-site.js';
import type { PolledCatalog } from '../../support/polled-catalog.js';
import { usePolledSite } from '../../support/polled-site.js';

const NOW_MS = Date.UTC(2026, 5, 15, 12);

let polled: PolledCatalog;
let site: MarketSite;

usePolledSite(NOW_MS, (opened) => {
  ({ polled, site } = opened);
});

interface SourceOptions {
  readonly [option: string]: unknown;
}

/** Each poll uses a new poller, like a poll of another process. */
const poll = (path: string, options: SourceOptions = {}) =>
  polled.poller({ url: `${site.url}${path}`, ...options }).poll(new AbortController().signal);

const range = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
const hadValidator = () =>
  site.requests.map(({ headers }) => 'if-none-match' in headers || 'if-modified-since' in headers);

const nothing = {
  ...{ created: 0, updated: 0, unchanged: 0, rejected: 0, repaired: 0, placeholders: 0 },
  ...{ closed: 0, truncated: false },
};

describe('a page that has not changed', () => {
  it.each(['etag', 'last-modified'] as const)(
    'is not sent again, and the following pages are still fetched: %s',
    async (validator) => {
      site.validator = validator;
      const lists = [
        { path: '/markets', options: { pageSize: 2 }, pages: 3 },
        { path: '/events/keyset', options: { pageSize: 2 }, pages: 3 },
        { path: '/v0/markets', options: { pageSize: 2, format: 'manifold' }, pages: 3 },
      ];
      for (const { path, options, pages } of lists) {
        await polled.clear();
        site.requests.length = 0;
        site.markets = range(5).map((number) => gammaMarket(number));
        site.events = site.markets.map((market, index) => gammaEvent(index + 1, [market]));
        site.manifold = range(5).map((number) => manifoldMarket(number));
        expect(await poll(path, options)).toMatchObject({ pages, unchangedPages: 0, created: 5 });
        expect(await poll(path, options)).toEqual({ ...nothing, pages, unchangedPages: pages });
        expect(hadValidator()).toEqual([false, false, false, true, true, true]);
      }
    },
  );

  it('is detected for each page separately', async () => {
    site.markets = range(6).map((number) => gammaMarket(number));
    await poll('/markets', { pageSize: 2 });
    site.markets[2] = gammaMarket(3, { volumeNum: 5 });
    expect(await poll('/markets', { pageSize: 2 })).toMatchObject({
      ...{ pages: 4, unchangedPages: 3, updated: 1, unchanged: 1 },
    });
  });

  it('is fetched again if the request differs or the stored state is invalid', async () => {
    site.markets = [gammaMarket(1)];
    await poll('/markets/keyset');
    expect(await poll('/markets/keyset', { pageSize: 7 })).toMatchObject({ unchangedPages: 0 });
    expect(await poll('/markets/keyset', { pageSize: 7, closeMissing: true })).toMatchObject({
      unchangedPages: 0,
    });
    await polled.states.save('site', { from: 'another version' }, new Date(NOW_MS));
    expect(await poll('/markets/keyset', { pageSize: 7 })).toMatchObject({ unchangedPages: 0 });
    expect(hadValidator()).toEqual([false, false, false, false]);
  });

  it('is fetched again when a market reaches its close time, which closes the market', async () => {
    site.manifold = [1, 2].map((number) =>
      manifoldMarket(number, { closeTime: NOW_MS + number * MINUTE_MS }),
    );
    const open = async () => {
      await poll('/v0/markets', { format: 'manifold' });
      return Object.values(await polled.statuses());
    };
    expect(await open()).toEqual(['OPEN', 'OPEN']);
    polled.clock.nowMs += MINUTE_MS - 1;
    expect(await open()).toEqual(['OPEN', 'OPEN']);
    polled.clock.nowMs += 1;
    expect(await open()).toEqual(['CLOSED', 'OPEN']);
    polled.clock.nowMs += MINUTE_MS;
    expect(await open()).toEqual(['CLOSED', 'CLOSED']);
    // The empty last page never has to be fetched again.
    expect(hadValidator()).toEqual([false, false, true, true, false, true, false, true]);
  });

  it('is fetched again until the catalog has stored its markets', async () => {
    site.markets = [gammaMarket(1)];
    const catalog = {
      findByIds: () => Promise.resolve([]),
      upsert: () => Promise.reject(new Error('no database')),
    };
    const broken = polled.poller({ url: `${site.url}/markets/keyset` }, { catalog });
    await expect(broken.poll(new AbortController().signal)).rejects.toThrow('no database');
    expect(await poll('/markets/keyset')).toMatchObject({ created: 1, unchangedPages: 0 });
    expect(hadValidator()).toEqual([false, false]);
  });

  it('does not save the state if nothing changed', async () => {
    site.markets = [gammaMarket(1)];
    await poll('/markets/keyset');
    const states = {
      find: polled.states.find.bind(polled.states),
      save: () => Promise.reject(new Error('saved')),
    };
    const poller = polled.poller(
      { url: `${site.url}/markets/keyset` },
      { states: Object.assign(Object.create(polled.states) as typeof polled.states, states) },
    );
    expect(await poller.poll(new AbortController().signal)).toMatchObject({ unchangedPages: 1 });
  });
});
