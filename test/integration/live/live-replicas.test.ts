import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCommand, type RunningCommand } from '../../support/command.js';
import { connectLive, type LiveSocket } from '../../support/live-socket.js';
import { hasRedisServer, startRedisServer, type RedisServer } from '../../support/redis-server.js';
import { startTestGateway, type TestGateway } from '../../support/test-gateway.js';

const FEED_CHANGED = 'subscription ($userKey: String) { feedChanged(userKey: $userKey) { userKey reason } }';
const MOVED =
  'subscription ($marketIds: [ID!]!) { marketsMoved(marketIds: $marketIds) { moves { market { id } probabilityChange } } }';

async function send(url: string, query: string): Promise<unknown> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  return response.json();
}

async function track(url: string, userKey: string): Promise<void> {
  const input = `{ userKey: "${userKey}", marketId: "a", eventType: CLICK }`;
  expect(await send(url, `mutation { trackInteraction(input: ${input}) { status } }`)).toEqual({
    data: { trackInteraction: { status: 'RECORDED' } },
  });
}

/** Subscribes for a user whose profile is cached, so that the subscription is ready when the ping is answered. */
async function subscribeToFeed(url: string, userKey: string): Promise<LiveSocket> {
  await send(url, `{ userProfile(userKey: "${userKey}") { totalInteractions } }`);
  const live = await connectLive(url);
  live.subscribe('1', FEED_CHANGED, { userKey });
  await live.roundTrip();
  return live;
}

function replicaSuite(bus: 'PostgreSQL' | 'Redis'): void {
  let redis: RedisServer | undefined;
  let first: TestGateway;
  let second: { readonly url: string; readonly command: RunningCommand };

  beforeAll(async () => {
    redis = bus === 'Redis' ? await startRedisServer() : undefined;
    const busEnv: Record<string, string> = redis === undefined ? {} : { REDIS_URL: redis.url };
    first = await startTestGateway(busEnv);
    await first.addMarkets({ id: 'a', probability: 0.5 });
    const command = startCommand(['serve'], { PORT: '0', DATABASE_URL: first.databaseUrl, ...busEnv });
    const [, url = ''] = await command.line(/GraphQL at (http:\S+)\/graphql/);
    second = { url, command };
  });
  afterAll(async () => {
    second.command.child.kill('SIGTERM');
    await second.command.finished;
    await first.close();
    await redis?.close();
  });

  it('notify a subscriber on one about an event recorded on the other, in both directions', async () => {
    for (const [here, there] of [
      [first.url, second.url],
      [second.url, first.url],
    ] as const) {
      const userKey = `subscriber at ${here}`;
      const live = await subscribeToFeed(here, userKey);
      await track(there, userKey);
      expect(await live.received(1)).toMatchObject([
        { type: 'next', payload: { data: { feedChanged: { userKey, reason: 'PROFILE' } } } },
      ]);
      live.socket.terminate();
    }
  });

  it('notify a subscriber on one about a market changed on the other, within a second', async () => {
    const live = await connectLive(second.url);
    live.subscribe('1', MOVED, { marketIds: ['a'] });
    await live.roundTrip();
    await first.addMarkets({ id: 'a', probability: 0.75 });
    const changedMs = performance.now();
    expect(await live.received(1)).toMatchObject([
      { payload: { data: { marketsMoved: { moves: [{ market: { id: 'a' }, probabilityChange: 0.25 }] } } } },
    ]);
    expect(performance.now() - changedMs).toBeLessThan(1_000);
    live.socket.terminate();
  });

  it('close connections with 1001 and exit when they are stopped', async () => {
    const live = await subscribeToFeed(second.url, 'connected');
    const began = performance.now();
    second.command.child.kill('SIGTERM');
    expect(await live.closed).toEqual([1001, 'Going away']);
    expect(await second.command.finished).toMatchObject({ code: 0, stderr: '' });
    expect(performance.now() - began).toBeLessThan(5_000);
  });
}

describe('two replicas on one database', () => replicaSuite('PostgreSQL'));

describe.skipIf(!hasRedisServer)(
  'two replicas on one database with Redis (skipped without redis-server)',
  () => replicaSuite('Redis'),
);
