import { Client } from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openStores } from '../../../src/app/databases.js';
import { loadSample } from '../../../src/cli/sample-data.js';
import type { FullProfile } from '../../../src/domain/profile.js';
import { rebuildProfile } from '../../../src/profiles/rebuild-profile.js';
import { runCommand } from '../../support/command.js';
import { decay } from '../../support/profile-events.js';
import { startTestGateway, TEST_NOW_MS, type TestGateway } from '../../support/test-gateway.js';

const marketId = 'tel-aviv-derby-winner';

let gateway: TestGateway;
let keys: string[];

beforeAll(async () => {
  gateway = await startTestGateway();
  await loadSample(gateway.backend, TEST_NOW_MS);
  const { tracking } = gateway.backend.services;
  const event = { userKey: 'sample-politics-001', marketId };
  await tracking.trackImpressions({ userKey: event.userKey, items: [{ marketId: event.marketId }] });
  await tracking.trackAll(
    {
      interactions: [
        { ...event, eventType: 'CLICK', country: 'FR' },
        { ...event, eventType: 'PARTICIPATE', stake: 12.34 },
        { ...event, eventType: 'HIDE', occurredAt: new Date(TEST_NOW_MS - 3_600_000) },
        { ...event, eventType: 'DWELL_30', dwellMs: 31_337, occurredAt: new Date(TEST_NOW_MS - 7_200_000) },
      ],
    },
    () => true,
  );
  ({ userKeys: keys } = await gateway.backend.store.profileRewrites.pageAfter('', 1_000, Infinity));
});

afterAll(() => gateway.close());

/** Returns a profile in a form that does not depend on its version and the order of its maps. */
function comparable({ version, topics, engagements, hidden, impressions, lifetime, ...rest }: FullProfile) {
  expect(version).toBeGreaterThan(0);
  const sorted = (map: ReadonlyMap<string, unknown>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    ...rest,
    topics: sorted(topics),
    engagements: sorted(engagements),
    hidden: sorted(hidden),
    impressions: sorted(impressions),
    lifetime: sorted(lifetime.topics),
    stakes: lifetime.stakes,
  };
}

const stored = async () => (await gateway.backend.store.profiles.load(keys)).map(comparable);

async function execute(sql: string): Promise<void> {
  const client = new Client({ connectionString: gateway.databaseUrl });
  await client.connect();
  await client.query(sql);
  await client.end();
}

it('rebuilds every profile of the sample exactly from its stored events', async () => {
  // Some of the 500 users have no events.
  expect(keys.length).toBeGreaterThan(400);
  const before = await stored();
  expect(before.some(({ hidden }) => hidden.length > 0)).toBe(true);
  expect(before.some(({ impressions }) => impressions.length > 0)).toBe(true);
  expect(before.some(({ stakes }) => stakes.length > 0)).toBe(true);
  for (const key of keys) await gateway.backend.rebuildProfile(key);
  expect(await stored()).toEqual(before);
}, 60_000);

it('`bellwether profile rebuild` repairs damaged profiles, of one user or of all', async () => {
  const env = { DATABASE_URL: gateway.databaseUrl };
  const [one = '', two = ''] = keys;
  const before = await stored();
  // Each profile gets the columns of the next one: valid, but wrong.
  await execute(`update profiles p
    set state = n.state, shown = n.shown, lifetime = n.lifetime, recent = n.recent, state_version = n.state_version
    from (
      select user_key, lead(user_key, 1, user_key) over (order by user_key desc) as next_key from profiles
    ) k join profiles n on n.user_key = k.next_key
    where k.user_key = p.user_key`);
  const first = await runCommand(['profile', 'rebuild', one], env);
  expect(first).toMatchObject({ code: 0, stdout: 'Rebuilt 1 profile.\n' });
  const [repaired, damaged] = (await gateway.backend.store.profiles.load([one, two])).map(comparable);
  expect(repaired).toEqual(before[0]);
  expect(damaged).not.toEqual(before[1]);

  const all = await runCommand(['profile', 'rebuild', '--all'], env);
  expect(all).toMatchObject({ code: 0, stdout: `Rebuilt ${keys.length} profiles.\n` });
  expect(await stored()).toEqual(before);
}, 60_000);

it('`bellwether profile rebuild` exits with code 1 when no event of the user was recorded', async () => {
  const env = { DATABASE_URL: gateway.databaseUrl };
  const before = await stored();
  const { code, stdout, stderr } = await runCommand(['profile', 'rebuild', 'unknown'], env);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toContain('There is no user "unknown".');
  expect(await stored()).toEqual(before);
}, 60_000);

it('builds a profile without a state from the events at its first read, and stores it', async () => {
  const before = await stored();
  await execute('update profiles set state = null');
  const statements: string[] = [];
  const closers: (() => Promise<unknown>)[] = [];
  const { requests } = openStores({
    ...{ url: gateway.databaseUrl, sinkCount: 0, decay, logger: pino({ level: 'silent' }) },
    onStatement: (sql) => statements.push(sql),
    onClose: (closer) => closers.push(closer),
  });
  const read = async () => (await requests.profiles.load(keys)).map(comparable);
  expect(await read()).toEqual(before);
  statements.length = 0;
  expect(await read()).toEqual(before);
  expect(statements).toEqual([expect.stringContaining('profiles_of(')]);
  for (const close of closers) await close();
}, 60_000);

it('adds the next event to a profile without a state', async () => {
  const [before] = await gateway.backend.store.profiles.load(['sample-politics-001']);
  await execute('update profiles set state = null, version = version + 1');
  const { tracking } = gateway.backend.services;
  await tracking.track({
    ...{ userKey: 'sample-politics-001', marketId: 'tel-aviv-derby-winner', eventType: 'CLICK' },
  });
  const [after] = await gateway.backend.services.profiles.load(['sample-politics-001']);
  expect(after?.totalInteractions).toBe((before?.totalInteractions ?? 0) + 1);
});

it('rejects a profile in an unknown format with the number of the format', async () => {
  const userKey = 'sample-politics-001';
  await execute(`update profiles set state = '\\x7f00' where user_key = '${userKey}'`);
  await expect(gateway.backend.store.profiles.load([userKey])).rejects.toThrow(/stored in format 127/);
  await gateway.backend.rebuildProfile(userKey);
});

it.each([[['profile', 'rebuild']], [['profile', 'rebuild', 'ada', '--all']]])(
  '`bellwether %j` exits with code 1 and names the two options',
  async (args) => {
    const { code, stderr } = await runCommand(args, { DATABASE_URL: gateway.databaseUrl });
    expect(code).toBe(1);
    expect(stderr).toContain('Name one user, or pass --all.');
    expect(stderr).not.toMatch(/\n {4}at /);
  },
);

it('keeps events that arrive while a profile is rebuilt', async () => {
  const userKey = 'sample-politics-001';
  const [before] = await gateway.backend.store.profiles.load([userKey]);
  const { tracking } = gateway.backend.services;
  const event = { userKey, marketId: 'tel-aviv-derby-winner', eventType: 'BOOKMARK' };
  await Promise.all(
    Array.from({ length: 10 }, () => [tracking.track(event), gateway.backend.rebuildProfile(userKey)]).flat(),
  );
  const [after] = await gateway.backend.store.profiles.load([userKey]);
  expect(after?.totalInteractions).toBe((before?.totalInteractions ?? 0) + 10);
  await gateway.backend.rebuildProfile(userKey);
  const [rebuilt] = await gateway.backend.store.profiles.load([userKey]);
  if (after === undefined || rebuilt === undefined) throw new Error('The profile was not read.');
  expect(comparable(rebuilt)).toEqual(comparable(after));
});

it('keeps no data of a user who is erased while the history is folded', async () => {
  const userKey = keys[1] ?? '';
  const { store } = gateway.backend;
  let erasures = 0;
  await rebuildProfile(
    {
      profiles: store.profiles,
      transaction: async (work) => {
        if (erasures++ === 0) {
          await execute(`delete from interactions where user_key = '${userKey}'`);
          await execute(`delete from profiles where user_key = '${userKey}'`);
          await gateway.backend.services.tracking.track({ userKey, marketId, eventType: 'CLICK' });
        }
        return store.transaction(work);
      },
    },
    userKey,
  );
  expect(await store.profiles.load([userKey])).toMatchObject([{ version: 2, totalInteractions: 1 }]);
});

it('keeps the volume of an impression unknown, so that the first known volume is no change', async () => {
  const small = await startTestGateway();
  const { feed, tracking } = small.backend.services;
  const market = { id: 'quiet', title: 'Will it stay quiet?', probability: 0.5 };
  await small.addMarkets(market, { ...market, id: 'loud', volume24h: 100 });
  const userKey = 'reader';
  await tracking.trackImpressions({ userKey, items: [{ marketId: 'quiet' }, { marketId: 'loud' }] });
  const volume = async () =>
    (await small.backend.store.profiles.load([userKey]))[0]?.impressions.get('quiet')?.volume24h;
  expect(await volume()).toBeNaN();
  await small.backend.rebuildProfile(userKey);
  expect(await volume()).toBeNaN();
  await small.addMarkets({ ...market, volume24h: 500 }, { ...market, id: 'loud', volume24h: 500 });
  const { hero, grid, stream } = await feed.feed({ userKey });
  const badges = [...(hero ? [hero] : []), ...grid, ...stream].map(({ market: { id }, badge }) => [
    id,
    badge,
  ]);
  expect(Object.fromEntries(badges)).toEqual({ quiet: 'NEW', loud: 'MOVED' });
  await small.close();
});
