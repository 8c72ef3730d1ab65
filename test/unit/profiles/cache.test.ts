import { describe, expect, it } from 'vitest';
import { ProfileCache, type ProfileCacheParts } from '../../../src/profiles/profile-cache.js';
import type { PackedProfile } from '../../../src/storage/profiles/packed-profile.js';
import { emptyProfile } from '../../../src/domain/profile.js';
import {
  appendedClick,
  clicker,
  compacted,
  hot,
  read,
  uncompacted,
  unpacked,
} from '../../support/packed-profiles.js';
import { NOON_MS } from '../../support/profile-events.js';

const MEGABYTE = 2 ** 20;

/** A query that the store has not answered yet. */
interface Query {
  readonly userKeys: readonly string[];
  readonly lifetime: boolean;
  answer(...profiles: readonly PackedProfile[]): void;
  fail(error: Error): void;
}

/** A store that answers when the test says so. */
class HeldStore {
  readonly queries: Query[] = [];

  readonly read: ProfileCacheParts['read'] = (userKeys, { lifetime }) =>
    new Promise((resolve, reject) => {
      this.queries.push({
        userKeys,
        lifetime,
        answer: (...profiles) => resolve(profiles.map(read)),
        fail: reject,
      });
    });

  /** The query at this index, once everything that was due has happened. */
  async query(index: number): Promise<Query> {
    await everythingDue();
    const query = this.queries[index];
    if (query === undefined) throw new Error(`The store was asked ${this.queries.length} times.`);
    return query;
  }
}

/** Resolves when nothing is left to do but to wait for the store. */
function everythingDue(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function cacheOn(source: ProfileCacheParts['read'], parts: Partial<ProfileCacheParts> = {}): ProfileCache {
  return new ProfileCache({
    read: source,
    unpack: unpacked,
    maxBytes: MEGABYTE,
    lifeMs: () => 60_000,
    clock: () => NOON_MS,
    ...parts,
  });
}

/** A store with every user in this version. */
const everyUserIn =
  (version: number): ProfileCacheParts['read'] =>
  (userKeys, { lifetime }) =>
    Promise.resolve(userKeys.map((userKey) => read(compacted(clicker(userKey, version), lifetime))));

const first = (userKey: string): PackedProfile => compacted(clicker(userKey), false);

describe('a read', () => {
  it('is one query for all users of one tick, each of them once', async () => {
    const store = new HeldStore();
    const cache = cacheOn(store.read);
    const answers = Promise.all(['ada', 'bob', 'ada', 'bob'].map((userKey) => cache.get(userKey)));
    const query = await store.query(0);
    expect(query).toMatchObject({ userKeys: ['ada', 'bob'], lifetime: false });
    query.answer(first('ada'), first('bob'));
    expect(await answers).toEqual(['ada', 'bob', 'ada', 'bob'].map((userKey) => hot(clicker(userKey))));
    expect(store.queries).toHaveLength(1);
  });

  it('asks the store for at most 500 users at a time', async () => {
    const sizes: number[] = [];
    const cache = cacheOn((userKeys, options) => {
      sizes.push(userKeys.length);
      return everyUserIn(1)(userKeys, options);
    });
    const userKeys = Array.from({ length: 1_200 }, (_, index) => `user-${index}`);
    const profiles = await Promise.all(userKeys.map((userKey) => cache.get(userKey)));
    expect(profiles.map(({ userKey }) => userKey)).toEqual(userKeys);
    expect(sizes).toEqual([500, 500, 200]);
  });

  it('costs no query for a profile that was read or appended to', async () => {
    const store = new HeldStore();
    const cache = cacheOn(store.read);
    const reading = cache.get('ada');
    (await store.query(0)).answer(first('ada'));
    await reading;
    cache.append(appendedClick('bob', 1), cache.position);
    expect(await cache.get('ada')).toEqual(hot(clicker('ada')));
    expect(await cache.getFull('bob')).toEqual(clicker('bob'));
    expect(store.queries).toHaveLength(1);
    expect(cache.stats).toMatchObject({ hits: 2, misses: 1, entries: 2, evictions: 0 });
  });

  it('joins a read of the same user that is in progress', async () => {
    const store = new HeldStore();
    const cache = cacheOn(store.read);
    const before = cache.get('ada');
    const query = await store.query(0);
    const after = cache.get('ada');
    await everythingDue();
    expect(store.queries).toHaveLength(1);
    query.answer(first('ada'));
    expect(await Promise.all([before, after])).toEqual([hot(clicker('ada')), hot(clicker('ada'))]);
  });

  it('that fails rejects all callers, and the next one asks again', async () => {
    const store = new HeldStore();
    const cache = cacheOn(store.read);
    const waiting = Promise.allSettled([cache.get('ada'), cache.get('bob'), cache.get('ada')]);
    (await store.query(0)).fail(new Error('gone'));
    const failed = { status: 'rejected', reason: new Error('gone') };
    expect(await waiting).toEqual([failed, failed, failed]);
    const again = cache.get('ada');
    (await store.query(1)).answer(first('ada'));
    expect(await again).toEqual(hot(clicker('ada')));
  });

  it('of a user never seen is cached in less than 300 bytes', async () => {
    const cache = cacheOn((userKeys) =>
      Promise.resolve(userKeys.map((userKey) => read(uncompacted(userKey, 0)))),
    );
    await cache.get('ada');
    expect(cache.heldFull('ada')).toEqual(emptyProfile('ada'));
    expect(cache.stats.bytes).toBeLessThan(300);
  });

  it('is made again when a market of the cached profile has left the memory', async () => {
    const store = new HeldStore();
    let isComplete = false;
    const cache = cacheOn(store.read, { unpack: (packed) => (isComplete ? unpacked(packed) : undefined) });
    for (const query of [0, 1]) {
      const reading = cache.get('ada');
      (await store.query(query)).answer(first('ada'));
      expect(await reading).toEqual(hot(clicker('ada')));
    }
    isComplete = true;
    expect(await cache.get('ada')).toEqual(hot(clicker('ada')));
    expect(store.queries).toHaveLength(2);
    expect(cache.stats).toMatchObject({ hits: 1, misses: 2 });
  });
});

describe('lifetime sums', () => {
  it('are read when they are asked for, and then serve both kinds of callers', async () => {
    const store = new HeldStore();
    const cache = cacheOn(store.read);
    const hotRead = cache.get('ada');
    (await store.query(0)).answer(first('ada'));
    await hotRead;
    expect(cache.heldFull('ada')).toBeUndefined();
    const fullRead = cache.getFull('ada');
    const query = await store.query(1);
    expect(query).toMatchObject({ userKeys: ['ada'], lifetime: true });
    query.answer(compacted(clicker('ada')));
    expect(await fullRead).toEqual(clicker('ada'));
    expect(cache.heldFull('ada')).toEqual(clicker('ada'));
    expect(cache.held('ada')).toEqual(clicker('ada'));
    expect(store.queries).toHaveLength(2);
  });

  it('stay cached when events are appended', async () => {
    const cache = cacheOn(everyUserIn(3));
    await cache.getFull('ada');
    cache.append(appendedClick('ada', 4), cache.position);
    expect(cache.heldFull('ada')).toEqual(clicker('ada', 4));
  });
});

describe('the TTL', () => {
  it('counts from when the store was asked', async () => {
    let nowMs = NOON_MS;
    const store = new HeldStore();
    const cache = cacheOn(store.read, { clock: () => nowMs, lifeMs: () => 1_000 });
    const reading = cache.get('ada');
    const query = await store.query(0);
    nowMs += 400;
    query.answer(first('ada'));
    await reading;
    nowMs = NOON_MS + 999;
    expect(cache.held('ada')).toEqual(hot(clicker('ada')));
    nowMs = NOON_MS + 1_000;
    expect(cache.held('ada')).toBeUndefined();
    const again = cache.get('ada');
    (await store.query(1)).answer(compacted(clicker('ada', 2), false));
    expect(await again).toEqual(hot(clicker('ada', 2)));
  });

  it('is the one of the moment, so that it can be cut short for entries that exist', async () => {
    let lifeMs = 60_000;
    let nowMs = NOON_MS;
    const cache = cacheOn(everyUserIn(5), { clock: () => nowMs, lifeMs: () => lifeMs });
    await cache.get('ada');
    nowMs += 2_000;
    expect(cache.held('ada')).toEqual(hot(clicker('ada', 5)));
    lifeMs = 1_000;
    expect(cache.held('ada')).toBeUndefined();
  });
});

describe('a read that another replica overtakes', () => {
  const changes: readonly [string, (cache: ProfileCache) => void][] = [
    [
      'a message',
      (cache) => {
        cache.invalidate(['ada']);
      },
    ],
    [
      'a gap in the messages',
      (cache) => {
        cache.clear();
      },
    ],
  ];

  it.each(changes)('answers callers from before %s, and none from after it', async (_, change) => {
    const store = new HeldStore();
    const cache = cacheOn(store.read);
    const before = cache.get('ada');
    const old = await store.query(0);
    change(cache);
    const after = [cache.get('ada'), cache.get('ada')];
    await everythingDue();
    expect(store.queries, 'reads of one user at a time').toHaveLength(1);
    old.answer(first('ada'));
    expect(await before).toEqual(hot(clicker('ada')));
    const fresh = await store.query(1);
    expect(fresh.userKeys).toEqual(['ada']);
    fresh.answer(compacted(clicker('ada', 2), false));
    expect(await Promise.all(after)).toEqual([hot(clicker('ada', 2)), hot(clicker('ada', 2))]);
    expect(cache.held('ada')).toEqual(hot(clicker('ada', 2)));
    expect(store.queries).toHaveLength(2);
  });

  it.each(changes)('is not cached after %s, though no caller came in between', async (_, change) => {
    const store = new HeldStore();
    const cache = cacheOn(store.read);
    const before = cache.get('ada');
    const old = await store.query(0);
    change(cache);
    old.answer(first('ada'));
    await before;
    expect(cache.stats.entries).toBe(0);
  });

  it.each(changes)('is repeated after %s even if it fails', async (_, change) => {
    const store = new HeldStore();
    const cache = cacheOn(store.read);
    const before = cache.get('ada');
    const old = await store.query(0);
    change(cache);
    const after = cache.get('ada');
    old.fail(new Error('gone'));
    await expect(before).rejects.toThrow('gone');
    (await store.query(1)).answer(first('ada'));
    expect(await after).toEqual(hot(clicker('ada')));
  });

  it.each(changes)('and an entry is dropped by %s', async (_, change) => {
    const cache = cacheOn(everyUserIn(9));
    await cache.get('ada');
    change(cache);
    expect(cache.held('ada')).toBeUndefined();
  });

  it('and the entries of other users stay', async () => {
    const cache = cacheOn(everyUserIn(3));
    await cache.get('bob');
    cache.invalidate(['ada']);
    expect(cache.held('bob')).toEqual(hot(clicker('bob', 3)));
  });
});

describe('an append', () => {
  it('makes the next version, in the order of the commits', async () => {
    const cache = cacheOn(everyUserIn(2));
    await cache.getFull('ada');
    for (const version of [3, 4, 5]) cache.append(appendedClick('ada', version), cache.position);
    expect(cache.heldFull('ada')).toEqual(clicker('ada', 5));
  });

  it('is not undone by a read that began before', async () => {
    const store = new HeldStore();
    const cache = cacheOn(store.read);
    const reading = cache.get('ada');
    const query = await store.query(0);
    cache.append(appendedClick('ada', 1), cache.position);
    query.answer(uncompacted('ada', 0));
    await reading;
    expect(cache.held('ada')).toEqual(clicker('ada'));
    expect(store.queries).toHaveLength(1);
  });

  it('of a version that the entry has already changes nothing', async () => {
    const cache = cacheOn(everyUserIn(6));
    await cache.get('ada');
    for (const version of [5, 6]) cache.append(appendedClick('ada', version), cache.position);
    expect(cache.held('ada')).toEqual(hot(clicker('ada', 6)));
  });

  it('drops an entry that is not the version right before', async () => {
    const cache = cacheOn(everyUserIn(3));
    await cache.get('ada');
    cache.append(appendedClick('ada', 5), cache.position);
    expect(cache.held('ada')).toBeUndefined();
  });

  it('caches no profile whose earlier versions are not cached', () => {
    const cache = cacheOn(everyUserIn(1));
    cache.append(appendedClick('ada', 2), cache.position);
    expect(cache.stats.entries).toBe(0);
  });

  it('makes no entry of a new user when the answer to a later commit came first', () => {
    const cache = cacheOn(everyUserIn(2));
    const since = cache.position;
    for (const version of [2, 1]) cache.append(appendedClick('ada', version), since);
    expect(cache.stats.entries).toBe(0);
  });

  it('drops an entry once it has over 4,096 bytes of events that the store has folded meanwhile', async () => {
    const cache = cacheOn(everyUserIn(1));
    await cache.get('ada');
    let appendedBytes = 0;
    for (let version = 2; cache.held('ada') !== undefined; version += 1) {
      expect(appendedBytes).toBeLessThanOrEqual(4_096);
      const appended = appendedClick('ada', version);
      appendedBytes += appended.batch.length;
      cache.append({ ...appended, recentBytes: 0 }, cache.position);
    }
    expect(appendedBytes).toBeGreaterThan(4_096);
    expect(appendedBytes).toBeLessThan(4_200);
  });

  it('drops the entry if another replica changed the user during the transaction', async () => {
    const cache = cacheOn(everyUserIn(4));
    await Promise.all(['ada', 'bob'].map((userKey) => cache.get(userKey)));
    const since = cache.position;
    cache.invalidate(['ada']);
    await cache.get('ada');
    for (const userKey of ['ada', 'bob']) cache.append(appendedClick(userKey, 5), since);
    expect(cache.held('ada')).toBeUndefined();
    expect(cache.held('bob')).toEqual(hot(clicker('bob', 5)));
  });
});

describe('a compaction', () => {
  it('replaces the entry of the same version and keeps its age', async () => {
    let nowMs = NOON_MS;
    const source: ProfileCacheParts['read'] = (userKeys) =>
      Promise.resolve(userKeys.map((userKey) => read(uncompacted(userKey, 40))));
    const cache = cacheOn(source, { clock: () => nowMs, lifeMs: () => 1_000 });
    await cache.get('ada');
    const { bytes } = cache.stats;
    nowMs += 500;
    cache.put(compacted(clicker('ada', 40)), cache.position);
    expect(cache.stats.bytes).toBeLessThan(bytes);
    expect(cache.held('ada')).toEqual(clicker('ada', 40));
    nowMs += 500;
    expect(cache.held('ada')).toBeUndefined();
  });

  it('changes no entry of another version, and makes none', async () => {
    const cache = cacheOn(everyUserIn(7));
    await cache.get('ada');
    for (const version of [6, 8]) cache.put(compacted(clicker('ada', version)), cache.position);
    expect(cache.held('ada')).toEqual(hot(clicker('ada', 7)));
    // The last commit may have dropped the entry.
    cache.append(appendedClick('bob', 9), cache.position);
    cache.put(compacted(clicker('bob', 8)), cache.position);
    expect(cache.held('bob')).toBeUndefined();
  });
});

describe('the last country of a user', () => {
  const countryOf = async (cache: ProfileCache) => (await cache.countriesOf(['ada'])).get('ada');

  it('is the one of the latest event, also of a commit after it was asked for', async () => {
    const cache = cacheOn((userKeys) =>
      Promise.resolve(userKeys.map((userKey) => read(uncompacted(userKey, 0)))),
    );
    expect(await countryOf(cache)).toBeNull();
    cache.append(appendedClick('ada', 1, 'IL'), cache.position);
    expect(await countryOf(cache)).toBe('IL');
    cache.append(appendedClick('ada', 2, 'FR'), cache.position);
    expect(await countryOf(cache)).toBe('FR');
    cache.append(appendedClick('ada', 3), cache.position);
    expect(await countryOf(cache)).toBe('FR');
  });

  it('costs no decoding while the events name the same one', async () => {
    let unpacks = 0;
    const cache = cacheOn(
      (userKeys) => Promise.resolve(userKeys.map((userKey) => read(uncompacted(userKey, 0)))),
      {
        unpack: (packed) => {
          unpacks += 1;
          return unpacked(packed);
        },
      },
    );
    await countryOf(cache);
    cache.append(appendedClick('ada', 1, 'IL'), cache.position);
    await countryOf(cache);
    const before = unpacks;
    for (let version = 2; version < 10; version += 1) {
      cache.append(appendedClick('ada', version, 'IL'), cache.position);
      expect(await countryOf(cache)).toBe('IL');
    }
    expect(unpacks).toBe(before);
  });

  it('of an older read is not kept for a profile that a commit changed meanwhile', async () => {
    const store = new HeldStore();
    const cache = cacheOn(store.read);
    const asked = countryOf(cache);
    const query = await store.query(0);
    cache.append(appendedClick('ada', 1, 'FR'), cache.position);
    query.answer(uncompacted('ada', 0));
    expect(await asked).toBeNull();
    expect(await countryOf(cache)).toBe('FR');
  });
});

describe('memory', () => {
  it('stays within its bound, the least recently used evicted first', async () => {
    const cache = cacheOn(everyUserIn(1), { maxBytes: 200_000 });
    await cache.get('first');
    await cache.get('second');
    for (let index = 0; index < 1_000 && cache.stats.evictions === 0; index += 1) {
      await cache.get('first');
      await cache.get(`user-${index}`);
      expect(cache.stats.bytes).toBeLessThanOrEqual(200_000);
    }
    expect(cache.held('second')).toBeUndefined();
    expect(cache.held('first')).toEqual(hot(clicker('first')));
    expect(cache.stats.evictions).toBe(1);
    expect(cache.stats.entries).toBeGreaterThan(100);
  });

  it('counts what appends add, and evicts for it', async () => {
    const cache = cacheOn(everyUserIn(0), { maxBytes: 20_000 });
    for (let version = 1; version <= 200; version += 1) {
      for (const userKey of ['ada', 'bob', 'cleo']) {
        cache.append(appendedClick(userKey, version), cache.position);
        expect(cache.stats.bytes).toBeLessThanOrEqual(20_000);
        const held = cache.held(userKey);
        if (held !== undefined) expect(held.totalInteractions).toBe(version);
      }
    }
    expect(cache.stats.bytes).toBeGreaterThan(5_000);
    await expect(cache.get('ada')).resolves.toMatchObject({ userKey: 'ada' });
  });
});
