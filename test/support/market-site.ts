import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

type Item = Readonly<Record<string, unknown>>;

export interface SiteRequest {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
}

/** Answers instead of the site; gets what the site would have said. */
export type Interruption = (outgoing: ServerResponse, body: string) => void;

/**
 * A prediction-market site whose lists page as those of Polymarket's Gamma API and of Manifold do: `/markets`,
 * `/events`, both with `/keyset`, `/v0/markets` and `/v0/search-markets`.
 */
export interface MarketSite {
  readonly url: string;
  /** What `/markets` lists, in the order of ids. */
  markets: Item[];
  events: Item[];
  /** What `/v0/markets` lists, newest first. */
  manifold: Item[];
  /** More items are never given at once, whatever the limit asked for. */
  mostItems: number;
  /** How a state of a page is named. */
  validator: 'etag' | 'last-modified' | 'none';
  /** Changes with every change of the site, when it names states by time. */
  lastModified: string;
  gzip: boolean;
  readonly requests: SiteRequest[];
  /** Called for each request, which are counted from 1; undefined: go on as usual. */
  interrupt: (request: SiteRequest, count: number) => Interruption | undefined;
  close(): Promise<void>;
}

export async function startMarketSite(): Promise<MarketSite> {
  const server = createServer((incoming, outgoing) => {
    const { pathname: path, searchParams: query } = new URL(incoming.url ?? '/', 'http://site');
    const request = { path, query, headers: incoming.headers };
    site.requests.push(request);
    const list = listOf(site, request);
    const body = JSON.stringify(list ?? { error: 'not found' });
    const interruption = site.interrupt(request, site.requests.length);
    if (interruption !== undefined) interruption(outgoing, body);
    else if (list === undefined) outgoing.writeHead(404).end(body);
    else answer(site, request, outgoing, body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const site: MarketSite = {
    url: `http://127.0.0.1:${port}`,
    ...{ markets: [], events: [], manifold: [], mostItems: 1_000, validator: 'etag', gzip: false },
    ...{ lastModified: 'Mon, 15 Jun 2026 11:00:00 GMT', requests: [], interrupt: () => undefined },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return site;
}

function answer(site: MarketSite, { headers }: SiteRequest, outgoing: ServerResponse, body: string): void {
  outgoing.setHeader('content-type', 'application/json');
  const etag = `W/"${createHash('sha256').update(body).digest('base64url')}"`;
  if (site.validator === 'etag') outgoing.setHeader('etag', etag);
  if (site.validator === 'last-modified') outgoing.setHeader('last-modified', site.lastModified);
  const isKnown =
    (site.validator === 'etag' && headers['if-none-match'] === etag) ||
    (site.validator === 'last-modified' && headers['if-modified-since'] === site.lastModified);
  if (isKnown) {
    outgoing.writeHead(304).end();
  } else if (site.gzip && headers['accept-encoding']?.includes('gzip') === true) {
    outgoing.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(body));
  } else {
    outgoing.writeHead(200).end(body);
  }
}

function listOf(site: MarketSite, { path, query }: SiteRequest): unknown {
  const limit = Math.min(Number(query.get('limit') ?? 20), site.mostItems);
  const from = (items: readonly Item[], start: number): readonly Item[] => items.slice(start, start + limit);
  const offset = Number(query.get('offset') ?? 0);
  const wanted = (items: readonly Item[]): readonly Item[] =>
    query.get('closed') === 'false' ? items.filter((item) => item['closed'] !== true) : items;
  switch (path) {
    case '/markets':
      return from(wanted(site.markets), offset);
    case '/events':
      return from(wanted(site.events), offset);
    case '/markets/keyset':
      return keysetPage('markets', wanted(site.markets), query.get('after_cursor'), limit);
    case '/events/keyset':
      return keysetPage('events', wanted(site.events), query.get('after_cursor'), limit);
    case '/v0/markets': {
      const before = query.get('before');
      return from(site.manifold, site.manifold.findIndex(({ id }) => id === before) + 1);
    }
    case '/v0/search-markets':
      return from(site.manifold, offset);
    default:
      return undefined;
  }
}

/** A cursor says after which id the list goes on. */
function keysetPage(field: string, items: readonly Item[], cursor: string | null, limit: number): object {
  const after = cursor === null ? -1 : Number(Buffer.from(cursor, 'base64url').toString());
  const rest = items.filter(({ id }) => Number(id) > after);
  const page = rest.slice(0, limit);
  if (page.length === rest.length) return { [field]: page };
  return { [field]: page, next_cursor: Buffer.from(String(page.at(-1)?.['id'])).toString('base64url') };
}

/** An answer with this status, and nothing in it that could be read. */
export function refusing(status: number, headers: Readonly<Record<string, string>> = {}): Interruption {
  return (outgoing) => void outgoing.writeHead(status, headers).end('<html>no</html>');
}

/** Another body with status 200. */
export function saying(body: string): Interruption {
  return (outgoing) => void outgoing.writeHead(200).end(body);
}

/** No answer at all. */
export const silent: Interruption = () => undefined;

/** The first half of the body, and then nothing. */
export const silentInMidBody: Interruption = (outgoing, body) => {
  outgoing.writeHead(200).write(body.slice(0, body.length / 2));
};

/** The first half of the body, and then the connection is gone. */
export const brokenOff: Interruption = (outgoing, body) => {
  outgoing.writeHead(200, { 'content-length': String(body.length) });
  outgoing.write(body.slice(0, body.length / 2), () => outgoing.destroy());
};

/** The body, a byte at a time, so that the server is never silent for long. */
export function dripping(everyMs: number): Interruption {
  return (outgoing, body) => {
    outgoing.writeHead(200);
    let sent = 0;
    const timer = setInterval(() => {
      outgoing.write(body.slice(sent, (sent += 1)));
      if (sent >= body.length) outgoing.end();
    }, everyMs);
    outgoing.on('close', () => clearInterval(timer));
  };
}

/** A market as Gamma lists it; its id in the catalog is `0x` and the number. */
export function gammaMarket(number: number, details: Item = {}): Item {
  return {
    ...{ id: String(number), conditionId: `0x${number}`, question: `Will ${number} happen?` },
    ...{ outcomes: '["Yes", "No"]', outcomePrices: '["0.25", "0.75"]', active: true, closed: false },
    ...{ createdAt: '2026-06-01T00:00:00Z', endDate: '2026-12-31T00:00:00Z', ...details },
  };
}

/** An event as Gamma lists it. */
export function gammaEvent(number: number, markets: readonly Item[], details: Item = {}): Item {
  return {
    ...{ id: String(number), slug: `event-${number}`, title: `Event ${number}`, closed: false, markets },
    ...{ tags: [{ label: 'Politics', slug: 'politics' }], ...details },
  };
}

/** A LiteMarket; its id is `m` and the number. */
export function manifoldMarket(number: number, details: Item = {}): Item {
  return {
    ...{ id: `m${number}`, question: `Will ${number} happen?`, outcomeType: 'BINARY', probability: 0.25 },
    ...{ createdTime: Date.UTC(2026, 5, 1) + number, closeTime: Date.UTC(2026, 11, 31), isResolved: false },
    ...{ volume: 10, volume24Hours: 1, uniqueBettorCount: 3, ...details },
  };
}
