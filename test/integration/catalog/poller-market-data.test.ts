import { describe, expect, it } from 'vitest';
import { gammaEvent, gammaMarket, manifoldMarket, type MarketSite } from '../../support/market-site.js';
import type { PolledCatalog } from '../../support/polled-catalog.js';
import { usePolledSite } from '../../support/polled-site.js';

const NOW_MS = Date.UTC(2026, 5, 15, 12);

let polled: PolledCatalog;
let site: MarketSite;

usePolledSite(NOW_MS, (opened) => {
  ({ polled, site } = opened);
});

const poll = (path: string, options: object = {}) =>
  polled.poller({ url: `${site.url}${path}`, ...options }).poll(new AbortController().signal);

describe('a market with invalid optional fields', () => {
  const invalid = {
    question: 'Will the harbour bridge open? '.repeat(17).slice(0, 503),
    image: '//cdn.example/a.png',
    tags: [null, { label: 'Politics' }, 7, ...Array.from({ length: 70 }, (_, index) => `tag ${index}`)],
    volumeNum: -5e-14,
    volume24hr: 'unknown',
    startDate: 'soon',
  };

  it('is resolved by the same update', async () => {
    site.markets = [gammaMarket(1)];
    await poll('/markets');
    expect(await polled.statuses()).toEqual({ '0x1': 'OPEN' });
    const settled = { closed: true, outcomePrices: '["1.0000002", "-2e-7"]', ...invalid };
    site.markets = [gammaMarket(1, settled)];
    expect(await poll('/markets')).toMatchObject({ updated: 1, rejected: 0, repaired: 1 });
    expect(await polled.market('0x1')).toMatchObject({
      ...{ status: 'RESOLVED', probability: 1, volumeTotal: 0, volume24h: null },
      imageUrl: 'https://cdn.example/a.png',
    });
    site.validator = 'none';
    expect(await poll('/markets')).toMatchObject({ updated: 0, unchanged: 1, repaired: 1 });
    const { title, tags } = (await polled.market('0x1')) ?? { title: '', tags: [] };
    expect(title.length).toBeLessThanOrEqual(500);
    expect(tags.slice(0, 2)).toEqual(['Politics', 'tag 0']);
    expect(tags).toHaveLength(64);
  });

  it('is imported with an invalid event, and counted once', async () => {
    site.events = [gammaEvent(1, [gammaMarket(1), gammaMarket(2, invalid)], { title: 5, tags: [null] })];
    expect(await poll('/events')).toMatchObject({ created: 2, rejected: 0, repaired: 2 });
    site.manifold = [manifoldMarket(1, { volume: 'much', groupSlugs: [null, 'sports'], closeTime: {} })];
    expect(await poll('/v0/markets', { format: 'manifold' })).toMatchObject({ created: 1, repaired: 1 });
    expect(await polled.market('m1')).toMatchObject({
      tags: ['sports'],
      resolvesAt: null,
      volumeTotal: null,
    });
  });

  it('is still rejected for an invalid price or identity', async () => {
    site.markets = [
      gammaMarket(1, { outcomePrices: '["1.2", "-0.2"]' }),
      gammaMarket(2, { conditionId: {} }),
    ];
    expect(await poll('/markets')).toMatchObject({ created: 0, rejected: 2 });
  });
});

describe('the figures and status of a polled market', () => {
  const at = (ms: number) => new Date(NOW_MS + ms).toISOString();

  it('are those of the start of the poll, whenever the site changed them last', async () => {
    site.markets = [gammaMarket(1, { updatedAt: at(-3_600_000) })];
    site.manifold = [manifoldMarket(1, { lastUpdatedTime: NOW_MS - 3_600_000, closeTime: NOW_MS - 1 })];
    await poll('/markets');
    await poll('/v0/markets', { format: 'manifold' });
    await polled.catalog.upsert(
      ['0x1', 'm1'].map((id) => ({ id, probability: 0.99, status: 'OPEN', asOf: at(-60_000) })),
    );
    expect(await polled.statuses()).toEqual({ '0x1': 'OPEN', m1: 'CLOSED' });
    expect((await polled.market('0x1'))?.probability).not.toBe(0.99);
  });

  it('apply after a push without asOf', async () => {
    site.validator = 'none';
    site.markets = [gammaMarket(1, { updatedAt: at(-3_600_000) })];
    await poll('/markets');
    await polled.catalog.upsert([{ id: '0x1', status: 'CLOSED' }]);
    polled.clock.nowMs += 1_000;
    expect(await poll('/markets')).toMatchObject({ updated: 1 });
    expect(await polled.statuses()).toEqual({ '0x1': 'OPEN' });
  });
});

describe('a market past its resolution time', () => {
  const end = { endDate: new Date(NOW_MS + 60_000).toISOString() };

  it('is overdue from the next poll that lists it as open, even if its page has not changed', async () => {
    site.markets = [gammaMarket(1, end), gammaMarket(2)];
    await poll('/markets/keyset');
    polled.clock.nowMs += 60_001;
    expect(await polled.market('0x1')).toMatchObject({ status: 'OPEN', openPastDue: false });
    expect(await poll('/markets/keyset')).toMatchObject({ updated: 1, unchanged: 1 });
    expect(await polled.market('0x1')).toMatchObject({ status: 'OPEN', openPastDue: true });
    expect(await poll('/markets/keyset')).toMatchObject({ unchangedPages: 1, updated: 0 });
    site.markets = [gammaMarket(1, { ...end, closed: true }), gammaMarket(2)];
    await poll('/markets/keyset');
    expect(await polled.market('0x1')).toMatchObject({ status: 'CLOSED', openPastDue: false });
  });
});

describe('a placeholder for unnamed answers', () => {
  it('is skipped and counted', async () => {
    site.events = [gammaEvent(1, [gammaMarket(1), gammaMarket(2, { negRiskOther: true })])];
    expect(await poll('/events')).toMatchObject({ created: 1, rejected: 0, placeholders: 1 });
    expect(await polled.statuses()).toEqual({ '0x1': 'OPEN' });
  });
});

describe('an id that is a JSON number', () => {
  it('keeps all its digits above 2^53', async () => {
    const digits = ['21742633143463906290569050155826241533067', '9007199254740993', '9007199254740992'];
    site.override = (_, count) => (outgoing) =>
      void outgoing.end(
        count > 1 ? '[]' : `[${digits.map((id) => `{"id":${id},"question":"Q ${id}?"}`).join(',')}]`,
      );
    expect(await poll('/markets')).toMatchObject({ created: 3 });
    expect(Object.keys(await polled.statuses()).toSorted()).toEqual(digits.toSorted());
  });
});

describe('a page that is not UTF-8', () => {
  const page = Buffer.from('[{"id":"1","question":"Café?"},{"id":"2","question":"Tea?"}]', 'latin1');
  const answering = (contentType: string) => {
    site.override = () => (outgoing) => {
      outgoing.writeHead(200, { 'content-type': contentType }).end(page);
    };
  };

  it('is decoded in the charset that the site declares', async () => {
    answering('application/json; charset=ISO-8859-1');
    expect(await poll('/markets/keyset')).toMatchObject({ created: 2, rejected: 0 });
    expect(await polled.market('1')).toMatchObject({ title: 'Café?' });
  });

  it('has its invalid records rejected without a declared charset, and closes no market', async () => {
    const closing = { closeMissing: true };
    answering('application/json; charset=latin1');
    await poll('/markets/keyset', closing);
    answering('application/json');
    for (const attempt of [1, 2, 3]) {
      expect([attempt, await poll('/markets/keyset', closing)]).toMatchObject([
        attempt,
        { rejected: 1, closed: 0 },
      ]);
    }
    expect(await polled.statuses()).toEqual({ 1: 'OPEN', 2: 'OPEN' });
  });
});
