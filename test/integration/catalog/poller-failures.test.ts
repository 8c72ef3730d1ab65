import { describe, expect, it } from 'vitest';
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

const poll = (options: SourceOptions = {}, signal = new AbortController().signal) =>
  polled.poller({ url: `${site.url}/markets?key=secret`, pageSize: 2, ...options }).poll(signal);

/** The message of a failed poll, with the site's host replaced. */
async function failureOf(options: SourceOptions = {}): Promise<string> {
  const error: unknown = await poll(options).catch((failure: unknown) => failure);
  if (!(error instanceof SourceError)) throw new Error(`This is not a SourceError: ${String(error)}`);
  return error.message.replaceAll(new URL(site.url).host, 'site');
}

/** Overrides the response to the nth request. */
const overridePage = (page: number, override: ResponseOverride) => {
  site.override = (_, count) => (count === page ? override : undefined);
};
/** The numbers from 1 to `count`. */
const range = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe('a poll leaves the catalog unchanged and reports the reason after', () => {
  it.each<[string, ResponseOverride, string | RegExp]>([
    ['an error status', withStatus(404), 'site responded with 404 Not Found for page 2.'],
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
    [
      'JSON that is not a list',
      withBody('{"error": 1}'),
      /^site returned an unreadable page 2: .* must be an array/,
    ],
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
    overridePage(2, override);
    const message = await failureOf({ timeoutSeconds: 0.3, maxResponseMegabytes: 0.1 });
    expect(message).toMatch(sentence);
    expect(message).not.toContain('secret');
    // It is one sentence.
    expect(message.match(/[.!?](\s|$)/g)).toHaveLength(1);
    expect(await polled.statuses()).toEqual({});
  });

  it('a small body that is too large after decompression', async () => {
    site.gzip = true;
    site.markets = [gammaMarket(1, { description: 'x'.repeat(2_000_000) })];
    expect(await failureOf({ maxResponseMegabytes: 1 })).toBe(
      'site returned more than 1 MB for page 1, the maximum.',
    );
  });

  it('the host and the reason, without the query, when the connection is refused', async () => {
    const closed = await startMarketSite();
    await closed.close();
    const message = await failureOf({ url: `${closed.url}/markets?key=secret` });
    expect(message).toMatch(/^127\.0\.0\.1:\d+ could not be reached for page 1: .*ECONNREFUSED/);
    expect(message).not.toContain('secret');
  });

  it('a connection error from every address of the host', async () => {
    const refused = Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' });
    const fetch = () => Promise.reject(new TypeError('fetch failed', { cause: refused }));
    const poller = polled.poller({ url: 'https://site.test/markets' }, { fetch });
    await expect(poller.poll(new AbortController().signal)).rejects.toThrow(
      'site.test could not be reached for page 1: ECONNREFUSED.',
    );
  });

  it('the same page again from a site that ignores pagination', async () => {
    const page = JSON.stringify(range(2).map((number) => gammaMarket(number)));
    site.override = () => withBody(page);
    expect(await failureOf()).toBe('site returned page 1 again as page 2, so its list does not end.');
    site.manifold = [manifoldMarket(1), manifoldMarket(2, { id: '' }), manifoldMarket(3)];
    site.override = () => undefined;
    const manifold = { name: 'other', url: `${site.url}/v0/markets`, format: 'manifold' };
    expect(await failureOf(manifold)).toMatch(/^site returned page 1 with a last market without id/);
    expect(await polled.statuses()).toEqual({});
  });
});

describe('a poll', () => {
  it('follows a redirect within the same host', async () => {
    site.markets = [gammaMarket(1)];
    overridePage(1, withStatus(307, { location: '/markets?limit=2&offset=0' }));
    expect(await poll()).toMatchObject({ created: 1 });
    site.override = (request) =>
      request.path === '/round' ? withStatus(302, { location: '/round' }) : undefined;
    expect(await failureOf({ name: 'other', url: `${site.url}/round` })).toBe(
      'site redirects page 1 more than 3 times.',
    );
  });

  it('ends at once when its caller aborts it, writes nothing, and does not delay the next poll', async () => {
    site.markets = range(3).map((number) => gammaMarket(number));
    const stop = new AbortController();
    overridePage(2, (outgoing) => {
      outgoing.writeHead(200).write('[');
      stop.abort(new Error('shutting down'));
    });
    await expect(poll({ timeoutSeconds: 600 }, stop.signal)).rejects.toThrow('shutting down');
    await expect(poll({}, stop.signal)).rejects.toThrow('shutting down');
    expect(await polled.statuses()).toEqual({});
    expect(await poll()).toMatchObject({ created: 3 });
  });

  it('reports why the source failed even if the backoff cannot be stored', async () => {
    site.override = () => withStatus(500);
    const states = Object.assign(Object.create(polled.states) as typeof polled.states, {
      save: () => Promise.reject(new Error('no database')),
    });
    const poller = polled.poller({ url: `${site.url}/markets` }, { states });
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
    return (result.skippedUntil.getTime() - polled.clock.nowMs) / SECOND_MS;
  }

  it('is skipped for everySeconds minus 1 s, then twice as long each time, at most an hour', async () => {
    site.override = () => withStatus(500);
    for (const seconds of [599, 1_199, 2_399, 3_599, 3_599]) {
      await failureOf({ everySeconds: 600 });
      expect(await pauseSeconds({ everySeconds: 600 })).toBe(seconds);
      polled.clock.nowMs += seconds * SECOND_MS;
    }
  });

  it('is polled again at the end of the backoff, and a success resets it', async () => {
    site.markets = [gammaMarket(1)];
    site.override = (_, count) => (count <= 2 || count === 5 ? withStatus(500) : undefined);
    await failureOf();
    polled.clock.nowMs += 60 * SECOND_MS;
    await failureOf();
    // The default of everySeconds is 60; the second backoff is twice as long, minus 1 s.
    expect(await pauseSeconds()).toBe(119);
    polled.clock.nowMs += 119 * SECOND_MS - 1;
    expect(await pauseSeconds()).toBe(0.001);
    polled.clock.nowMs += 1;
    expect(await poll()).toMatchObject({ created: 1 });
    await failureOf();
    expect(await pauseSeconds()).toBe(59);
  });

  it.each([429, 503])('is not polled before the Retry-After of a response with status %i', async (status) => {
    site.override = () => withStatus(status, { 'retry-after': '700' });
    await failureOf();
    expect(await pauseSeconds()).toBe(700);
    polled.clock.nowMs += 700 * SECOND_MS;
    const date = new Date(polled.clock.nowMs + 5_000 * SECOND_MS).toUTCString();
    site.override = () => withStatus(status, { 'retry-after': date });
    await failureOf();
    expect(await pauseSeconds()).toBe(5_000);
  });

  it('keeps the validators of its pages, so that unchanged pages are not read again', async () => {
    site.markets = range(3).map((number) => gammaMarket(number));
    await poll();
    site.override = () => withStatus(500);
    await failureOf();
    site.override = () => undefined;
    polled.clock.nowMs += 60 * SECOND_MS;
    expect(await poll()).toMatchObject({ pages: 2, unchangedPages: 2 });
  });

  it('is polled at once when its url changes', async () => {
    site.markets = [gammaMarket(1)];
    site.override = (_, count) => (count === 1 ? withStatus(500) : undefined);
    await failureOf();
    expect(await poll({ url: `${site.url}/markets/keyset` })).toMatchObject({ created: 1 });
  });
});
