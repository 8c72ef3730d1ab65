import { Client } from 'pg';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadRankingConfig } from '../../../src/config/ranking-config.js';
import { ProfileCache } from '../../../src/profiles/profile-cache.js';
import { profileMemory } from '../../../src/profiles/profile-memory.js';
import { ProfileUpkeep } from '../../../src/profiles/profile-upkeep.js';
import { SharedProfiles } from '../../../src/profiles/shared-profiles.js';
import { UserProfileDocument } from '../../../src/generated/client/graphql.js';
import { startTestGateway, TEST_NOW_MS, type TestGateway } from '../../support/test-gateway.js';

const DAY_MS = 24 * 3_600_000;
const LONG_AGO_MS = TEST_NOW_MS - 400 * DAY_MS;

const config = loadRankingConfig(undefined);

let gateway: TestGateway;
let told: string[];

type UpkeepStore = ConstructorParameters<typeof ProfileUpkeep>[0]['store'];
type Replaced = Partial<
  Pick<UpkeepStore['profiles'], 'read'> & Pick<UpkeepStore['profileRewrites'], 'replace'>
>;

beforeEach(async () => {
  told = [];
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
  forgetBelow = config.profile.forgetBelow,
  shared: Pick<SharedProfiles, 'mayHaveChanged'> = { mayHaveChanged: (userKeys) => told.push(...userKeys) },
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
    memory: profileMemory(config),
    config: () => ({ ...config, profile: { ...config.profile, forgetBelow } }),
  });
}

const run = (by = upkeep(), signal = new AbortController().signal) =>
  by.run({ now: new Date(TEST_NOW_MS), signal });

/** Events of long ago, each of another person. */
const haveBeen = (...userKeys: string[]) =>
  gateway.backend.history.importAll(
    userKeys.map((userKey) => ({
      ...{ userKey, marketId: 'm1', eventType: 'PARTICIPATE', occurredAt: new Date(LONG_AGO_MS) },
    })),
  );

const track = (userKey: string, details: { marketId?: string; eventType?: string } = {}) =>
  gateway.backend.services.tracking.track({ userKey, marketId: 'm2', eventType: 'CLICK', ...details });

async function stateOf(userKey: string) {
  const [state] = await gateway.backend.store.profiles.load([userKey]);
  if (state === undefined) throw new Error('There is no state.');
  return state;
}

const topicsOf = async (userKey: string) =>
  [...(await stateOf(userKey)).topics.values()].map(({ label, longTerm }) => [label, longTerm]);

const pointsOf = async (userKey: string) =>
  [...(await stateOf(userKey)).lifetime.topics.values()].map(({ label, points }) => [label, points]);

it('forgets the faded topics of those who are not active, once, and leaves everybody else alone', async () => {
  await haveBeen('ada', 'ben');
  gateway.clock.nowMs = TEST_NOW_MS - 2 * DAY_MS;
  await track('cleo');
  gateway.clock.nowMs = TEST_NOW_MS - DAY_MS + 1;
  await track('ben');
  gateway.clock.nowMs = TEST_NOW_MS;
  const before = await Promise.all(['ada', 'ben', 'cleo'].map(stateOf));
  expect(await run()).toEqual({ examined: 3, changed: 1, forgotten: 2, unreadable: 0 });
  expect(told).toEqual(['ada']);
  expect(await topicsOf('ada')).toEqual([]);
  expect(await pointsOf('ada')).toEqual([
    ['Politics', 6],
    ['Elections', 4.800000000000001],
  ]);
  const [ada, ben, cleo] = await Promise.all(['ada', 'ben', 'cleo'].map(stateOf));
  expect(ada?.version).toBe((before[0]?.version ?? 0) + 1);
  expect([ben, cleo]).toEqual([before[1], before[2]]);
  expect(await run()).toEqual({ examined: 3, changed: 0, forgotten: 0, unreadable: 0 });
  expect(told).toEqual(['ada']);
});

it('takes topics out of the profile that is shown, and leaves the ranking by v1 as it was', async () => {
  const ranking = async () =>
    (
      await gateway.query(`{ rankMarkets(userKey: "ada", marketIds: ["m1", "m2", "m3"], algorithm: V1) {
        personalized rankedMarkets { score market { id } scores { personal interest } } } }`)
    ).data;
  await haveBeen('ada');
  const topicsShown = async () => {
    // What is in memory is good for a minute; the gateway would be told.
    gateway.clock.nowMs += 61_000;
    const { data } = await gateway.run(UserProfileDocument, { userKey: 'ada' });
    return [...(data?.userProfile.topCategories ?? []), ...(data?.userProfile.topTags ?? [])].length;
  };
  const before = await ranking();
  expect(before).toMatchObject({ rankMarkets: { personalized: true } });
  expect(await topicsShown()).toBe(2);
  await run();
  expect(await topicsShown()).toBe(0);
  gateway.clock.nowMs = TEST_NOW_MS;
  expect(await ranking()).toEqual(before);
  await track('ada', { marketId: 'm1' });
  expect(await topicsShown()).toBe(2);
});

it('forgets nothing when the config says 0', async () => {
  await haveBeen('ada');
  expect(await run(upkeep({}, 0))).toEqual({ examined: 1, changed: 0, forgotten: 0, unreadable: 0 });
});

it('looks at everybody page by page, and stops when it is told to', async () => {
  const client = new Client({ connectionString: gateway.databaseUrl });
  await client.connect();
  await haveBeen('template');
  await client.query(
    `insert into profiles (user_key, version, state, recent)
      select 'person ' || lpad(n::text, 4, '0'), version, state, recent from profiles, generate_series(1, 450) n
      where user_key = 'template'`,
  );
  await client.query(`delete from profiles where user_key = 'template'`);
  await client.end();
  const stop = new AbortController();
  const { profiles } = gateway.backend.store;
  let mostAtOnce = 0;
  const stopping = upkeep({
    read: (userKeys, options) => {
      mostAtOnce = Math.max(mostAtOnce, userKeys.length);
      stop.abort();
      return profiles.read(userKeys, options);
    },
  });
  expect(await run(stopping, stop.signal)).toEqual({
    examined: 200,
    changed: 200,
    forgotten: 400,
    unreadable: 0,
  });
  expect(mostAtOnce).toBe(16);
  // The next run continues where this one ended, and the one after it begins again.
  expect(await run()).toEqual({ examined: 250, changed: 250, forgotten: 500, unreadable: 0 });
  expect(await run()).toEqual({ examined: 450, changed: 0, forgotten: 0, unreadable: 0 });
  expect(new Set(told).size).toBe(450);
});

it('leaves alone whoever does something meanwhile, and loses nothing of it', async () => {
  await haveBeen('ada', 'ben');
  const { profiles } = gateway.backend.store;
  const overtaken = upkeep({
    read: async (userKeys, options) => {
      const found = await profiles.read(userKeys, options);
      expect(await track('ada')).toMatchObject({ status: 'RECORDED' });
      return found;
    },
  });
  expect(await run(overtaken)).toEqual({ examined: 2, changed: 1, forgotten: 2, unreadable: 0 });
  expect(told).toEqual(['ben']);
  const ada = await stateOf('ada');
  expect(ada).toMatchObject({ totalInteractions: 2 });
  expect(ada.topics.get('CATEGORY:sports')?.longTerm).toBe(2);
  expect(ada.lifetime.topics.get('CATEGORY:sports')?.points).toBe(2);
  expect(ada.topics.get('CATEGORY:politics')?.longTerm).not.toBe(0);
});

it('an event that comes upon a profile just stored anew counts on top of it', async () => {
  await haveBeen('ada');
  // The process that tracks has the profile in memory as it was before.
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

it('who is in memory is read anew, who is not stays out of it, and the other replicas are told of both', async () => {
  await haveBeen('ada', 'ben');
  const { profiles } = gateway.backend.store;
  const cache = new ProfileCache({
    read: (userKeys, options) => profiles.read(userKeys, options),
    unpack: (packed) => profiles.unpack(packed),
    maxBytes: 1_000_000,
    lifeMs: () => DAY_MS,
    clock: () => TEST_NOW_MS,
  });
  const { version } = await cache.get('ada');
  const shared = new SharedProfiles({
    cache,
    invalidate: (userKeys) => cache.invalidate(userKeys),
    publish: (userKeys) => told.push(...userKeys),
    onChanged: () => undefined,
  });
  await run(upkeep({}, config.profile.forgetBelow, shared));
  expect(cache.stats.entries).toBe(0);
  expect(told).toEqual(['ada', 'ben']);
  expect((await cache.get('ada')).version).toBe(version + 1);
});

it('makes the replicas read the profiles again when the answer to their replacement was lost', async () => {
  await haveBeen('ada', 'ben');
  const { profileRewrites } = gateway.backend.store;
  const unanswered = upkeep({
    replace: async (rewritten) => {
      await profileRewrites.replace(rewritten);
      throw new Error('Query read timeout');
    },
  });
  await expect(run(unanswered)).rejects.toThrow('Query read timeout');
  expect(told).toEqual(['ada', 'ben']);
});

it('runs again and again while everybody is active, and every event counts once', async () => {
  const people = Array.from({ length: 60 }, (_, index) => `person ${index}`);
  await haveBeen(...people);
  const progress = { tracked: false };
  const tracking = Promise.all(
    people.map(async (userKey) => {
      for (let event = 0; event < 5; event += 1) {
        const { status } = await gateway.backend.services.tracking.track({
          ...{ userKey, marketId: 'm2', eventType: 'CLICK' },
          // In the past, so that the person stays one who is not active.
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
  expect(changed).toBe(people.length);
  for (const userKey of people) {
    const state = await stateOf(userKey);
    expect(state.totalInteractions).toBe(6);
    expect(state.lifetime.topics.get('CATEGORY:sports')?.points).toBe(10);
    expect(state.lifetime.topics.get('CATEGORY:politics')?.points).toBe(6);
    expect(state.topics.has('CATEGORY:politics')).toBe(false);
  }
});

it('a profile that was erased meanwhile stays erased', async () => {
  await haveBeen('ada');
  const { profileRewrites } = gateway.backend.store;
  const client = new Client({ connectionString: gateway.databaseUrl });
  await client.connect();
  const overtaken = upkeep({
    replace: async (rewritten) => {
      await client.query('delete from profiles');
      return profileRewrites.replace(rewritten);
    },
  });
  expect(await run(overtaken)).toEqual({ examined: 1, changed: 0, forgotten: 0, unreadable: 0 });
  expect((await client.query('select from profiles')).rowCount).toBe(0);
  await client.end();
});
