import { buildSchema, parse } from 'graphql';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it, vi, type MockInstance } from 'vitest';
import {
  apolloCacheClient,
  relayCacheClient,
  urqlCacheClient,
  type CacheClient,
} from '../../support/cache-clients.js';
import { startTestGateway, type TestGateway } from '../../support/test-gateway.js';

let gateway: TestGateway;
let connection: Parameters<typeof urqlCacheClient>[0];
let sent: MockInstance<typeof fetch>;

beforeAll(async () => {
  gateway = await startTestGateway();
  connection = {
    url: `${gateway.url}/graphql`,
    schema: buildSchema(await readFile('schema/client.graphql', 'utf8')),
  };
  sent = vi.spyOn(globalThis, 'fetch');
});
afterAll(async () => {
  sent.mockRestore();
  await gateway.close();
});

const heading = parse(
  'query Heading($userKey: String) { feed(userKey: $userKey) { id hero { id reason market { id title } } grid { id rank market { id title } } } }',
);
const prices = parse(
  'query Prices($userKey: String) { feed(userKey: $userKey) { id degraded hero { id market { id probability } } grid { id section market { id probability } } } }',
);
const card = parse('query Card($id: ID!) { market(id: $id) { id title probability } }');
const candidates = parse(
  'query Candidates($candidates: [CandidateMarketInput!]) { rankMarkets(candidates: $candidates) { rankedMarkets { id rank market { id title probability } } } }',
);
const profile = parse(
  'query Profile($userKey: String!) { userProfile(userKey: $userKey) { id totalInteractions } }',
);
const track = parse(
  'mutation Track($input: TrackInteractionInput!) { trackInteraction(input: $input) { status profile { id totalInteractions } } }',
);
const moved = parse(
  'subscription Moved($marketIds: [ID!]!) { marketsMoved(marketIds: $marketIds) { at moves { market { id probability } } } }',
);

describe.each<[name: string, create: () => Promise<CacheClient> | CacheClient]>([
  [
    'Apollo Client 4',
    () =>
      apolloCacheClient(connection, {
        core: '@apollo/client',
        subscriptions: '@apollo/client/link/subscriptions',
      }),
  ],
  [
    'Apollo Client 3',
    () =>
      apolloCacheClient(connection, {
        core: 'apollo-client-3/core/index.js',
        subscriptions: 'apollo-client-3/link/subscriptions/index.js',
      }),
  ],
  ['urql', () => urqlCacheClient(connection)],
  ['Relay', () => relayCacheClient(connection)],
])('the cache of %s', (name, create) => {
  const marketId = `market of ${name}`;
  const userKey = `user of ${name}`;
  let client: CacheClient;

  beforeAll(async () => {
    await gateway.addMarkets({ id: marketId, title: 'Will it rain?', probability: 0.4 });
    client = await create();
  });
  afterAll(() => client.close());

  it('needs at most 2 requests for two feed queries that overlap', async () => {
    sent.mockClear();
    const shown: Record<string, unknown> = {};
    const stops = [
      client.watch(heading, { userKey }, (data) => (shown['heading'] = data)),
      client.watch(prices, { userKey }, (data) => (shown['prices'] = data)),
    ];
    await vi.waitFor(() => expect(Object.keys(shown).sort()).toEqual(['heading', 'prices']), 5_000);
    // Five more responses, in which a component with missing fields would request the feed again.
    for (let round = 0; round < 5; round++) await client.query(card, { id: marketId });
    stops.forEach((stop) => stop());
    const feedRequests = sent.mock.calls.filter(
      ([, init]) => typeof init?.body === 'string' && init.body.includes('feed('),
    );
    expect(feedRequests.length).toBeGreaterThan(0);
    expect(feedRequests.length).toBeLessThanOrEqual(2);
  });

  it('keeps a stored market when a candidate has its id', async () => {
    await client.query(card, { id: marketId });
    const before = client.cached(card, { id: marketId });
    expect(before).toMatchObject({ market: { title: 'Will it rain?', probability: 0.4 } });
    const ranked = await client.query(candidates, {
      candidates: [{ id: marketId, title: 'Something else', probability: 0.9 }],
    });
    expect(ranked).toMatchObject({ rankMarkets: { rankedMarkets: [{ id: marketId, market: null }] } });
    expect(client.cached(card, { id: marketId })).toEqual(before);
  });

  it('has the new profile after a tracked event', async () => {
    await client.query(profile, { userKey });
    expect(client.cached(profile, { userKey })).toMatchObject({ userProfile: { totalInteractions: 0 } });
    await client.mutate(track, { input: { userKey, marketId, eventType: 'CLICK' } });
    expect(client.cached(profile, { userKey })).toMatchObject({ userProfile: { totalInteractions: 1 } });
  });

  it('has the new probability of a card after a move', async () => {
    await client.query(card, { id: marketId });
    const stop = client.subscribe(moved, { marketIds: [marketId] });
    let probability = 0.5;
    await vi.waitFor(async () => {
      // Moves again until the subscription has begun.
      probability = probability === 0.5 ? 0.6 : 0.5;
      await gateway.addMarkets({ id: marketId, title: 'Will it rain?', probability });
      await vi.waitFor(
        () => expect(client.cached(card, { id: marketId })).toMatchObject({ market: { probability } }),
        { timeout: 2_000 },
      );
    }, 20_000);
    stop();
  });
});
