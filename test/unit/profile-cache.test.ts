import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProfileCache, type ProfileCacheParts } from '../../src/profiles/profile-cache.js';
import { emptyProfile, type ProfileState } from '../../src/repositories/profile-state.js';
import { NOON_MS, personAfter, profileEvent } from '../support/profile-events.js';

const MEGABYTE = 2 ** 20;

/** A query that the store has not answered yet. */
interface Query {
  readonly userKeys: readonly string[];
  answer(states: readonly ProfileState[]): void;
  fail(error: Error): void;
}

/** A store that answers when told to. */
class HeldStore {
  readonly queries: Query[] = [];

  readonly load = (userKeys: readonly string[]): Promise<readonly ProfileState[]> =>
    new Promise((resolve, reject) => {
      this.queries.push({ userKeys, answer: resolve, fail: reject });
    });

  /** The query at this place, once everything that was due has happened. */
  async query(place: number): Promise<Query> {
    await everythingDue();
    const query = this.queries[place];
    if (query === undefined) throw new Error(`The store was asked ${this.queries.length} times.`);
    return query;
  }
}

/** Resolves when nothing is left to do but to wait for the store. */
function everythingDue(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function cacheOn(load: ProfileCacheParts['load'], parts: Partial<ProfileCacheParts> = {}): ProfileCache {
  return new ProfileCache({
    load,
    maxBytes: MEGABYTE,
    lifeMs: () => 60_000,
    clock: () => NOON_MS,
    ...parts,
  });
}

/** A store that knows everybody in their first version. */
const everybodyOnce: ProfileCacheParts['load'] = (userKeys) =>
  Promise.resolve(userKeys.map((userKey) => person(userKey)));

function person(userKey: string, version = 1, marketId = 'm1'): ProfileState {
  const state = personAfter(profileEvent('CLICK', NOON_MS - 5_000, { market: { id: marketId } }));
  return { ...state, userKey, version };
}

describe('reading', () => {
  it('asks the store once for all who are asked for in one tick, and for each of them once', async () => {
    const store = new HeldStore();
    const cache = cacheOn(store.load);
    const answers = Promise.all([cache.get('ada'), cache.getMany(['bob', 'ada']), cache.get('bob')]);
    const query = await store.query(0);
    expect(query.userKeys).toEqual(['ada', 'bob']);
    query.answer([person('ada'), person('bob')]);
    expect(await answers).toEqual([person('ada'), [person('bob'), person('ada')], person('bob')]);
    expect(store.queries).toHaveLength(1);
  });

  it('asks the store for at most 500 people at a time', async () => {
    const sizes: number[] = [];
    const cache = cacheOn((userKeys) => {
      sizes.push(userKeys.length);
      return everybodyOnce(userKeys);
    });
    const userKeys = Array.from({ length: 1_200 }, (_, index) => `user-${index}`);
    const states = await cache.getMany(userKeys);
    expect(states.map(({ userKey }) => userKey)).toEqual(userKeys);
    expect(sizes).toEqual([500, 500, 200]);
  });

  it('answers from memory what was read or written', async () => {
    const store = new HeldStore();
    const cache = cacheOn(store.load);
    const first = cache.get('ada');
    (await store.query(0)).answer([person('ada')]);
    await first;
    cache.put(person('bob', 7));
    expect(await cache.getMany(['bob', 'ada'])).toEqual([person('bob', 7), person('ada')]);
    expect(store.queries).toHaveLength(1);
    expect(cache.stats).toMatchObject({ hits: 2, misses: 1, entries: 2, evictions: 0 });
  });

  it('joins a read of the same person that is under way', async () => {
    const store = new HeldStore();
    const cache = cacheOn(store.load);
    const first = cache.get('ada');
    const query = await store.query(0);
    const second = cache.get('ada');
    await everythingDue();
    expect(store.queries).toHaveLength(1);
    query.answer([person('ada')]);
    expect(await Promise.all([first, second])).toEqual([person('ada'), person('ada')]);
  });

  it('tells a failure to all who wait, and asks again the next time', async () => {
    const store = new HeldStore();
    const cache = cacheOn(store.load);
    const waiting = Promise.allSettled([cache.get('ada'), cache.get('bob'), cache.get('ada')]);
    (await store.query(0)).fail(new Error('gone'));
    const failed = { status: 'rejected', reason: new Error('gone') };
    expect(await waiting).toEqual([failed, failed, failed]);
    const again = cache.get('ada');
    (await store.query(1)).answer([person('ada')]);
    expect(await again).toEqual(person('ada'));
  });

  it('remembers people never seen, in a fraction of the memory', async () => {
    const store = new HeldStore();
    const cache = cacheOn(store.load);
    const first = cache.get('ada');
    (await store.query(0)).answer([emptyProfile('ada')]);
    await first;
    expect(await cache.get('ada')).toEqual(emptyProfile('ada'));
    expect(store.queries).toHaveLength(1);
    expect(cache.stats.bytes).toBeLessThan(300);
  });
});

describe('age', () => {
  it('reads again what is as old as its life, and counts from when the store was asked', async () => {
    let nowMs = NOON_MS;
    const store = new HeldStore();
    const cache = cacheOn(store.load, { clock: () => nowMs, lifeMs: () => 1_000 });
    const first = cache.get('ada');
    const query = await store.query(0);
    nowMs += 400;
    query.answer([person('ada')]);
    await first;
    nowMs = NOON_MS + 999;
    expect(await cache.get('ada')).toEqual(person('ada'));
    nowMs = NOON_MS + 1_000;
    const second = cache.get('ada');
    (await store.query(1)).answer([person('ada', 2)]);
    expect(await second).toEqual(person('ada', 2));
  });

  it('goes by the life of the moment, so that it can be cut short for what is already there', async () => {
    let lifeMs = 60_000;
    let nowMs = NOON_MS;
    const cache = cacheOn(everybodyOnce, { clock: () => nowMs, lifeMs: () => lifeMs });
    cache.put(person('ada', 5));
    nowMs += 2_000;
    expect(await cache.get('ada')).toEqual(person('ada', 5));
    lifeMs = 1_000;
    expect(await cache.get('ada')).toEqual(person('ada', 1));
  });

  it('still shows to a writer, who checks the version, what is too old to be served', () => {
    let nowMs = NOON_MS;
    const cache = cacheOn(everybodyOnce, { clock: () => nowMs, lifeMs: () => 1_000 });
    cache.put(person('ada', 5));
    nowMs += 5_000;
    expect(cache.lastSeen('ada')).toEqual(person('ada', 5));
    expect(cache.lastSeen('bob')).toBeUndefined();
    expect(cache.stats).toMatchObject({ hits: 0, misses: 0 });
  });
});

describe('a read overtaken by a change elsewhere', () => {
  const changes: readonly [string, (cache: ProfileCache) => void][] = [
    [
      'word of the change',
      (cache) => {
        cache.invalidate(['ada']);
      },
    ],
    [
      'a gap in the words of changes',
      (cache) => {
        cache.clear();
      },
    ],
  ];

  it.each(changes)('answers whoever asked before, and nobody who asked after %s', async (_, tell) => {
    const store = new HeldStore();
    const cache = cacheOn(store.load);
    const before = cache.get('ada');
    const old = await store.query(0);
    tell(cache);
    const after = [cache.get('ada'), cache.get('ada')];
    await everythingDue();
    expect(store.queries, 'reads of one person at a time').toHaveLength(1);
    old.answer([person('ada', 1)]);
    expect(await before).toEqual(person('ada', 1));
    const fresh = await store.query(1);
    expect(fresh.userKeys).toEqual(['ada']);
    fresh.answer([person('ada', 2)]);
    expect(await Promise.all(after)).toEqual([person('ada', 2), person('ada', 2)]);
    expect(await cache.get('ada')).toEqual(person('ada', 2));
    expect(store.queries).toHaveLength(2);
  });

  it.each(changes)('is not kept after %s, though nobody asked in between', async (_, tell) => {
    const store = new HeldStore();
    const cache = cacheOn(store.load);
    const before = cache.get('ada');
    const old = await store.query(0);
    tell(cache);
    old.answer([person('ada', 1)]);
    await before;
    expect(cache.stats.entries).toBe(0);
  });

  it.each(changes)('asks anew after %s even if it fails itself', async (_, tell) => {
    const store = new HeldStore();
    const cache = cacheOn(store.load);
    const before = cache.get('ada');
    const old = await store.query(0);
    tell(cache);
    const after = cache.get('ada');
    old.fail(new Error('gone'));
    await expect(before).rejects.toThrow('gone');
    (await store.query(1)).answer([person('ada', 2)]);
    expect(await after).toEqual(person('ada', 2));
  });

  it.each(changes)('forgets what is in memory after %s', async (_, tell) => {
    const cache = cacheOn(everybodyOnce);
    cache.put(person('ada', 9));
    tell(cache);
    expect(cache.lastSeen('ada')).toBeUndefined();
    expect(await cache.get('ada')).toEqual(person('ada', 1));
  });

  it('leaves other people alone', async () => {
    const store = new HeldStore();
    const cache = cacheOn(store.load);
    cache.put(person('bob', 3));
    const reading = cache.get('ada');
    const query = await store.query(0);
    cache.invalidate(['cleo']);
    query.answer([person('ada')]);
    await reading;
    expect(await cache.getMany(['ada', 'bob'])).toEqual([person('ada'), person('bob', 3)]);
    expect(store.queries).toHaveLength(1);
  });
});

describe('writing through', () => {
  it('is not undone by a read that began before', async () => {
    const store = new HeldStore();
    const cache = cacheOn(store.load);
    const reading = cache.get('ada');
    const query = await store.query(0);
    cache.put(person('ada', 2));
    query.answer([person('ada', 1)]);
    await reading;
    expect(await cache.get('ada')).toEqual(person('ada', 2));
    expect(store.queries).toHaveLength(1);
  });

  it('never replaces a later version', async () => {
    const cache = cacheOn(everybodyOnce);
    cache.put(person('ada', 6));
    cache.put(person('ada', 5));
    expect(await cache.get('ada')).toEqual(person('ada', 6));
  });

  it('is not kept if the person was said to have changed elsewhere while the transaction ran', async () => {
    const cache = cacheOn(everybodyOnce);
    cache.put(person('ada', 4));
    cache.put(person('bob', 4));
    const since = cache.position;
    cache.invalidate(['ada']);
    cache.put(person('ada', 5), since);
    cache.put(person('bob', 5), since);
    expect(cache.lastSeen('ada')).toBeUndefined();
    expect(await cache.get('bob')).toEqual(person('bob', 5));
  });

  it('leaves alone what was read after the person was said to have changed', async () => {
    const cache = cacheOn((userKeys) => Promise.resolve(userKeys.map((userKey) => person(userKey, 6))));
    const since = cache.position;
    cache.invalidate(['ada']);
    await cache.get('ada');
    cache.put(person('ada', 5), since);
    expect(cache.lastSeen('ada')).toEqual(person('ada', 6));
  });
});

describe('memory', () => {
  it('stays within its bound, the least recently used out first', async () => {
    const cache = cacheOn(everybodyOnce, { maxBytes: 200_000 });
    cache.put(person('first'));
    cache.put(person('second'));
    for (let index = 0; index < 1_000 && cache.stats.evictions === 0; index++) {
      await cache.get('first');
      cache.put(person(`user-${index}`));
      expect(cache.stats.bytes).toBeLessThanOrEqual(200_000);
    }
    expect(cache.lastSeen('second')).toBeUndefined();
    expect(cache.lastSeen('first')).toEqual(person('first'));
    expect(cache.stats.evictions).toBe(1);
    expect(cache.stats.entries).toBeGreaterThan(100);
  });

  it('stays within its bound though ever new markets come, and mixes none of them up', () => {
    const maxBytes = 100_000;
    const cache = cacheOn(everybodyOnce, { maxBytes });
    for (let index = 0; index < 2_000; index++) {
      const state = person(`user-${index % 50}`, index, `market-${index}`);
      cache.put(state);
      expect(cache.stats.bytes).toBeLessThanOrEqual(maxBytes);
      expect(cache.lastSeen(state.userKey)).toEqual(state);
    }
    for (let index = 1_950; index < 2_000; index++) {
      const held = cache.lastSeen(`user-${index % 50}`);
      expect([undefined, `market-${held?.version}`]).toContain(held?.engagements.keys().next().value);
    }
    expect(cache.stats.evictions).toBeGreaterThan(0);
  });
});

it('never answers with less than it was told before it was asked, in whatever order things happen', async () => {
  const step = fc.record({
    kind: fc.constantFrom('read', 'write here', 'write elsewhere', 'gap'),
    userKey: fc.constantFrom('ada', 'bob'),
  });
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.array(step, { minLength: 2, maxLength: 14 }), async (s, steps) => {
      const stored = new Map<string, number>();
      const told = new Map<string, number>();
      const reading = new Map<string, number>();
      const versionOf = (userKey: string): number => stored.get(userKey) ?? 0;
      const commit = (userKey: string): number => {
        stored.set(userKey, versionOf(userKey) + 1);
        return versionOf(userKey);
      };
      const tell = (userKey: string, version: number): void => {
        told.set(userKey, Math.max(version, told.get(userKey) ?? 0));
      };
      const cache = cacheOn(async (userKeys) => {
        for (const userKey of userKeys) {
          expect(reading.get(userKey) ?? 0, 'reads of one person at a time').toBe(0);
          reading.set(userKey, 1);
        }
        await s.schedule(Promise.resolve(), 'the store reads');
        const states = userKeys.map((userKey) => ({ ...emptyProfile(userKey), version: versionOf(userKey) }));
        await s.schedule(Promise.resolve(), 'the store answers');
        for (const userKey of userKeys) reading.set(userKey, 0);
        return states;
      });
      const acts: Record<(typeof steps)[number]['kind'], (userKey: string) => Promise<void>> = {
        read: async (userKey) => {
          const least = told.get(userKey) ?? 0;
          expect((await cache.get(userKey)).version).toBeGreaterThanOrEqual(least);
        },
        'write here': async (userKey) => {
          const since = cache.position;
          const version = commit(userKey);
          await s.schedule(Promise.resolve(), 'the commit is answered');
          cache.put({ ...emptyProfile(userKey), version }, since);
          tell(userKey, version);
        },
        'write elsewhere': async (userKey) => {
          const version = commit(userKey);
          await s.schedule(Promise.resolve(), 'word of it arrives');
          cache.invalidate([userKey]);
          tell(userKey, version);
        },
        gap: () => {
          cache.clear();
          for (const [userKey, version] of stored) tell(userKey, version);
          return Promise.resolve();
        },
      };
      const done = steps.map(async ({ kind, userKey }) => {
        await s.schedule(Promise.resolve(), kind);
        await acts[kind](userKey);
      });
      await s.waitFor(Promise.all(done));
      for (const userKey of ['ada', 'bob']) {
        expect((await s.waitFor(cache.get(userKey))).version).toBe(versionOf(userKey));
      }
    }),
    { numRuns: 300 },
  );
});
