import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SourceFailure } from '../../../src/catalog/sources/source-failure.js';
import {
  brokenOff,
  dripping,
  gammaMarket,
  manifoldMarket,
  refusing,
  saying,
  silent,
  silentInMidBody,
  startMarketSite,
  type Interruption,
  type MarketSite,
} from '../../support/market-site.js';
import { openPolledCatalog, type PolledCatalog } from '../../support/polled-catalog.js';

const NOW_MS = Date.UTC(2026, 5, 15, 12);
const SECOND_MS = 1_000;

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

/** Why a poll failed, with the site's address taken out. */
async function failureOf(options: SourceOptions = {}): Promise<string> {
  const error: unknown = await poll(options).catch((failure: unknown) => failure);
  if (!(error instanceof SourceFailure)) throw new Error(`This did not fail as a source: ${String(error)}`);
  return error.message.replaceAll(new URL(site.url).host, 'site');
}

const onPage = (page: number, interruption: Interruption) => {
  site.interrupt = (_, count) => (count === page ? interruption : undefined);
};
const range = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe('a poll of which one page fails leaves the catalog as it was and says', () => {
  it.each<[string, Interruption, string | RegExp]>([
    ['with what status', refusing(404), 'site answered 404 Not Found when asked for page 2.'],
    ['with an unknown status', refusing(599), 'site answered 599 when asked for page 2.'],
    ['that only a part came', refusing(206), 'site answered 206 Partial Content when asked for page 2.'],
    [
      'that it was not changed without having been known',
      refusing(304),
      /^site says that page 2 has not changed, which/,
    ],
    ['that there is no answer', silent, 'site did not give page 2 within 0.3 s.'],
    ['that it stops in mid-body', silentInMidBody, 'site did not give page 2 within 0.3 s.'],
    ['that it comes too slowly', dripping(20), 'site did not give page 2 within 0.3 s.'],
    ['that it breaks off', brokenOff, /^site cannot be reached for page 2: .+\.$/],
    [
      'that it is no JSON',
      saying('<html>'),
      /^site gave as page 2 what cannot be read: The file is not JSON/,
    ],
    ['that it ends early', saying('[{"id": "1"}'), /^site gave as page 2 .* ends too early, after record 1/],
    ['that it is something else', saying('{"error": 1}'), /^site gave as page 2 .* must be a JSON array/],
    ['that it is empty', saying(''), /^site gave as page 2 what cannot be read: /],
    ['that it is too large', saying(`["${'x'.repeat(200_000)}"]`), 'site gave more than 0.1 MB as page 2.'],
    [
      'where else it is said to be',
      refusing(302, { location: 'https://elsewhere.test/markets?key=secret' }),
      'site redirects to https://elsewhere.test, which is followed only if it is the url of the source.',
    ],
    ['that it has moved to where nothing is', refusing(302, { location: '/gone' }), /^site answered 404/],
  ])('%s', async (_, interruption, sentence) => {
    site.markets = range(5).map((number) => gammaMarket(number));
    onPage(2, interruption);
    const message = await failureOf({ timeoutSeconds: 0.3, maxResponseMegabytes: 0.1 });
    expect(message).toMatch(sentence);
    expect(message).not.toContain('secret');
    expect(message.match(/[.!?](\s|$)/g)).toHaveLength(1);
    expect(await db.statuses()).toEqual({});
  });

  it('that a body of little size grows too large when it is decompressed', async () => {
    site.gzip = true;
    site.markets = [gammaMarket(1, { description: 'x'.repeat(2_000_000) })];
    expect(await failureOf({ maxResponseMegabytes: 1 })).toBe('site gave more than 1 MB as page 1.');
  });

  it('that nobody is there', async () => {
    const closed = await startMarketSite();
    await closed.close();
    const message = await failureOf({ url: `${closed.url}/markets?key=secret` });
    expect(message).toMatch(/^127\.0\.0\.1:\d+ cannot be reached for page 1: .*ECONNREFUSED/);
    expect(message).not.toContain('secret');
  });

  it('that none of a host’s addresses answers', async () => {
    const refused = Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' });
    const fetch = () => Promise.reject(new TypeError('fetch failed', { cause: refused }));
    const poller = db.poller({ url: 'https://site.test/markets' }, { fetch });
    await expect(poller.poll(new AbortController().signal)).rejects.toThrow(
      'site.test cannot be reached for page 1: ECONNREFUSED.',
    );
  });

  it('that the site does not page', async () => {
    const page = JSON.stringify(range(2).map((number) => gammaMarket(number)));
    site.interrupt = () => saying(page);
    expect(await failureOf()).toBe('site gave page 1 again as page 2, so that its list does not end.');
    site.manifold = [manifoldMarket(1), manifoldMarket(2, { id: '' }), manifoldMarket(3)];
    site.interrupt = () => undefined;
    const manifold = { name: 'other', url: `${site.url}/v0/markets`, format: 'manifold' };
    expect(await failureOf(manifold)).toMatch(/^site ended page 1 with a market without id/);
    expect(await db.statuses()).toEqual({});
  });
});

describe('a poll', () => {
  it('follows a redirection within the same host', async () => {
    site.markets = [gammaMarket(1)];
    onPage(1, refusing(307, { location: '/markets?limit=2&offset=0' }));
    expect(await poll()).toMatchObject({ created: 1 });
    site.interrupt = (request) =>
      request.path === '/round' ? refusing(302, { location: '/round' }) : undefined;
    expect(await failureOf({ name: 'other', url: `${site.url}/round` })).toBe(
      'site redirects page 1 again and again.',
    );
  });

  it('that is broken off by its caller ends at once, writes nothing and holds no later one up', async () => {
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

  it('tells why the source failed even when the back-off cannot be stored', async () => {
    site.interrupt = () => refusing(500);
    const states = Object.assign(Object.create(db.states) as typeof db.states, {
      save: () => Promise.reject(new Error('no database')),
    });
    const poller = db.poller({ url: `${site.url}/markets` }, { states });
    await expect(poller.poll(new AbortController().signal)).rejects.toThrow(/answered 500/);
  });
});

describe('a source that failed', () => {
  /** Seconds until it may be asked again, as the next poll says without asking. */
  async function pauseSeconds(options: SourceOptions = {}): Promise<number> {
    const before = site.requests.length;
    const answer = await poll(options);
    expect(site.requests).toHaveLength(before);
    if (!('skippedUntil' in answer)) throw new Error('This poll was not skipped.');
    expect(answer.failure).toMatch(/answered \d+/);
    return (answer.skippedUntil.getTime() - db.clock.nowMs) / SECOND_MS;
  }

  it('is left alone for everySeconds less one, then about twice as long each time, at most an hour', async () => {
    site.interrupt = () => refusing(500);
    for (const seconds of [599, 1_199, 2_399, 3_599, 3_599]) {
      await failureOf({ everySeconds: 600 });
      expect(await pauseSeconds({ everySeconds: 600 })).toBe(seconds);
      db.clock.nowMs += seconds * SECOND_MS;
    }
  });

  it('is asked again at that instant, and a success resets the pause', async () => {
    site.markets = [gammaMarket(1)];
    site.interrupt = (_, count) => (count <= 2 || count === 5 ? refusing(500) : undefined);
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

  it.each([429, 503])('with %i is not asked before its Retry-After has passed', async (status) => {
    site.interrupt = () => refusing(status, { 'retry-after': '700' });
    await failureOf();
    expect(await pauseSeconds()).toBe(700);
    db.clock.nowMs += 700 * SECOND_MS;
    const date = new Date(db.clock.nowMs + 5_000 * SECOND_MS).toUTCString();
    site.interrupt = () => refusing(status, { 'retry-after': date });
    await failureOf();
    expect(await pauseSeconds()).toBe(5_000);
  });

  it('keeps what was known of its pages', async () => {
    site.markets = range(3).map((number) => gammaMarket(number));
    await poll();
    site.interrupt = () => refusing(500);
    await failureOf();
    site.interrupt = () => undefined;
    db.clock.nowMs += 60 * SECOND_MS;
    expect(await poll()).toMatchObject({ pages: 2, unchangedPages: 2 });
  });

  it('has no pause under another address', async () => {
    site.markets = [gammaMarket(1)];
    site.interrupt = (_, count) => (count === 1 ? refusing(500) : undefined);
    await failureOf();
    expect(await poll({ url: `${site.url}/markets/keyset` })).toMatchObject({ created: 1 });
  });
});
