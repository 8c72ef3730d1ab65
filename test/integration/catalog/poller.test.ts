import { describe, expect, it } from 'vitest';
import { packageVersion } from '../../../src/config/package-version.js';
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
const gammaIds = (numbers: readonly number[]) => numbers.map((number) => `0x${number}`).toSorted();
const storedIds = async () => Object.keys(await polled.statuses()).toSorted();
const requested = (parameter: string) => site.requests.map(({ query }) => query.get(parameter));

const nothing = {
  ...{ created: 0, updated: 0, unchanged: 0, rejected: 0, repaired: 0, placeholders: 0 },
  ...{ closed: 0, truncated: false },
};

describe('a poll fetches all pages', () => {
  it('of Gamma’s markets by limit and offset, up to a shorter page', async () => {
    site.markets = range(7).map((number) => gammaMarket(number));
    expect(await poll('/markets', { pageSize: 3 })).toEqual({
      ...{ ...nothing, pages: 3, unchangedPages: 0, created: 7 },
    });
    expect(await storedIds()).toEqual(gammaIds(range(7)));
    expect(requested('limit')).toEqual(['3', '3', '3']);
    expect(requested('offset')).toEqual(['0', '3', '6']);
  });

  it('if the last page is full, or if the site returns fewer items than requested', async () => {
    site.markets = range(6).map((number) => gammaMarket(number));
    expect(await poll('/markets', { pageSize: 3 })).toMatchObject({ pages: 3, created: 6 });
    site.maxItems = 2;
    expect(await poll('/markets', { pageSize: 500 })).toMatchObject({ pages: 4, unchanged: 6 });
    expect(requested('offset').slice(3)).toEqual(['0', '2', '4', '6']);
  });

  it('of Gamma’s events with all their markets, including an event without markets', async () => {
    const numbers = [[1, 2], [4], [], [3]];
    site.events = numbers.map((inside, index) =>
      gammaEvent(
        index,
        inside.map((number) => gammaMarket(number)),
      ),
    );
    expect(await poll('/events', { pageSize: 2 })).toMatchObject({ pages: 3, created: 4 });
    expect(requested('offset')).toEqual(['0', '2', '4']);
    expect(await polled.market('0x3')).toMatchObject({ eventKey: 'event-3', tags: ['Politics'] });
  });

  it.each(['/markets/keyset', '/events/keyset'])(
    'of Gamma’s %s by the cursor of each response',
    async (path) => {
      site.markets = range(5).map((number) => gammaMarket(number));
      site.events = site.markets.map((market, index) => gammaEvent(index + 1, [market]));
      expect(await poll(path, { pageSize: 2 })).toMatchObject({ pages: 3, created: 5 });
      expect(requested('after_cursor')).toEqual([null, 'Mg', 'NA']);
      expect(requested('offset')).toEqual([null, null, null]);
    },
  );

  it('of Manifold’s markets by the id of the last one', async () => {
    site.manifold = range(5).map((number) => manifoldMarket(number));
    const options = { format: 'manifold', pageSize: 2 };
    expect(await poll('/v0/markets', options)).toMatchObject({ pages: 3, created: 5 });
    expect(requested('before')).toEqual([null, 'm2', 'm4']);
    expect(await poll('/v0/search-markets', options)).toMatchObject({ pages: 3, unchanged: 5 });
    expect(requested('offset').slice(3)).toEqual(['0', '2', '4']);
  });

  it('and keeps the parameters of the configured url', async () => {
    site.markets = range(3).map((number) => gammaMarket(number, { closed: number === 2 }));
    await poll('/markets?closed=false&order=volume24hr&ascending=false&key=a%2Fb', { pageSize: 2 });
    for (const name of ['closed', 'order', 'ascending', 'key'] as const) {
      const value = { closed: 'false', order: 'volume24hr', ascending: 'false', key: 'a/b' }[name];
      expect(requested(name)).toEqual([value, value]);
    }
    expect(await storedIds()).toEqual(['0x1', '0x3']);
    await poll('/markets');
    expect(requested('order').at(-1)).toBe('id');
  });

  it.each(['/markets', '/events/keyset', '/v0/markets'])(
    'which is one page for an empty list: %s',
    async (path) => {
      const format = path.startsWith('/v0') ? 'manifold' : 'gamma';
      expect(await poll(path, { format })).toEqual({ ...nothing, pages: 1, unchangedPages: 0 });
    },
  );

  it('up to maxPages', async () => {
    site.markets = range(9).map((number) => gammaMarket(number));
    expect(await poll('/markets', { pageSize: 3, maxPages: 2 })).toEqual({
      ...{ ...nothing, pages: 2, unchangedPages: 0, created: 6, truncated: true },
    });
    expect(site.requests).toHaveLength(2);
  });

  it('with a user agent, and accepts compressed responses', async () => {
    site.gzip = true;
    site.markets = [gammaMarket(1)];
    expect(await poll('/markets/keyset')).toMatchObject({ created: 1 });
    expect(site.requests[0]?.headers['user-agent']).toBe(`bellwether/${packageVersion()}`);
  });
});

describe('a poll updates the catalog', () => {
  it('and counts the markets by outcome', async () => {
    site.markets = range(3).map((number) => gammaMarket(number));
    await poll('/markets/keyset');
    site.validator = 'none';
    site.markets[1] = gammaMarket(2, { outcomePrices: '["0.5", "0.5"]' });
    site.markets.push(gammaMarket(4));
    expect(await poll('/markets/keyset')).toMatchObject({ created: 1, updated: 1, unchanged: 2 });
    expect(await polled.market('0x2')).toMatchObject({ probability: 0.5 });
  });

  it('except for rejected records, which are counted and logged with the first reasons', async () => {
    site.markets = range(9).map((number) => gammaMarket(number, number > 2 ? { question: '' } : {}));
    site.markets.push(gammaMarket(10, { outcomePrices: '[2, -1]' }));
    expect(await poll('/markets/keyset')).toMatchObject({ created: 2, rejected: 8 });
    const [line] = polled.lines.filter(({ rejected }) => rejected === 8);
    expect(line).toMatchObject({ source: 'site', level: 40 });
    expect(line?.['reasons']).toHaveLength(5);
    expect((line?.['reasons'] as string[])[0]).toBe('page 1, item 3: question: is empty');
  });

  it('and yields to the event loop, even if a page arrives at once', async () => {
    const markets = range(200).map((number) => gammaMarket(number, { description: 'x'.repeat(8_000) }));
    const body = JSON.stringify({ markets });
    let turns = 0;
    let isPolling = true;
    const turn = (): void => {
      turns += 1;
      if (isPolling) setImmediate(turn);
    };
    let turnsWhileParsing = 0;
    const catalog = {
      findByIds: () => Promise.resolve([]),
      upsert: () => {
        turnsWhileParsing = turns;
        return Promise.resolve([]);
      },
    };
    const fetchAtOnce = () => {
      turns = 0;
      return Promise.resolve(new Response(body));
    };
    const poller = polled.poller({ url: `${site.url}/markets/keyset` }, { catalog, fetch: fetchAtOnce });
    setImmediate(turn);
    await poller.poll(new AbortController().signal);
    isPolling = false;
    expect(turnsWhileParsing).toBeGreaterThan(body.length / (32 * 1_024));
  });

  it('with the later version of a market that is on two pages', async () => {
    site.markets = range(3).map((number) => gammaMarket(number));
    site.override = (_, count) => {
      // After the first page, a new market is inserted at the front.
      if (count === 1)
        site.markets = [0, 1, 2, 3].map((number) => gammaMarket(number, { question: `${number}?` }));
      return undefined;
    };
    expect(await poll('/markets', { pageSize: 2 })).toMatchObject({ pages: 3, created: 3 });
    expect(await polled.market('0x2')).toMatchObject({ title: '2?' });
  });

  it('in several batches if the list is long', async () => {
    site.markets = range(1_001).map((number) => gammaMarket(number));
    expect(await poll('/markets/keyset', { pageSize: 500 })).toMatchObject({ pages: 3, created: 1_001 });
    expect(await storedIds()).toHaveLength(1_001);
  });
});
