import { describe, expect, it } from 'vitest';
import type { ProfileCache, ProfileCacheDeps } from '../../../src/profiles/profile-cache.js';
import {
  appendedClick,
  clicker,
  compacted,
  hot,
  read,
  uncompacted,
  unpacked,
} from '../../support/packed-profiles.js';
import { cacheOn, ControlledStore, everyUserIn } from '../../support/profile-cache.js';
import { NOON_MS } from '../../support/profile-events.js';

describe('append', () => {
  it('creates the next version, in the order of the commits', async () => {
    const cache = cacheOn(everyUserIn(2));
    await cache.getFull('ada');
    for (const version of [3, 4, 5]) cache.append(appendedClick('ada', version), cache.position);
    expect(cache.cachedFull('ada')).toEqual(clicker('ada', 5));
  });

  it('is not overwritten by a read that began before it', async () => {
    const store = new ControlledStore();
    const cache = cacheOn(store.read);
    const reading = cache.get('ada');
    const query = await store.query(0);
    cache.append(appendedClick('ada', 1), cache.position);
    query.answer(uncompacted('ada', 0));
    await reading;
    expect(cache.cached('ada')).toEqual(clicker('ada'));
    expect(store.queries).toHaveLength(1);
  });

  it('does nothing for a version that the entry already has', async () => {
    const cache = cacheOn(everyUserIn(6));
    await cache.get('ada');
    for (const version of [5, 6]) cache.append(appendedClick('ada', version), cache.position);
    expect(cache.cached('ada')).toEqual(hot(clicker('ada', 6)));
  });

  it('drops an entry that is not the previous version', async () => {
    const cache = cacheOn(everyUserIn(3));
    await cache.get('ada');
    cache.append(appendedClick('ada', 5), cache.position);
    expect(cache.cached('ada')).toBeUndefined();
  });

  it('creates no entry without the previous version', () => {
    const cache = cacheOn(everyUserIn(1));
    cache.append(appendedClick('ada', 2), cache.position);
    expect(cache.stats.entries).toBe(0);
  });

  it('creates no entry of a new user when the result of a later commit arrived first', () => {
    const cache = cacheOn(everyUserIn(2));
    const since = cache.position;
    for (const version of [2, 1]) cache.append(appendedClick('ada', version), since);
    expect(cache.stats.entries).toBe(0);
  });

  it('drops an entry with more than 4,096 bytes of events that the store has compacted', async () => {
    const cache = cacheOn(everyUserIn(1));
    await cache.get('ada');
    let appendedBytes = 0;
    for (let version = 2; cache.cached('ada') !== undefined; version += 1) {
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
    expect(cache.cached('ada')).toBeUndefined();
    expect(cache.cached('bob')).toEqual(hot(clicker('bob', 5)));
  });
});

describe('put', () => {
  it('replaces an entry of the same version and keeps its age', async () => {
    let nowMs = NOON_MS;
    const source: ProfileCacheDeps['read'] = (userKeys) =>
      Promise.resolve(userKeys.map((userKey) => read(uncompacted(userKey, 40))));
    const cache = cacheOn(source, { clock: () => nowMs, ttlMs: () => 1_000 });
    await cache.get('ada');
    const { bytes } = cache.stats;
    nowMs += 500;
    cache.put(compacted(clicker('ada', 40)), cache.position);
    expect(cache.stats.bytes).toBeLessThan(bytes);
    expect(cache.cached('ada')).toEqual(clicker('ada', 40));
    nowMs += 500;
    expect(cache.cached('ada')).toBeUndefined();
  });

  it('changes no entry of another version, and creates none', async () => {
    const cache = cacheOn(everyUserIn(7));
    await cache.get('ada');
    for (const version of [6, 8]) cache.put(compacted(clicker('ada', version)), cache.position);
    expect(cache.cached('ada')).toEqual(hot(clicker('ada', 7)));
    // The last commit may have dropped the entry.
    cache.append(appendedClick('bob', 9), cache.position);
    cache.put(compacted(clicker('bob', 8)), cache.position);
    expect(cache.cached('bob')).toBeUndefined();
  });
});

describe('countriesOf', () => {
  const countryOf = async (cache: ProfileCache) => (await cache.countriesOf(['ada'])).get('ada');

  it('returns the country of the latest event, even of a commit after the previous call', async () => {
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

  it('does not decode while events have the same country', async () => {
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

  it('does not cache the country of a read that a commit outdated', async () => {
    const store = new ControlledStore();
    const cache = cacheOn(store.read);
    const country = countryOf(cache);
    const query = await store.query(0);
    cache.append(appendedClick('ada', 1, 'FR'), cache.position);
    query.answer(uncompacted('ada', 0));
    expect(await country).toBeNull();
    expect(await countryOf(cache)).toBe('FR');
  });
});

describe('memory', () => {
  it('stays within its bound by evicting the least recently used entries', async () => {
    const cache = cacheOn(everyUserIn(1), { maxBytes: 200_000 });
    await cache.get('first');
    await cache.get('second');
    for (let index = 0; index < 1_000 && cache.stats.evictions === 0; index += 1) {
      await cache.get('first');
      await cache.get(`user-${index}`);
      expect(cache.stats.bytes).toBeLessThanOrEqual(200_000);
    }
    expect(cache.cached('second')).toBeUndefined();
    expect(cache.cached('first')).toEqual(hot(clicker('first')));
    expect(cache.stats.evictions).toBe(1);
    expect(cache.stats.entries).toBeGreaterThan(100);
  });

  it('includes appended bytes, and evicts for them', async () => {
    const cache = cacheOn(everyUserIn(0), { maxBytes: 20_000 });
    for (let version = 1; version <= 200; version += 1) {
      for (const userKey of ['ada', 'bob', 'cleo']) {
        cache.append(appendedClick(userKey, version), cache.position);
        expect(cache.stats.bytes).toBeLessThanOrEqual(20_000);
        const cached = cache.cached(userKey);
        if (cached !== undefined) expect(cached.totalInteractions).toBe(version);
      }
    }
    expect(cache.stats.bytes).toBeGreaterThan(5_000);
    await expect(cache.get('ada')).resolves.toMatchObject({ userKey: 'ada' });
  });
});
