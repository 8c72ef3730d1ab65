import { afterAll, beforeAll, expect, it } from 'vitest';
import { ProfileCache } from '../../../src/profiles/profile-cache.js';
import { ProfileCompactor } from '../../../src/profiles/profile-compactor.js';
import { SharedProfiles } from '../../../src/profiles/shared-profiles.js';
import type { ProfileRewriteRepository } from '../../../src/storage/profiles/profile-rewrite-repository.js';
import { emptyProfile, type ProfileEvent } from '../../../src/domain/profile.js';
import { inOrder } from '../../support/profile-arbitraries.js';
import { recordingLogger } from '../../support/log-lines.js';
import {
  openProfileDatabase,
  topicsOf,
  type ProfileDatabase,
  type StoreOfReplica,
} from '../../support/profile-database.js';
import { NOON_MS, profileEvent } from '../../support/profile-events.js';

const MARKETS = 300;

let db: ProfileDatabase;
let replica: StoreOfReplica;

beforeAll(async () => {
  db = await openProfileDatabase(MARKETS);
  replica = db.replica();
});

afterAll(() => db.close());

const clicks = (count: number): ProfileEvent[] =>
  Array.from({ length: count }, (_, index) => {
    const number = 1 + (index % MARKETS);
    // A probability of many digits takes 9 bytes.
    const market = { id: `m${number}`, ...topicsOf(number), probability: (index + 1) / 20_011 };
    return profileEvent('CLICK', NOON_MS + index, { market });
  });

let users = 0;
const newUser = (): string => `user ${(users += 1)}`;

/** Creates a compactor and the cache of its replica. `replaced` overrides methods of the repository. */
function compactorWith(replaced: Partial<Pick<ProfileRewriteRepository, 'compact' | 'dropRecent'>> = {}) {
  const { profiles, profileRewrites } = replica.store;
  const compacted: string[][] = [];
  const published: string[] = [];
  const cache = new ProfileCache({
    read: (userKeys, options) => profiles.read(userKeys, options),
    unpack: (packed) => profiles.unpack(packed),
    ...{ maxBytes: 2 ** 22, ttlMs: () => 60_000, clock: () => NOON_MS },
  });
  const shared = new SharedProfiles({
    cache,
    invalidate: (userKeys) => cache.invalidate(userKeys),
    publish: (userKeys) => published.push(...userKeys),
    onChanged: () => undefined,
  });
  const { logger, lines } = recordingLogger();
  const compactor = new ProfileCompactor({
    repository: {
      compact: (userKeys) => {
        compacted.push([...userKeys]);
        return (replaced.compact ?? profileRewrites.compact.bind(profileRewrites))(userKeys);
      },
      dropRecent:
        replaced.dropRecent ?? ((userKeys, minBytes) => profileRewrites.dropRecent(userKeys, minBytes)),
    },
    profiles: shared,
    logger,
  });
  const commit = async (userKey: string, events: readonly ProfileEvent[]) => {
    const since = shared.position;
    const appended = await db.commit(replica, userKey, events);
    shared.applyCommit([appended], since);
    compactor.enqueue([appended]);
    return appended;
  };
  return { compactor, cache, compacted, published, lines, commit };
}

const messages = (lines: readonly unknown[]) =>
  lines.map((line) => (line as { level: number; msg: string }).msg);

it('compacts a profile when its recent events reach 1,024 bytes, and not before', async () => {
  const { compactor, cache, compacted, commit } = compactorWith();
  const userKey = newUser();
  let bytes = 0;
  for (const click of clicks(200)) {
    const { recentBytes } = await commit(userKey, [click]);
    bytes = recentBytes;
    if (bytes >= 1_024) break;
    expect(compacted).toEqual([]);
  }
  expect(bytes).toBeLessThan(1_100);
  const before = await cache.getFull(userKey);
  await compactor.drain();
  expect(compacted).toEqual([[userKey]]);
  const row = await db.row(userKey);
  expect(row).toMatchObject({ version: before.version, state_version: before.version });
  expect(row?.recent).toHaveLength(0);
  // The cache serves the compacted form without another read.
  expect(inOrder(cache.cachedFull(userKey) ?? emptyProfile(userKey))).toEqual(inOrder(before));
});

it('compacts at most 16 profiles per batch', async () => {
  const { compactor, compacted, commit } = compactorWith();
  const userKeys = Array.from({ length: 20 }, newUser);
  await Promise.all(userKeys.map((userKey) => commit(userKey, clicks(200))));
  await compactor.drain();
  expect(Math.max(...compacted.map(({ length }) => length))).toBeLessThanOrEqual(16);
  expect(compacted.flat().sort()).toEqual(userKeys.toSorted());
});

it('does not affect commits when it fails, logs this once, and retries with the next event', async () => {
  let isDown = true;
  const { profileRewrites } = replica.store;
  const failing = compactorWith({
    compact: (userKeys) => {
      const error = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
      return isDown ? Promise.reject(error) : profileRewrites.compact(userKeys);
    },
    dropRecent: () =>
      Promise.reject(new Error('No events may be dropped while the database is unavailable.')),
  });
  const userKey = newUser();
  for (let commits = 1; commits <= 3; commits += 1) {
    expect(await failing.commit(userKey, clicks(200))).toMatchObject({ version: commits });
    await failing.compactor.drain();
  }
  expect(messages(failing.lines)).toEqual(['failed to compact profiles; the next events retry']);
  expect(await db.row(userKey)).toMatchObject({ version: 3, state_version: 0 });
  isDown = false;
  await failing.commit(userKey, clicks(1));
  await failing.compactor.drain();
  expect(await db.row(userKey)).toMatchObject({ version: 4, state_version: 4 });
});

it('compacts the other profiles when one of them cannot be decoded', async () => {
  const { compactor, commit } = compactorWith();
  const [bad, ...good] = [newUser(), newUser(), newUser()];
  await Promise.all([bad, ...good].map((userKey) => db.commit(replica, userKey, clicks(200))));
  await db.client.query(`update profiles set state = '\\x7f00' where user_key = $1`, [bad]);
  await Promise.all([bad, ...good].map((userKey) => commit(userKey, clicks(1))));
  await compactor.drain();
  for (const userKey of good) expect(await db.row(userKey)).toMatchObject({ version: 2, state_version: 2 });
  // Below 256 KB, its events stay for a version that can decode it.
  expect(await db.row(bad)).toMatchObject({ version: 2, state_version: 0 });
  expect((await db.row(bad))?.recent.length).toBeGreaterThan(1_024);
});

it('drops recent events of more than 256 KB that cannot be folded, and rebuilds the profile', async () => {
  const { compactor, cache, published, lines, commit } = compactorWith();
  const userKey = newUser();
  for (let commits = 0; commits < 10; commits += 1) await db.commit(replica, userKey, clicks(2_000));
  await db.client.query(`update profiles set state = '\\x02ff' where user_key = $1`, [userKey]);
  expect((await db.row(userKey))?.recent.length).toBeGreaterThan(256 * 1_024);
  await commit(userKey, clicks(1));
  await compactor.drain();
  expect(messages(lines)).toEqual([
    'failed to compact profiles; the next events retry',
    'dropped recent events; the next read rebuilds the profiles',
  ]);
  expect(published).toContain(userKey);
  expect(await db.row(userKey)).toMatchObject({ state: null, recent: Buffer.alloc(0) });
  const profile = await cache.getFull(userKey);
  expect(profile).toMatchObject({ version: 11, totalInteractions: 20_001 });
  expect(await db.row(userKey)).toMatchObject({ version: 11, state_version: 11 });
  // Events before and after the next read are counted once.
  await commit(userKey, clicks(2));
  expect(await cache.getFull(userKey)).toMatchObject({ version: 12, totalInteractions: 20_003 });
}, 60_000);

it('compacts nothing after close', async () => {
  const { compactor, compacted, commit } = compactorWith();
  await compactor.close();
  await commit(newUser(), clicks(200));
  await compactor.drain();
  expect(compacted).toEqual([]);
});
