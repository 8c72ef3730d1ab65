import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { TrackInteractionDocument } from '../../../src/generated/client/graphql.js';
import { rowCounts } from '../../support/row-counts.js';
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.js';
import { createTestDatabase, type TestDatabase } from '../../support/test-database.js';
import { startTestGateway, type TestGateway } from '../../support/test-gateway.js';
import { nonNullFields } from '../../support/non-null-fields.js';

/** Well above the 150 ms that a feed waits for a profile, and well below the query timeout. */
const SOON_MS = 1_500;

let database: TestDatabase;
let proxy: TcpProxy;
let gateway: TestGateway;

beforeAll(async () => {
  database = await createTestDatabase();
  const { hostname, port } = new URL(database.url);
  proxy = await startTcpProxy({ host: hostname, port: Number(port) });
  const throughProxy = Object.assign(new URL(database.url), { port: String(proxy.port) }).href;
  gateway = await startTestGateway({ DATABASE_URL: throughProxy });
  await gateway.addMarkets(
    ...Array.from({ length: 15 }, (_, index) => ({ id: `politics-${index}`, volumeTotal: 100 + index })),
    ...Array.from({ length: 15 }, (_, index) => ({ id: `science-${index}`, category: 'Science' })),
  );
  await track({ eventType: 'PARTICIPATE' });
});

afterEach(() => proxy.restore());

afterAll(async () => {
  await gateway.close();
  await proxy.close();
  await database.drop();
});

function track(input: { eventType: 'PARTICIPATE' | 'CLICK'; clientEventId?: string }) {
  return gateway.run(TrackInteractionDocument, {
    input: { userKey: 'ada', marketId: 'science-3', ...input },
  });
}

/** Retries an event until the database is back. */
function trackAgain(clientEventId: string) {
  return vi.waitFor(
    async () => {
      const { data } = await track({ eventType: 'CLICK', clientEventId });
      if (!data) throw new Error('The database is not back yet.');
      return data.trackInteraction;
    },
    { timeout: 10_000 },
  );
}

async function feed(userKey: string | null) {
  const { data, errors } = await gateway.query(
    `query ($userKey: String) { feed(userKey: $userKey) {
      degraded degradedReasons personalized algorithmVersion hero { market { id } } grid { rank } stream { rank } } }`,
    { userKey },
  );
  if (!data) throw new Error(JSON.stringify(errors));
  return data['feed'];
}

const whole = (degraded: boolean, personalized: boolean, algorithmVersion: string) => ({
  ...{ degraded, degradedReasons: degraded ? ['PROFILE_UNAVAILABLE'] : [], personalized, algorithmVersion },
  ...{ hero: { market: { id: expect.any(String) as string } } },
  grid: Array.from({ length: 9 }, (_, index) => ({ rank: index + 2 })),
  stream: Array.from({ length: 10 }, (_, index) => ({ rank: index + 11 })),
});

const statusOf = async (path: string) => (await fetch(`${gateway.url}${path}`)).status;

describe.each<[state: string, begin: () => Promise<void> | void]>([
  ['stopped', () => proxy.cut()],
  ['frozen', () => proxy.freeze()],
])('with the database %s', (state, begin) => {
  it('serves degraded feeds within the timeout, cached profiles in full, and recovers', async () => {
    const uncached = `not cached when ${state}`;
    expect(await feed('ada')).toEqual(whole(false, true, 'v2'));
    await begin();
    expect(await feed('ada')).toEqual(whole(false, true, 'v2'));
    const startedMs = performance.now();
    const feeds = await Promise.all(Array.from({ length: 20 }, () => feed(uncached)));
    expect(performance.now() - startedMs).toBeLessThan(SOON_MS);
    expect(feeds).toEqual(feeds.map(() => whole(true, false, 'fallback')));
    expect(await feed(null)).toEqual(whole(false, false, 'v2'));
    await proxy.restore();
    await vi.waitFor(
      async () => {
        // The test clock stands still, and the circuit breaker probes after a second.
        gateway.clock.nowMs += 1_000;
        expect(await feed(uncached)).toEqual(whole(false, false, 'v2'));
      },
      { timeout: 10_000 },
    );
  });

  it('ranks the markets in memory within the timeout and lists the other ids as unknown', async () => {
    await begin();
    const startedMs = performance.now();
    const { data, errors } = await gateway.query(
      `{ rankMarkets(marketIds: ["nowhere", "science-3"]) {
           degraded degradedReasons algorithmVersion unknownMarketIds rankedMarkets { market { id } } } }`,
    );
    expect(performance.now() - startedMs).toBeLessThan(SOON_MS);
    expect(errors).toBeUndefined();
    expect(data?.['rankMarkets']).toEqual({
      degraded: true,
      degradedReasons: ['MARKETS_UNAVAILABLE'],
      algorithmVersion: 'fallback',
      unknownMarketIds: ['nowhere'],
      rankedMarkets: [{ market: { id: 'science-3' } }],
    });
  });

  it('rejects writes with UNAVAILABLE, stores nothing, and recovers', async () => {
    const before = await rowCounts(database.url);
    await begin();
    const clientEventId = `while ${state}`;
    const [event, markets] = await Promise.all([
      track({ eventType: 'CLICK', clientEventId }),
      gateway.query(
        `mutation { upsertMarkets(input: { markets: [{ id: "new", title: "New?" }] }) { results { status } } }`,
      ),
    ]);
    for (const { data, errors } of [event, markets]) {
      expect(nonNullFields(data)).toEqual([]);
      expect(errors?.map(({ extensions }) => extensions)).toEqual([
        { code: 'UNAVAILABLE', retryAfterMs: 1_000 },
      ]);
      expect(JSON.stringify(errors)).not.toMatch(/127\.0\.0\.1|ECONN|timeout|prisma/i);
    }
    await proxy.restore();
    expect(await rowCounts(database.url)).toEqual(before);
    expect((await trackAgain(clientEventId)).status).toBe('RECORDED');
  });

  it('returns UNAVAILABLE for a profile or a market that is not in memory', async () => {
    await begin();
    const { data, errors } = await gateway.query(`{ userProfile(userKey: "bea") { userKey } }`);
    expect(nonNullFields(data)).toEqual([]);
    expect(errors?.[0]?.extensions).toEqual({ code: 'UNAVAILABLE', retryAfterMs: 1_000 });
    const other = await gateway.query(
      `{ market(id: "nowhere") { id } cached: market(id: "science-3") { id } }`,
    );
    expect(other.data).toEqual({ market: null, cached: { id: 'science-3' } });
    expect(other.errors?.map(({ extensions }) => extensions?.['code'])).toEqual(['UNAVAILABLE']);
    const inMemory = await gateway.query(`{ market(id: "science-3") { id } }`);
    expect(inMemory.data).toEqual({ market: { id: 'science-3' } });
  });

  it('keeps the feed and the trends of a page whose profile is UNAVAILABLE', async () => {
    await begin();
    const { status, data, errors } = await gateway.query(
      `{ feed(userKey: "bea", limit: 5) { degraded hero { market { id } } }
         trending { scope }
         profile: userProfile(userKey: "bea") { totalInteractions } }`,
    );
    expect(status).toBe(200);
    expect(data).toMatchObject({
      feed: { degraded: true, hero: { market: { id: expect.any(String) as string } } },
      trending: { scope: 'GLOBAL' },
      profile: null,
    });
    expect(errors).toMatchObject([
      { path: ['profile'], extensions: { code: 'UNAVAILABLE', retryAfterMs: 1_000 } },
    ]);
  });

  it('is live but not ready until the database is back', async () => {
    await vi.waitFor(() => gateway.backend.services.catalog.refresh(), { timeout: 10_000 });
    expect(await statusOf('/readyz')).toBe(200);
    await begin();
    expect(await statusOf('/readyz')).toBe(503);
    expect(await statusOf('/livez')).toBe(200);
    await proxy.restore();
    await vi.waitFor(async () => expect(await statusOf('/readyz')).toBe(200), { timeout: 10_000 });
  });
});

it.each([
  ['by one statement', 1, 1],
  ['by a transaction, because an event arrived twice at once', 2, 5],
])(
  'never returns RECORDED for an event that is not stored %s, wherever the connection is lost',
  async (_, copies, least) => {
    const endings: string[] = [];
    for (let messages = 1; messages <= 40 && endings.at(-1) !== 'RECORDED'; messages++) {
      const clientEventId = `lost after ${messages}, sent ${copies} times`;
      const before = await rowCounts(database.url);
      proxy.cutAfter(messages);
      const sent = Array.from({ length: copies }, () => track({ eventType: 'CLICK', clientEventId }));
      const answers = (await Promise.all(sent)).map(
        ({ data, errors }) =>
          (data?.trackInteraction as { status: string } | null | undefined)?.status ??
          String(errors?.[0]?.extensions?.['code']),
      );
      await proxy.restore();
      const ending = answers.find((answer) => answer !== 'DUPLICATE') ?? 'DUPLICATE';
      endings.push(ending);
      const retried = await trackAgain(clientEventId);
      if (ending === 'RECORDED') expect(retried.status).toBe('DUPLICATE');
      const after = await rowCounts(database.url);
      expect(after['interactions'], clientEventId).toBe((before['interactions'] ?? 0) + 1);
      expect(after['client_events'], clientEventId).toBe((before['client_events'] ?? 0) + 1);
    }
    expect(endings.length).toBeGreaterThan(least);
    expect(endings.slice(0, -1).filter((ending) => ending !== 'UNAVAILABLE')).toEqual([]);
    expect(endings.at(-1)).toBe('RECORDED');
  },
);
