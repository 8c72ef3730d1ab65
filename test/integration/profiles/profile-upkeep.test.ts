import { Client } from 'pg';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadRankingConfig } from '../../../src/config/ranking-config.js';
import { DAY_MS, MINUTE_MS } from '../../../src/lib/time.js';
import { ProfileCache } from '../../../src/profiles/profile-cache.js';
import { decayConfig } from '../../../src/profiles/profile-decay.js';
import { ProfileUpkeep } from '../../../src/profiles/profile-upkeep.js';
import { SharedProfiles } from '../../../src/profiles/shared-profiles.js';
import { UserProfileDocument } from '../../../src/generated/client/graphql.js';
import { startTestGateway, TEST_NOW_MS, type TestGateway } from '../../support/test-gateway.js';

const LONG_AGO_MS = TEST_NOW_MS - 400 * DAY_MS;

const config = loadRankingConfig(undefined);

let gateway: TestGateway;
let invalidated: string[];

type UpkeepStore = ConstructorParameters<typeof ProfileUpkeep>[0]['store'];
type Replaced = Partial<
  Pick<UpkeepStore['profiles'], 'read'> & Pick<UpkeepStore['profileRewrites'], 'replace'>
>;

beforeEach(async () => {
  invalidated = [];
  gateway = await startTestGateway();
  await gateway.addMarkets(
    { id: 'm1', category: 'Politics', tags: ['Elections'] },
    { id: 'm2', category: 'Sports', tags: ['Cup'] },
    { id: 'm3', category: 'Crypto', tags: [] },
  );
});

afterEach(() => gateway.close());

function upkeep(
  replaced: Replaced = {},
  removeTopicsBelow = config.profile.removeTopicsBelow,
  shared: Pick<SharedProfiles, 'invalidate'> = { invalidate: (userKeys) => invalidated.push(...userKeys) },
): ProfileUpkeep {
  const { profiles, profileRewrites, markets, jobPositions } = gateway.backend.store;
  return new ProfileUpkeep({
    store: {
      ...{ markets, jobPositions },
      profiles: { read: replaced.read ?? profiles.read.bind(profiles) },
      profileRewrites: {
        pageAfter: profileRewrites.pageAfter.bind(profileRewrites),
        rewrite: profileRewrites.rewrite.bind(profileRewrites),
        replace: replaced.replace ?? profileRewrites.replace.bind(profileRewrites),
      },
    },
    profiles: shared,
    decay: decayConfig(config),
    config: () => ({ ...config, profile: { ...config.profile, removeTopicsBelow } }),
  });
}

const run = (by = upkeep(), signal = new AbortController().signal) =>
  by.run({ now: new Date(TEST_NOW_MS), signal });

/** Imports an old event of each user. */
const importOldEvents = (...userKeys: string[]) =>
  gateway.backend.history.importAll(
    userKeys.map((userKey) => ({
      ...{ userKey, marketId: 'm1', eventType: 'PARTICIPATE', occurredAt: new Date(LONG_AGO_MS) },
    })),
  );

const track = (userKey: string, details: { marketId?: string; eventType?: string } = {}) =>
  gateway.backend.services.tracking.track({ userKey, marketId: 'm2', eventType: 'CLICK', ...details });

async function stateOf(userKey: string) {
  const [state] = await gateway.backend.store.profiles.load([userKey]);
  if (state === undefined) throw new Error('The profile was not read.');
  return state;
}

const topicsOf = async (userKey: string) =>
  [...(await stateOf(userKey)).topics.values()].map(({ label, longTerm }) => [label, longTerm]);

const pointsOf = async (userKey: string) =>
  [...(await stateOf(userKey)).lifetime.topics.values()].map(({ label, points }) => [label, points]);

it('removes decayed topics of inactive users once, and changes no other profile', async () => {
  await importOldEvents('ada', 'ben');
  gateway.clock.nowMs = TEST_NOW_MS - 2 * DAY_MS;
  await track('cleo');
  gateway.clock.nowMs = TEST_NOW_MS - DAY_MS + 1;
  await track('ben');
  gateway.clock.nowMs = TEST_NOW_MS;
  const before = await Promise.all(['ada', 'ben', 'cleo'].map(stateOf));
  expect(await run()).toEqual({ examined: 3, changed: 1, removedTopics: 2, unreadable: 0 });
  expect(invalidated).toEqual(['ada']);
  expect(await topicsOf('ada')).toEqual([]);
  expect(await pointsOf('ada')).toEqual([
    ['Politics', 6],
    ['Elections', 4.800000000000001],
  ]);
  const [ada, ben, cleo] = await Promise.all(['ada', 'ben', 'cleo'].map(stateOf));
  expect(ada?.version).toBe((before[0]?.version ?? 0) + 1);
  expect([ben, cleo]).toEqual([before[1], before[2]]);
  expect(await run()).toEqual({ examined: 3, changed: 0, removedTopics: 0, unreadable: 0 });
  expect(invalidated).toEqual(['ada']);
});

it('removes topics from `userProfile`, and does not change the ranking by v1', async () => {
  const ranking = async () =>
    (
      await gateway.query(`{ rankMarkets(userKey: "ada", marketIds: ["m1", "m2", "m3"], algorithm: V1) {
        personalized rankedMarkets { score market { id } scores { personal interest } } } }`)
    ).data;
  await importOldEvents('ada');
  const topicCount = async () => {
    // Past the TTL of the cache, since this run does not invalidate it.
    gateway.clock.nowMs += 15 * MINUTE_MS;
    const { data } = await gateway.run(UserProfileDocument, { userKey: 'ada' });
    return [...(data?.userProfile.topCategories ?? []), ...(data?.userProfile.topTags ?? [])].length;
  };
  const before = await ranking();
  expect(before).toMatchObject({ rankMarkets: { personalized: true } });
  expect(await topicCount()).toBe(2);
  await run();
  expect(await topicCount()).toBe(0);
  gateway.clock.nowMs = TEST_NOW_MS;
  expect(await ranking()).toEqual(before);
  await track('ada', { marketId: 'm1' });
  expect(await topicCount()).toBe(2);
});

it('removes no topic when `profile.removeTopicsBelow` is 0', async () => {
  await importOldEvents('ada');
  expect(await run(upkeep({}, 0))).toEqual({ examined: 1, changed: 0, removedTopics: 0, unreadable: 0 });
});

it('examines all profiles page by page, and stops on a shutdown signal', async () => {
  const client = new Client({ connectionString: gateway.databaseUrl });
  await client.connect();
  await importOldEvents('template');
  await client.query(
    `insert into profiles (user_key, version, state, recent)
      select 'user ' || lpad(n::text, 4, '0'), version, state, recent from profiles, generate_series(1, 450) n
      where user_key = 'template'`,
  );
  await client.query(`delete from profiles where user_key = 'template'`);
  await client.end();
  const stop = new AbortController();
  const { profiles } = gateway.backend.store;
  let maxBatch = 0;
  const stopping = upkeep({
    read: (userKeys, options) => {
      maxBatch = Math.max(maxBatch, userKeys.length);
      stop.abort();
      return profiles.read(userKeys, options);
    },
  });
  expect(await run(stopping, stop.signal)).toEqual({
    examined: 200,
    changed: 200,
    removedTopics: 400,
    unreadable: 0,
  });
  expect(maxBatch).toBe(16);
  // The next run continues at this position, and the one after it starts from the beginning.
  expect(await run()).toEqual({ examined: 250, changed: 250, removedTopics: 500, unreadable: 0 });
  expect(await run()).toEqual({ examined: 450, changed: 0, removedTopics: 0, unreadable: 0 });
  expect(new Set(invalidated).size).toBe(450);
});

it('skips a profile that changes concurrently, and loses no event', async () => {
  await importOldEvents('ada', 'ben');
  const { profiles } = gateway.backend.store;
  const concurrent = upkeep({
    read: async (userKeys, options) => {
      const found = await profiles.read(userKeys, options);
      expect(await track('ada')).toMatchObject({ status: 'RECORDED' });
      return found;
    },
  });
  expect(await run(concurrent)).toEqual({ examined: 2, changed: 1, removedTopics: 2, unreadable: 0 });
  expect(invalidated).toEqual(['ben']);
  const ada = await stateOf('ada');
  expect(ada).toMatchObject({ totalInteractions: 2 });
  expect(ada.topics.get('CATEGORY:sports')?.longTerm).toBe(2);
  expect(ada.lifetime.topics.get('CATEGORY:sports')?.points).toBe(2);
  expect(ada.topics.get('CATEGORY:politics')?.longTerm).not.toBe(0);
});

it('adds an event to a profile that was just rewritten', async () => {
  await importOldEvents('ada');
  // The tracking process has cached the profile before the rewrite.
  const { profiles } = gateway.backend.services;
  await profiles.loadFull(['ada']);
  await run();
  expect(await track('ada')).toMatchObject({ status: 'RECORDED' });
  expect(await profiles.loadFull(['ada'])).toEqual([await stateOf('ada')]);
  expect(await topicsOf('ada')).toEqual([
    ['Sports', 2],
    ['Cup', 1.6],
  ]);
  expect(await pointsOf('ada')).toEqual([
    ['Politics', 6],
    ['Elections', 4.800000000000001],
    ['Sports', 2],
    ['Cup', 1.6],
  ]);
});

it('drops rewritten profiles from the cache, caches no others, and publishes all of them', async () => {
  await importOldEvents('ada', 'ben');
  const { profiles } = gateway.backend.store;
  const cache = new ProfileCache({
    read: (userKeys, options) => profiles.read(userKeys, options),
    unpack: (packed) => profiles.unpack(packed),
    maxBytes: 1_000_000,
    ttlMs: () => DAY_MS,
    clock: () => TEST_NOW_MS,
  });
  const { version } = await cache.get('ada');
  const shared = new SharedProfiles({
    cache,
    invalidate: (userKeys) => cache.invalidate(userKeys),
    publish: (userKeys) => invalidated.push(...userKeys),
    onChanged: () => undefined,
  });
  await run(upkeep({}, config.profile.removeTopicsBelow, shared));
  expect(cache.stats.entries).toBe(0);
  expect(invalidated).toEqual(['ada', 'ben']);
  expect((await cache.get('ada')).version).toBe(version + 1);
});

it('invalidates the profiles on all replicas when the result of the rewrite was lost', async () => {
  await importOldEvents('ada', 'ben');
  const { profileRewrites } = gateway.backend.store;
  const unanswered = upkeep({
    replace: async (rewritten) => {
      await profileRewrites.replace(rewritten);
      throw new Error('Query read timeout');
    },
  });
  await expect(run(unanswered)).rejects.toThrow('Query read timeout');
  expect(invalidated).toEqual(['ada', 'ben']);
});

it('counts every event once in repeated runs with concurrent events', async () => {
  const userKeys = Array.from({ length: 60 }, (_, index) => `user ${index}`);
  await importOldEvents(...userKeys);
  const progress = { tracked: false };
  const tracking = Promise.all(
    userKeys.map(async (userKey) => {
      for (let event = 0; event < 5; event += 1) {
        const { status } = await gateway.backend.services.tracking.track({
          ...{ userKey, marketId: 'm2', eventType: 'CLICK' },
          // In the past, so that the user stays inactive.
          occurredAt: new Date(TEST_NOW_MS - 2 * DAY_MS - event),
        });
        expect(status).toBe('RECORDED');
      }
    }),
  ).finally(() => (progress.tracked = true));
  let changed = 0;
  while (!progress.tracked) changed += (await run()).changed;
  await tracking;
  changed += (await run()).changed;
  expect(changed).toBe(userKeys.length);
  for (const userKey of userKeys) {
    const state = await stateOf(userKey);
    expect(state.totalInteractions).toBe(6);
    expect(state.lifetime.topics.get('CATEGORY:sports')?.points).toBe(10);
    expect(state.lifetime.topics.get('CATEGORY:politics')?.points).toBe(6);
    expect(state.topics.has('CATEGORY:politics')).toBe(false);
  }
});

it('does not restore a profile that is erased concurrently', async () => {
  await importOldEvents('ada');
  const { profileRewrites } = gateway.backend.store;
  const client = new Client({ connectionString: gateway.databaseUrl });
  await client.connect();
  const concurrent = upkeep({
    replace: async (rewritten) => {
      await client.query('delete from profiles');
      return profileRewrites.replace(rewritten);
    },
  });
  expect(await run(concurrent)).toEqual({ examined: 1, changed: 0, removedTopics: 0, unreadable: 0 });
  expect((await client.query('select from profiles')).rowCount).toBe(0);
  await client.end();
});
