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

/** Responds instead of the site. Receives the body that the site would send. */
export type ResponseOverride = (outgoing: ServerResponse, body: string) => void;

/**
 * A local prediction-market site with the lists and pagination of Polymarket's Gamma API and of Manifold: `/markets` and
 * `/events`, both also with `/keyset`, `/v0/markets`, and `/v0/search-markets`.
 */
export interface MarketSite {
  readonly url: string;
  /** The list of `/markets`, in the order of ids. */
  markets: Item[];
  events: Item[];
  /** The list of `/v0/markets`, newest first. */
  manifold: Item[];
  /** Maximum number of items per page, regardless of the requested limit. */
  maxItems: number;
  /** The validator of a page. */
  validator: 'etag' | 'last-modified' | 'none';
  /** The `Last-Modified` header. Constant unless a test changes it. */
  lastModified: string;
  gzip: boolean;
  readonly requests: SiteRequest[];
  /** Called for each request with its number from 1. Returns undefined for the normal response. */
  override: (request: SiteRequest, count: number) => ResponseOverride | undefined;
  close(): Promise<void>;
}

export async function startMarketSite(): Promise<MarketSite> {
  const server = createServer((incoming, outgoing) => {
    const { pathname: path, searchParams: query } = new URL(incoming.url ?? '/', 'http://site');
    const request = { path, query, headers: incoming.headers };
    site.requests.push(request);
    const list = listOf(site, request);
    const body = JSON.stringify(list ?? { error: 'not found' });
    const override = site.override(request, site.requests.length);
    if (override !== undefined) override(outgoing, body);
    else if (list === undefined) outgoing.writeHead(404).end(body);
    else answer(site, request, outgoing, body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const site: MarketSite = {
    url: `http://127.0.0.1:${port}`,
    ...{ markets: [], events: [], manifold: [], maxItems: 1_000, validator: 'etag', gzip: false },
    ...{ lastModified: 'Mon, 15 Jun 2026 11:00:00 GMT', requests: [], override: () => undefined },
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
  const limit = Math.min(Number(query.get('limit') ?? 20), site.maxItems);
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

/** A cursor encodes the id after which the next page starts. */
function keysetPage(field: string, items: readonly Item[], cursor: string | null, limit: number): object {
  const after = cursor === null ? -1 : Number(Buffer.from(cursor, 'base64url').toString());
  const rest = items.filter(({ id }) => Number(id) > after);
  const page = rest.slice(0, limit);
  if (page.length === rest.length) return { [field]: page };
  return { [field]: page, next_cursor: Buffer.from(String(page.at(-1)?.['id'])).toString('base64url') };
}

/** Responds with this status and an HTML body, which has no error text. */
export function withStatus(status: number, headers: Readonly<Record<string, string>> = {}): ResponseOverride {
  return (outgoing) => void outgoing.writeHead(status, headers).end('<html>no</html>');
}

/** Responds with this body and status 200. */
export function withBody(body: string): ResponseOverride {
  return (outgoing) => void outgoing.writeHead(200).end(body);
}

/** Sends nothing. */
export const noResponse: ResponseOverride = () => undefined;

/** Sends the first half of the body and then nothing. */
export const stalledBody: ResponseOverride = (outgoing, body) => {
  outgoing.writeHead(200).write(body.slice(0, body.length / 2));
};

/** Sends the first half of the body and closes the connection. */
export const brokenConnection: ResponseOverride = (outgoing, body) => {
  outgoing.writeHead(200, { 'content-length': String(body.length) });
  outgoing.write(body.slice(0, body.length / 2), () => outgoing.destroy());
};

/** Sends the body one byte at a time, so that the server is never silent for long. */
export function slowBody(everyMs: number): ResponseOverride {
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

/** A market of Gamma; its id in the catalog is `0x` followed by the number. */
export function gammaMarket(number: number, details: Item = {}): Item {
  return {
    ...{ id: String(number), conditionId: `0x${number}`, question: `Will ${number} happen?` },
    ...{ outcomes: '["Yes", "No"]', outcomePrices: '["0.25", "0.75"]', active: true, closed: false },
    ...{ createdAt: '2026-06-01T00:00:00Z', endDate: '2026-12-31T00:00:00Z', ...details },
  };
}

/** An event of Gamma. */
export function gammaEvent(number: number, markets: readonly Item[], details: Item = {}): Item {
  return {
    ...{ id: String(number), slug: `event-${number}`, title: `Event ${number}`, closed: false, markets },
    ...{ tags: [{ label: 'Politics', slug: 'politics' }], ...details },
  };
}

/** A LiteMarket; its id is `m` followed by the number. */
export function manifoldMarket(number: number, details: Item = {}): Item {
  return {
    ...{ id: `m${number}`, question: `Will ${number} happen?`, outcomeType: 'BINARY', probability: 0.25 },
    ...{ createdTime: Date.UTC(2026, 5, 1) + number, closeTime: Date.UTC(2026, 11, 31), isResolved: false },
    ...{ volume: 10, volume24Hours: 1, uniqueBettorCount: 3, ...details },
  };
}
