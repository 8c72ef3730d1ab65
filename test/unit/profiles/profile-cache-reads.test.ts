import { describe, expect, it } from 'vitest';
import { emptyProfile } from '../../../src/domain/profile.js';
import type { ProfileCache } from '../../../src/profiles/profile-cache.js';
import {
  appendedClick,
  clicker,
  compacted,
  hot,
  read,
  uncompacted,
  unpacked,
} from '../../support/packed-profiles.js';
import { allDueWork, cacheOn, ControlledStore, everyUserIn, first } from '../../support/profile-cache.js';
import { NOON_MS } from '../../support/profile-events.js';

describe('a read', () => {
  it('sends one query for the distinct users of one tick', async () => {
    const store = new ControlledStore();
    const cache = cacheOn(store.read);
    const answers = Promise.all(['ada', 'bob', 'ada', 'bob'].map((userKey) => cache.get(userKey)));
    const query = await store.query(0);
    expect(query).toMatchObject({ userKeys: ['ada', 'bob'], lifetime: false });
    query.answer(first('ada'), first('bob'));
    expect(await answers).toEqual(['ada', 'bob', 'ada', 'bob'].map((userKey) => hot(clicker(userKey))));
    expect(store.queries).toHaveLength(1);
  });

  it('sends queries of at most 500 users', async () => {
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

  it('needs no query for a profile that was read or appended to', async () => {
    const store = new ControlledStore();
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

  it('shares a read of the same user that is in progress', async () => {
    const store = new ControlledStore();
    const cache = cacheOn(store.read);
    const before = cache.get('ada');
    const query = await store.query(0);
    const after = cache.get('ada');
    await allDueWork();
    expect(store.queries).toHaveLength(1);
    query.answer(first('ada'));
    expect(await Promise.all([before, after])).toEqual([hot(clicker('ada')), hot(clicker('ada'))]);
  });

  it('that fails rejects all callers, and the next call reads again', async () => {
    const store = new ControlledStore();
    const cache = cacheOn(store.read);
    const results = Promise.allSettled([cache.get('ada'), cache.get('bob'), cache.get('ada')]);
    (await store.query(0)).fail(new Error('gone'));
    const failed = { status: 'rejected', reason: new Error('gone') };
    expect(await results).toEqual([failed, failed, failed]);
    const nextRead = cache.get('ada');
    (await store.query(1)).answer(first('ada'));
    expect(await nextRead).toEqual(hot(clicker('ada')));
  });

  it('of an empty profile takes less than 300 bytes of cache', async () => {
    const cache = cacheOn((userKeys) =>
      Promise.resolve(userKeys.map((userKey) => read(uncompacted(userKey, 0)))),
    );
    await cache.get('ada');
    expect(cache.cachedFull('ada')).toEqual(emptyProfile('ada'));
    expect(cache.stats.bytes).toBeLessThan(300);
  });

  it('is repeated when a market of the cached profile is no longer in memory', async () => {
    const store = new ControlledStore();
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
  it('are read on demand, and then serve calls with and without them', async () => {
    const store = new ControlledStore();
    const cache = cacheOn(store.read);
    const hotRead = cache.get('ada');
    (await store.query(0)).answer(first('ada'));
    await hotRead;
    expect(cache.cachedFull('ada')).toBeUndefined();
    const fullRead = cache.getFull('ada');
    const query = await store.query(1);
    expect(query).toMatchObject({ userKeys: ['ada'], lifetime: true });
    query.answer(compacted(clicker('ada')));
    expect(await fullRead).toEqual(clicker('ada'));
    expect(cache.cachedFull('ada')).toEqual(clicker('ada'));
    expect(cache.cached('ada')).toEqual(clicker('ada'));
    expect(store.queries).toHaveLength(2);
  });

  it('stay cached when events are appended', async () => {
    const cache = cacheOn(everyUserIn(3));
    await cache.getFull('ada');
    cache.append(appendedClick('ada', 4), cache.position);
    expect(cache.cachedFull('ada')).toEqual(clicker('ada', 4));
  });
});

describe('the TTL', () => {
  it('starts when the query is sent', async () => {
    let nowMs = NOON_MS;
    const store = new ControlledStore();
    const cache = cacheOn(store.read, { clock: () => nowMs, ttlMs: () => 1_000 });
    const reading = cache.get('ada');
    const query = await store.query(0);
    nowMs += 400;
    query.answer(first('ada'));
    await reading;
    nowMs = NOON_MS + 999;
    expect(cache.cached('ada')).toEqual(hot(clicker('ada')));
    nowMs = NOON_MS + 1_000;
    expect(cache.cached('ada')).toBeUndefined();
    const nextRead = cache.get('ada');
    (await store.query(1)).answer(compacted(clicker('ada', 2), false));
    expect(await nextRead).toEqual(hot(clicker('ada', 2)));
  });

  it('applies to existing entries when it changes', async () => {
    let ttlMs = 60_000;
    let nowMs = NOON_MS;
    const cache = cacheOn(everyUserIn(5), { clock: () => nowMs, ttlMs: () => ttlMs });
    await cache.get('ada');
    nowMs += 2_000;
    expect(cache.cached('ada')).toEqual(hot(clicker('ada', 5)));
    ttlMs = 1_000;
    expect(cache.cached('ada')).toBeUndefined();
  });
});

describe('a change on another replica during a read', () => {
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

  it.each(changes)('is hidden from callers before %s, and visible to callers after it', async (_, change) => {
    const store = new ControlledStore();
    const cache = cacheOn(store.read);
    const before = cache.get('ada');
    const old = await store.query(0);
    change(cache);
    const after = [cache.get('ada'), cache.get('ada')];
    await allDueWork();
    expect(store.queries, 'reads of one user at a time').toHaveLength(1);
    old.answer(first('ada'));
    expect(await before).toEqual(hot(clicker('ada')));
    const fresh = await store.query(1);
    expect(fresh.userKeys).toEqual(['ada']);
    fresh.answer(compacted(clicker('ada', 2), false));
    expect(await Promise.all(after)).toEqual([hot(clicker('ada', 2)), hot(clicker('ada', 2))]);
    expect(cache.cached('ada')).toEqual(hot(clicker('ada', 2)));
    expect(store.queries).toHaveLength(2);
  });

  it.each(changes)('prevents caching of the read after %s, even without a new caller', async (_, change) => {
    const store = new ControlledStore();
    const cache = cacheOn(store.read);
    const before = cache.get('ada');
    const old = await store.query(0);
    change(cache);
    old.answer(first('ada'));
    await before;
    expect(cache.stats.entries).toBe(0);
  });

  it.each(changes)('causes a new read after %s even if the first one fails', async (_, change) => {
    const store = new ControlledStore();
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

  it.each(changes)('drops a cached entry after %s', async (_, change) => {
    const cache = cacheOn(everyUserIn(9));
    await cache.get('ada');
    change(cache);
    expect(cache.cached('ada')).toBeUndefined();
  });

  it('keeps the entries of other users', async () => {
    const cache = cacheOn(everyUserIn(3));
    await cache.get('bob');
    cache.invalidate(['ada']);
    expect(cache.cached('bob')).toEqual(hot(clicker('bob', 3)));
  });
});
