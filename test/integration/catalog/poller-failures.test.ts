import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SourceError } from '../../../src/catalog/sources/source-error.js';
import { SECOND_MS } from '../../../src/lib/time.js';
import {
  brokenConnection,
  slowBody,
  gammaMarket,
  manifoldMarket,
  withStatus,
  withBody,
  noResponse,
  stalledBody,
  startMarketSite,
  type ResponseOverride,
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
  return () => site.close();
});

afterAll(() => db.close());

interface SourceOptions {
  readonly [option: string]: unknown;
}

const poll = (options: SourceOptions = {}, signal = new AbortController().signal) =>
  db.poller({ url: `${site.url}/markets?key=secret`, pageSize: 2, ...options }).poll(signal);

/** The message of a failed poll, with the site's host replaced. */
async function failureOf(options: SourceOptions = {}): Promise<string> {
  const error: unknown = await poll(options).catch((failure: unknown) => failure);
  if (!(error instanceof SourceError)) throw new Error(`This is not a SourceError: ${String(error)}`);
  return error.message.replaceAll(new URL(site.url).host, 'site');
}

const onPage = (page: number, override: ResponseOverride) => {
  site.override = (_, count) => (count === page ? override : undefined);
};
const range = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe('a poll with a failed page leaves the catalog unchanged and reports', () => {
  it.each<[string, ResponseOverride, string | RegExp]>([
    ['the status', withStatus(404), 'site responded with 404 Not Found for page 2.'],
    ['an unknown status', withStatus(599), 'site responded with 599 for page 2.'],
    ['partial content', withStatus(206), 'site responded with 206 Partial Content for page 2.'],
    ['an unexpected 304', withStatus(304), /^site responded with 304 Not Modified for page 2, but/],
    ['no response', noResponse, 'site did not return page 2 within 0.3 s.'],
    ['a stalled body', stalledBody, 'site did not return page 2 within 0.3 s.'],
    ['a slow body', slowBody(20), 'site did not return page 2 within 0.3 s.'],
    ['a broken connection', brokenConnection, /^site could not be reached for page 2: .+\.$/],
    [
      'a body that is not JSON',
      withBody('<html>'),
      /^site returned an unreadable page 2: The text is not valid JSON/,
    ],
    [
      'truncated JSON',
      withBody('[{"id": "1"}'),
      /^site returned an unreadable page 2: .* ends too early, after record 1/,
    ],
    ['other JSON', withBody('{"error": 1}'), /^site returned an unreadable page 2: .* must be an array/],
    ['an empty body', withBody(''), /^site returned an unreadable page 2: The text is empty/],
    [
      'a body that is too large',
      withBody(`["${'x'.repeat(200_000)}"]`),
      'site returned more than 0.1 MB for page 2, the maximum.',
    ],
    [
      'a redirect to another host',
      withStatus(302, { location: 'https://elsewhere.test/markets?key=secret' }),
      'site redirects to https://elsewhere.test; to follow it, set it as the url of the source.',
    ],
    ['a redirect to a missing page', withStatus(302, { location: '/gone' }), /^site responded with 404/],
  ])('%s', async (_, override, sentence) => {
    site.markets = range(5).map((number) => gammaMarket(number));
    onPage(2, override);
    const message = await failureOf({ timeoutSeconds: 0.3, maxResponseMegabytes: 0.1 });
    expect(message).toMatch(sentence);
    expect(message).not.toContain('secret');
    expect(message.match(/[.!?](\s|$)/g)).toHaveLength(1);
    expect(await db.statuses()).toEqual({});
  });

  it('a small body that is too large after decompression', async () => {
    site.gzip = true;
    site.markets = [gammaMarket(1, { description: 'x'.repeat(2_000_000) })];
    expect(await failureOf({ maxResponseMegabytes: 1 })).toBe(
      'site returned more than 1 MB for page 1, the maximum.',
    );
  });

  it('a refused connection', async () => {
    const closed = await startMarketSite();
    await closed.close();
    const message = await failureOf({ url: `${closed.url}/markets?key=secret` });
    expect(message).toMatch(/^127\.0\.0\.1:\d+ could not be reached for page 1: .*ECONNREFUSED/);
    expect(message).not.toContain('secret');
  });

  it('a host of which all addresses fail', async () => {
    const refused = Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' });
    const fetch = () => Promise.reject(new TypeError('fetch failed', { cause: refused }));
    const poller = db.poller({ url: 'https://site.test/markets' }, { fetch });
    await expect(poller.poll(new AbortController().signal)).rejects.toThrow(
      'site.test could not be reached for page 1: ECONNREFUSED.',
    );
  });

  it('a site that ignores paging', async () => {
    const page = JSON.stringify(range(2).map((number) => gammaMarket(number)));
    site.override = () => withBody(page);
    expect(await failureOf()).toBe('site returned page 1 again as page 2, so its list does not end.');
    site.manifold = [manifoldMarket(1), manifoldMarket(2, { id: '' }), manifoldMarket(3)];
    site.override = () => undefined;
    const manifold = { name: 'other', url: `${site.url}/v0/markets`, format: 'manifold' };
    expect(await failureOf(manifold)).toMatch(/^site returned page 1 with a last market without id/);
    expect(await db.statuses()).toEqual({});
  });
});

describe('a poll', () => {
  it('follows a redirect within the same host', async () => {
    site.markets = [gammaMarket(1)];
    onPage(1, withStatus(307, { location: '/markets?limit=2&offset=0' }));
    expect(await poll()).toMatchObject({ created: 1 });
    site.override = (request) =>
      request.path === '/round' ? withStatus(302, { location: '/round' }) : undefined;
    expect(await failureOf({ name: 'other', url: `${site.url}/round` })).toBe(
      'site redirects page 1 more than 3 times.',
    );
  });

  it('that its caller aborts ends at once, writes nothing, and does not delay the next poll', async () => {
    site.markets = range(3).map((number) => gammaMarket(number));
    const stop = new AbortController();
    onPage(2, (outgoing) => {
      outgoing.writeHead(200).write('[');
      stop.abort(new Error('shutting down'));
    });
    await expect(poll({ timeoutSeconds: 600 }, stop.signal)).rejects.toThrow('shutting down');
    await expect(poll({}, stop.signal)).rejects.toThrow('shutting down');
    expect(await db.statuses()).toEqual({});
    expect(await poll()).toMatchObject({ created: 3 });
  });

  it('reports why the source failed even if the backoff cannot be stored', async () => {
    site.override = () => withStatus(500);
    const states = Object.assign(Object.create(db.states) as typeof db.states, {
      save: () => Promise.reject(new Error('no database')),
    });
    const poller = db.poller({ url: `${site.url}/markets` }, { states });
    await expect(poller.poll(new AbortController().signal)).rejects.toThrow(/responded with 500/);
  });
});

describe('a source in backoff', () => {
  /** Seconds until the next request, as reported by a skipped poll. */
  async function pauseSeconds(options: SourceOptions = {}): Promise<number> {
    const before = site.requests.length;
    const result = await poll(options);
    expect(site.requests).toHaveLength(before);
    if (!('skippedUntil' in result)) throw new Error('This poll was not skipped.');
    expect(result.failure).toMatch(/responded with \d+/);
    return (result.skippedUntil.getTime() - db.clock.nowMs) / SECOND_MS;
  }

  it('is skipped for everySeconds minus 1 s, then twice as long each time, at most an hour', async () => {
    site.override = () => withStatus(500);
    for (const seconds of [599, 1_199, 2_399, 3_599, 3_599]) {
      await failureOf({ everySeconds: 600 });
      expect(await pauseSeconds({ everySeconds: 600 })).toBe(seconds);
      db.clock.nowMs += seconds * SECOND_MS;
    }
  });

  it('is polled again at the end of the backoff, and a success resets it', async () => {
    site.markets = [gammaMarket(1)];
    site.override = (_, count) => (count <= 2 || count === 5 ? withStatus(500) : undefined);
    await failureOf();
    db.clock.nowMs += 60 * SECOND_MS;
    await failureOf();
    expect(await pauseSeconds()).toBe(119);
    db.clock.nowMs += 119 * SECOND_MS - 1;
    expect(await pauseSeconds()).toBe(0.001);
    db.clock.nowMs += 1;
    expect(await poll()).toMatchObject({ created: 1 });
    await failureOf();
    expect(await pauseSeconds()).toBe(59);
  });

  it.each([429, 503])('with status %i is not polled before its Retry-After', async (status) => {
    site.override = () => withStatus(status, { 'retry-after': '700' });
    await failureOf();
    expect(await pauseSeconds()).toBe(700);
    db.clock.nowMs += 700 * SECOND_MS;
    const date = new Date(db.clock.nowMs + 5_000 * SECOND_MS).toUTCString();
    site.override = () => withStatus(status, { 'retry-after': date });
    await failureOf();
    expect(await pauseSeconds()).toBe(5_000);
  });

  it('keeps the state of its pages', async () => {
    site.markets = range(3).map((number) => gammaMarket(number));
    await poll();
    site.override = () => withStatus(500);
    await failureOf();
    site.override = () => undefined;
    db.clock.nowMs += 60 * SECOND_MS;
    expect(await poll()).toMatchObject({ pages: 2, unchangedPages: 2 });
  });

  it('is polled at once under another url', async () => {
    site.markets = [gammaMarket(1)];
    site.override = (_, count) => (count === 1 ? withStatus(500) : undefined);
    await failureOf();
    expect(await poll({ url: `${site.url}/markets/keyset` })).toMatchObject({ created: 1 });
  });
});
