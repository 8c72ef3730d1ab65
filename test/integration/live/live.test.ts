import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { getNamedType, isObjectType, type GraphQLOutputType } from 'graphql';
import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { createSchema } from '../../../src/graphql/schema.js';
import { connectLive, type LiveMessage, type LiveSocket } from '../../support/live-socket.js';
import { startTestGateway, TEST_NOW_MS, type TestGateway } from '../../support/test-gateway.js';

const MOVED = `subscription ($marketIds: [ID!]!) {
  marketsMoved(marketIds: $marketIds) {
    at
    moves { market { id title } probabilityBefore probabilityChange statusBefore market { probability status } }
  }
}`;
const FEED_CHANGED =
  'subscription ($userKey: String) { feedChanged(userKey: $userKey) { userKey reason at } }';

let gateway: TestGateway;
let live: LiveSocket;
let folder: string;
let configFile: string;
const opened: LiveSocket[] = [];

async function connect(): Promise<LiveSocket> {
  const socket = await connectLive(gateway.url);
  opened.push(socket);
  return socket;
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'bellwether-live-'));
  configFile = path.join(folder, 'ranking.yaml');
  await writeFile(configFile, '{}');
  gateway = await startTestGateway({ BELLWETHER_CONFIG: configFile });
  await gateway.addMarkets(...['a', 'b', 'c'].map((id) => ({ id, probability: 0.5 })));
});
beforeEach(async () => {
  live = await connect();
});
afterAll(async () => {
  for (const { socket } of opened) socket.terminate();
  await gateway.close();
  await rm(folder, { recursive: true });
});

async function track(userKey: string, eventType: string): Promise<void> {
  const { data } = await gateway.query(
    `mutation { trackInteraction(input: { userKey: "${userKey}", marketId: "a", eventType: ${eventType} }) { status } }`,
  );
  expect(data).toEqual({ trackInteraction: { status: 'RECORDED' } });
}

async function reportImpression(userKey: string): Promise<void> {
  const { data } = await gateway.query(
    `mutation { trackImpressions(input: { userKey: "${userKey}", items: [{ marketId: "a" }] }) { recordedCount } }`,
  );
  expect(data).toEqual({ trackImpressions: { recordedCount: 1 } });
}

/** Subscribes for a user whose profile is cached, so that the subscription is ready when the ping is answered. */
async function subscribeToFeed(userKey: string): Promise<void> {
  await gateway.query(`{ userProfile(userKey: "${userKey}") { totalInteractions } }`);
  live.subscribe('1', FEED_CHANGED, { userKey });
  await live.roundTrip();
}

describe('marketsMoved', () => {
  it('sends the first change immediately', async () => {
    await gateway.addMarkets({ id: 'a', probability: 0.5 });
    live.subscribe('1', MOVED, { marketIds: ['a', 'b'] });
    await live.roundTrip();
    await gateway.addMarkets({ id: 'a', probability: 0.75 });

    expect(await live.received(1)).toEqual([
      {
        type: 'next',
        id: '1',
        payload: {
          data: {
            marketsMoved: {
              at: new Date(TEST_NOW_MS).toISOString(),
              moves: [
                {
                  market: { id: 'a', title: 'Will a happen?', probability: 0.75, status: 'OPEN' },
                  ...{ probabilityBefore: 0.5, probabilityChange: 0.25, statusBefore: 'OPEN' },
                },
              ],
            },
          },
        },
      },
    ]);
  });

  it('combines the changes within a second, each market once', async () => {
    await gateway.addMarkets(...['a', 'b', 'c'].map((id) => ({ id, probability: 0.5 })));
    live.subscribe('1', MOVED, { marketIds: ['a', 'b', 'c'] });
    await live.roundTrip();
    await gateway.addMarkets({ id: 'a', probability: 0.6 });
    await live.received(1);
    const firstMs = performance.now();
    await gateway.addMarkets({ id: 'a', probability: 0.7 });
    await gateway.addMarkets({ id: 'b', probability: 0.4 }, { id: 'c', probability: 0.1 });
    await gateway.addMarkets({ id: 'a', probability: 0.8 }, { id: 'c', probability: 0.5 });
    const [, second] = await live.received(2);

    expect(performance.now() - firstMs).toBeGreaterThan(900);
    expect(movesOf(second)).toMatchObject([
      { market: { id: 'a', probability: 0.8 }, probabilityBefore: 0.6 },
      { market: { id: 'b', probability: 0.4 }, probabilityBefore: 0.5 },
    ]);
  });

  it('sends a message when a market closes, and when it reopens', async () => {
    await gateway.addMarkets({ id: 'b', probability: 0.5 });
    live.subscribe('1', MOVED, { marketIds: ['b'] });
    await live.roundTrip();
    await gateway.addMarkets({ id: 'b', status: 'CLOSED' });
    const [closed] = await live.received(1);
    await gateway.addMarkets({ id: 'b', status: 'OPEN' });
    const [, reopened] = await live.received(2);

    expect(movesOf(closed)).toMatchObject([
      { market: { status: 'CLOSED' }, statusBefore: 'OPEN', probabilityChange: 0 },
    ]);
    expect(movesOf(reopened)).toMatchObject([{ market: { status: 'OPEN' }, statusBefore: 'CLOSED' }]);
  });

  it('sends nothing when probability and status stay the same', async () => {
    await gateway.addMarkets({ id: 'c', probability: 0.5 });
    live.subscribe('1', MOVED, { marketIds: ['c'] });
    await live.roundTrip();
    await gateway.addMarkets({ id: 'c', title: 'Another question?', volume24h: 7 });
    await live.roundTrip();
    expect(live.messages).toEqual([]);
  });

  it('sends nothing after the subscription completes', async () => {
    live.subscribe('1', MOVED, { marketIds: ['a'] });
    live.send({ type: 'complete', id: '1' });
    await live.roundTrip();
    await gateway.addMarkets({ id: 'a', probability: 0.11 });
    await live.roundTrip();
    expect(live.messages).toEqual([]);
  });

  it.each([
    ['no market', 'BAD_USER_INPUT', []],
    ['a market twice', 'BAD_USER_INPUT', ['a', 'a']],
    ['101 markets', 'LIMIT_EXCEEDED', Array.from({ length: 101 }, (_, index) => `m${index}`)],
  ])('rejects %s with %s and the field', async (_what, code, ids) => {
    live.subscribe('1', MOVED, { marketIds: ids });
    expect(await live.received(2)).toMatchObject([
      { type: 'next', payload: { errors: [{ extensions: { code, field: 'marketIds' } }] } },
      { type: 'complete' },
    ]);
  });
});

describe('feedChanged', () => {
  it('sends a message after an event of the user', async () => {
    await subscribeToFeed('ada');
    await track('ada', 'CLICK');

    const feedChanged = { userKey: 'ada', reason: 'PROFILE', at: new Date(TEST_NOW_MS).toISOString() };
    expect(await live.received(1)).toMatchObject([{ type: 'next', payload: { data: { feedChanged } } }]);
  });

  it('sends nothing after impressions, or after events of other users', async () => {
    await subscribeToFeed('bob');
    await reportImpression('bob');
    await track('another user', 'CLICK');
    await live.roundTrip();
    expect(live.messages).toEqual([]);

    await track('bob', 'HIDE');
    await live.received(1);
  });

  it('sends a message after a change of the ranking config', async () => {
    await subscribeToFeed('eve');
    await writeFile(configFile, JSON.stringify({ feed: { keepMinutes: 45 } }));
    expect(await gateway.backend.liveConfig.reload()).toBe('changed');
    expect(await live.received(1)).toMatchObject([
      { payload: { data: { feedChanged: { userKey: 'eve', reason: 'CONFIG' } } } },
    ]);
  });

  it.each([
    ['an empty user key', { userKey: '' }],
    ['a null user key', { userKey: null }],
    ['no user key', {}],
  ])('rejects %s with the field', async (_what, variables) => {
    live.subscribe('1', FEED_CHANGED, variables);
    expect(await live.received(2)).toMatchObject([
      { type: 'next', payload: { errors: [{ extensions: { code: 'BAD_USER_INPUT', field: 'userKey' } }] } },
      { type: 'complete' },
    ]);
  });
});

describe('a message of a subscription', () => {
  it.each([
    'subscription { marketsMoved(marketIds: ["a"]) { moves { market { history { probability } } } } }',
    'subscription { marketsMoved(marketIds: ["a"]) { moves { market { ...F } } } } fragment F on Market { history { at } }',
  ])('cannot select a field that reads the database: %s', async (query) => {
    live.subscribe('1', query);
    expect(await live.received(1)).toMatchObject([
      {
        type: 'error',
        payload: [
          {
            message:
              'The field "history" is not available in subscriptions, because it reads the database. Query it over HTTP.',
            extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
          },
        ],
      },
    ]);
  });

  it('causes no SQL statement for any other field, with 10 subscribers', async () => {
    const moved = createSchema().getSubscriptionType()?.getFields()['marketsMoved'];
    if (moved === undefined) throw new Error('The schema has no marketsMoved.');
    const statementsOfChange = async (probability: number): Promise<number> => {
      gateway.statements.length = 0;
      await gateway.addMarkets({ id: 'a', probability });
      return gateway.statements.length;
    };
    const withoutSubscribers = await statementsOfChange(0.31);
    const query = `subscription { marketsMoved(marketIds: ["a"]) ${selectionOf(moved.type)} }`;
    expect(query).toContain('momentum');
    for (let id = 0; id < 10; id += 1) live.subscribe(String(id), query);
    await live.roundTrip();
    await statementsOfChange(0.32);
    const messages = await live.received(10);
    expect(messages.map(({ type }) => type)).toEqual(Array.from({ length: 10 }, () => 'next'));
    expect(gateway.statements).toHaveLength(withoutSubscribers);
  });
});

it('works with the graphql-ws client', async () => {
  const client = createClient({
    url: `${gateway.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
  });
  const results = client.iterate({ query: MOVED, variables: { marketIds: ['a'] } });
  const state = { received: false };
  const first = results.next().finally(() => (state.received = true));
  // The client does not report when it has subscribed.
  for (let probability = 0.2; !state.received; probability += 0.001)
    await gateway.addMarkets({ id: 'a', probability });
  expect(await first).toMatchObject({
    value: { data: { marketsMoved: { moves: [{ market: { id: 'a' } }] } } },
  });
  await results.return?.();
  await client.dispose();
});

function movesOf(message: LiveMessage | undefined): unknown {
  return (message?.payload as { data?: { marketsMoved?: { moves: unknown } } }).data?.marketsMoved?.moves;
}

/** Selects every field of a type except those that subscriptions reject. */
function selectionOf(outer: GraphQLOutputType): string {
  const type = getNamedType(outer);
  if (!isObjectType(type)) return '';
  const fields = Object.values(type.getFields()).filter(
    ({ extensions }) => extensions['readsDatabase'] !== true,
  );
  return `{ ${fields.map((field) => `${field.name} ${selectionOf(field.type)}`).join(' ')} }`;
}
