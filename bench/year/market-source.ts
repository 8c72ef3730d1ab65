/** A market site whose list pages as Gamma's `/markets/keyset` does, and whose prices move. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { SiteMarket } from './catalog.ts';
import { marketIdOf } from './keys.ts';

export interface MarketSource {
  /** The address of the list of open markets. */
  readonly url: string;
  /** Moves prices, opens and closes markets. */
  change(changes: { prices: number; opened: number; closed: number }): void;
  close(): Promise<void>;
}

interface ListedMarket {
  readonly market: SiteMarket;
  probability: number;
}

/** Markets that the source opens are numbered from here. */
const FIRST_NEW = 100_000_000;

export async function startMarketSource(open: readonly SiteMarket[]): Promise<MarketSource> {
  const listed: ListedMarket[] = open.map((market) => ({ market, probability: market.probability }));
  const rng = xoroshiro128plus(5_000);
  let nextNew = FIRST_NEW + (Date.now() % FIRST_NEW);
  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '/', 'http://source');
    const start = Number(searchParams.get('after_cursor') ?? 0);
    const end = start + Number(searchParams.get('limit') ?? 100);
    const body = JSON.stringify({
      markets: listed.slice(start, end).map(recordOf),
      ...(end < listed.length ? { next_cursor: String(end) } : {}),
    });
    const etag = `"${createHash('sha256').update(body).digest('base64url')}"`;
    if (request.headers['if-none-match'] === etag) response.writeHead(304).end();
    else response.writeHead(200, { 'content-type': 'application/json', etag }).end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/markets/keyset?closed=false`,
    change: ({ prices, opened, closed }) => {
      for (let index = 0; index < prices; index += 1) {
        const moved = listed[Math.floor(listed.length * uniformFloat64(rng))];
        if (moved !== undefined) moved.probability = Number((0.01 + 0.98 * uniformFloat64(rng)).toFixed(3));
      }
      listed.splice(Math.floor((listed.length - closed) * uniformFloat64(rng)), closed);
      for (let index = 0; index < opened; index += 1) {
        const like = open[Math.floor(open.length * uniformFloat64(rng))];
        if (like === undefined) continue;
        const number = nextNew++;
        const market = { ...like, number, id: marketIdOf(number), createdAtMs: Date.now() };
        listed.push({ market, probability: 0.5 });
      }
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function recordOf({ market, probability }: ListedMarket): object {
  return {
    id: String(market.number),
    conditionId: market.id,
    question: market.title,
    description: market.description,
    category: market.category,
    tags: market.tags.map((label) => ({ label })),
    outcomes: '["Yes", "No"]',
    outcomePrices: JSON.stringify([String(probability), String(Number((1 - probability).toFixed(3)))]),
    volume24hr: market.volume24h,
    volumeNum: market.volumeTotal,
    image: 'https://example.org/image.png',
    createdAt: new Date(market.createdAtMs).toISOString(),
    endDate: new Date(market.resolvesAtMs).toISOString(),
    events: market.eventKey === null ? [] : [{ slug: market.eventKey }],
    active: true,
    closed: false,
    archived: false,
  };
}
