import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { TrackInteractionDocument } from '../../src/generated/client/graphql.js';
import { rowCounts } from '../support/row-counts.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { startTestGateway, type TestGateway } from '../support/test-gateway.js';

/** Well above the 150 ms that a feed waits for a profile, and well below what a statement may take. */
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

async function feed(userKey: string | null) {
  const { data, errors } = await gateway.query(
    `query ($userKey: String) { feed(userKey: $userKey) {
      degraded personalized algorithmVersion hero { market { id } } grid { rank } stream { rank } } }`,
    { userKey },
  );
  if (!data) throw new Error(JSON.stringify(errors));
  return data['feed'];
}

const whole = (degraded: boolean, personalized: boolean, algorithmVersion: string) => ({
  ...{ degraded, personalized, algorithmVersion, hero: { market: { id: expect.any(String) as string } } },
  grid: Array.from({ length: 9 }, (_, index) => ({ rank: index + 2 })),
  stream: Array.from({ length: 10 }, (_, index) => ({ rank: index + 11 })),
});

const statusOf = async (path: string) => (await fetch(`${gateway.url}${path}`)).status;

describe.each<[state: string, begin: () => Promise<void>]>([
  ['stopped', () => proxy.cut()],
  ['frozen', () => Promise.resolve(proxy.freeze())],
])('with the database %s', (state, begin) => {
  it('answers the feed of a known person from memory, soon, and learns again when it is back', async () => {
    expect(await feed('ada')).toEqual(whole(false, true, 'v1'));
    await begin();
    const startedMs = performance.now();
    const feeds = await Promise.all(Array.from({ length: 20 }, () => feed('ada')));
    expect(performance.now() - startedMs).toBeLessThan(SOON_MS);
    expect(feeds).toEqual(feeds.map(() => whole(true, false, 'fallback')));
    expect(await feed(null)).toEqual(whole(false, false, 'v1'));
    await proxy.restore();
    await vi.waitFor(async () => expect(await feed('ada')).toEqual(whole(false, true, 'v1')), {
      timeout: 10_000,
    });
  });

  it('refuses to record, stores nothing, and records when it is back', async () => {
    const before = await rowCounts(database.url);
    await begin();
    const clientEventId = `while ${state}`;
    const [event, markets] = await Promise.all([
      track({ eventType: 'CLICK', clientEventId }),
      gateway.query(`mutation { upsertMarkets(markets: [{ id: "new", title: "New?" }]) { outcome } }`),
    ]);
    for (const { data, errors } of [event, markets]) {
      expect(data ?? null).toBeNull();
      expect(errors?.map(({ extensions }) => extensions)).toEqual([
        { code: 'UNAVAILABLE', retryAfterMs: 1_000 },
      ]);
      expect(JSON.stringify(errors)).not.toMatch(/127\.0\.0\.1|ECONN|timeout|prisma/i);
    }
    await proxy.restore();
    expect(await rowCounts(database.url)).toEqual(before);
    const again = await vi.waitFor(async () => {
      const { data } = await track({ eventType: 'CLICK', clientEventId });
      if (!data) throw new Error('It is not back yet.');
      return data.trackInteraction;
    });
    expect(again.status).toBe('RECORDED');
  });

  it('is alive and not ready, until it is back', async () => {
    expect(await statusOf('/readyz')).toBe(200);
    await begin();
    expect(await statusOf('/readyz')).toBe(503);
    expect(await statusOf('/livez')).toBe(200);
    await proxy.restore();
    await vi.waitFor(async () => expect(await statusOf('/readyz')).toBe(200), { timeout: 10_000 });
  });
});
