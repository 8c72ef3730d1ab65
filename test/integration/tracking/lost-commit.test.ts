import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { startCommand, type RunningCommand } from '../../support/command.js';
import { commitWithoutPublishing } from '../../support/commit-without-publishing.js';
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.js';
import { createTestDatabase, type TestDatabase } from '../../support/test-database.js';
import { startTestGateway, type TestGateway } from '../../support/test-gateway.js';

/** Far below the TTL of a cached profile, 60 s. */
const SOON_MS = 3_000;

let database: TestDatabase;
let admin: Client;
let proxy: TcpProxy;
/** Reaches the database through the proxy. Its clock is fixed, so its cache never expires. */
let first: TestGateway;
let second: RunningCommand;
let secondUrl: string;
let userKey: string;
let users = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  admin = new Client({ connectionString: database.url });
  await admin.connect();
  const { hostname, port } = new URL(database.url);
  proxy = await startTcpProxy({ host: hostname, port: Number(port) });
  const throughProxy = Object.assign(new URL(database.url), { port: String(proxy.port) }).href;
  first = await startTestGateway({ DATABASE_URL: throughProxy });
  await first.addMarkets({ id: 'm1' }, { id: 'm2' });
  // Its jobs would remove events of the fixed clock.
  second = startCommand(['serve', '--no-jobs'], { PORT: '0', DATABASE_URL: database.url });
  [, secondUrl = ''] = await second.line(/GraphQL at (http:\S+)\/graphql/);
});

afterAll(async () => {
  second.child.kill('SIGTERM');
  await second.finished;
  await first.close();
  await proxy.close();
  await admin.end();
  await database.drop();
});

beforeEach(async () => {
  userKey = `user ${++users}`;
  await track(first.url, { clientEventId: 'before' });
  // Both replicas cache the profile.
  for (const url of [first.url, secondUrl]) {
    await vi.waitFor(async () => expect(await seen(url)).toEqual({ total: 1, feed: ['m1', 'm2'] }));
  }
});

afterEach(() => proxy.restore());

interface Event {
  readonly eventType?: 'CLICK' | 'HIDE';
  readonly clientEventId: string;
}

async function ask<Data>(url: string, query: string, variables?: object): Promise<Data> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  return (await response.json()) as Data;
}

const inputOf = ({ eventType = 'CLICK', clientEventId }: Event) => ({
  ...{ userKey, marketId: 'm1', eventType, clientEventId },
});

const track = (url: string, event: Event) =>
  ask(url, 'mutation ($input: TrackInteractionInput!) { trackInteraction(input: $input) { status } }', {
    input: inputOf(event),
  });

const success = (status: 'RECORDED' | 'DUPLICATE') => ({ data: { trackInteraction: { status } } });
const unavailable = { errors: [{ extensions: { code: 'UNAVAILABLE', retryAfterMs: 1_000 } }] };

/** Returns what a replica shows of the user. */
async function seen(url: string): Promise<{ total: number; feed: string[] }> {
  const card = '{ market { id } }';
  const { data } = await ask<{ data: { userProfile: { totalInteractions: number } } }>(
    url,
    `query ($userKey: String!) { userProfile(userKey: $userKey) { totalInteractions }
      feed(userKey: $userKey) { hero ${card} grid ${card} stream ${card} } }`,
    { userKey },
  );
  const feed = [...JSON.stringify(data).matchAll(/"id":"(.*?)"/g)].flatMap(([, id]) => id ?? []);
  return { total: data.userProfile.totalInteractions, feed: [...new Set(feed)].sort() };
}

const appliesHide = async (url: string) =>
  vi.waitFor(async () => expect(await seen(url)).toEqual({ total: 2, feed: ['m2'] }), {
    ...{ timeout: SOON_MS, interval: 20 },
  });

it('applies an event on both replicas when the result of its commit was lost', async () => {
  const hide: Event = { eventType: 'HIDE', clientEventId: 'hide' };
  proxy.dropAnswersTo('record_events(');
  expect(await track(first.url, hide)).toMatchObject(unavailable);
  expect(await seen(first.url)).toEqual({ total: 2, feed: ['m2'] });
  await appliesHide(secondUrl);
  expect(await track(first.url, hide)).toEqual(success('DUPLICATE'));
  expect(await seen(first.url)).toEqual({ total: 2, feed: ['m2'] });
}, 30_000);

it('applies events on both replicas when the result of COMMIT was lost', async () => {
  const hide = inputOf({ eventType: 'HIDE', clientEventId: 'hide' });
  proxy.dropAnswersTo('COMMIT');
  const { tracking } = first.backend.services;
  // A repeated event causes a transaction of several statements.
  await expect(tracking.trackAll({ interactions: [hide, hide] }, () => true)).rejects.toMatchObject({
    code: 'UNAVAILABLE',
  });
  expect(await seen(first.url)).toEqual({ total: 2, feed: ['m2'] });
  await appliesHide(secondUrl);
  expect(await tracking.trackAll({ interactions: [hide, hide] }, () => true)).toMatchObject({
    results: [{ status: 'DUPLICATE' }, { status: 'DUPLICATE' }],
  });
}, 30_000);

const commitSilently = (event: Event) => commitWithoutPublishing(database.url, inputOf(event));

it('applies an event on both replicas after a retry returns DUPLICATE', async () => {
  const hide: Event = { eventType: 'HIDE', clientEventId: 'hide' };
  await commitSilently(hide);
  expect(await track(first.url, hide)).toEqual(success('DUPLICATE'));
  expect(await seen(first.url)).toEqual({ total: 2, feed: ['m2'] });
  await appliesHide(secondUrl);
});

it('reads a profile once after a duplicate whose first commit was not published', async () => {
  const hide: Event = { eventType: 'HIDE', clientEventId: 'hide' };
  await commitSilently(hide);
  await track(first.url, hide);
  first.statements.length = 0;
  expect(await seen(first.url)).toEqual({ total: 2, feed: ['m2'] });
  expect(await seen(first.url)).toEqual({ total: 2, feed: ['m2'] });
  expect(first.statements.filter((sql) => sql.includes('profiles'))).toHaveLength(1);
});

it('applies a rebuilt profile on both replicas when the result of its commit was lost', async () => {
  await admin.query(
    `insert into interactions (id, user_key, market_id, event_type, weight, occurred_at, received_at)
      select gen_random_uuid(), user_key, market_id, 'HIDE', weight, occurred_at, received_at
      from interactions where user_key = $1`,
    [userKey],
  );
  proxy.dropAnswersTo('COMMIT');
  await expect(first.backend.rebuildProfile(userKey)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  expect(await seen(first.url)).toEqual({ total: 2, feed: ['m2'] });
  await appliesHide(secondUrl);
}, 30_000);
