import { ProfileCache, type ProfileCacheDeps } from '../../src/profiles/profile-cache.js';
import type { PackedProfile } from '../../src/storage/profiles/packed-profile.js';
import { clicker, compacted, read, unpacked } from './packed-profiles.js';
import { NOON_MS } from './profile-events.js';

const MEGABYTE = 2 ** 20;

/** A pending query. */
interface Query {
  readonly userKeys: readonly string[];
  readonly lifetime: boolean;
  answer(...profiles: readonly PackedProfile[]): void;
  fail(error: Error): void;
}

/** A store whose queries the test answers. */
export class ControlledStore {
  readonly queries: Query[] = [];

  readonly read: ProfileCacheDeps['read'] = (userKeys, { lifetime }) =>
    new Promise((resolve, reject) => {
      this.queries.push({
        userKeys,
        lifetime,
        answer: (...profiles) => resolve(profiles.map(read)),
        fail: reject,
      });
    });

  /** Returns the query at an index, after all due work. */
  async query(index: number): Promise<Query> {
    await allDueWork();
    const query = this.queries[index];
    if (query === undefined) throw new Error(`The store received only ${this.queries.length} queries.`);
    return query;
  }
}

/** Resolves when the cache has nothing to do but wait for the store. */
export function allDueWork(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export function cacheOn(
  source: ProfileCacheDeps['read'],
  deps: Partial<ProfileCacheDeps> = {},
): ProfileCache {
  return new ProfileCache({
    read: source,
    unpack: unpacked,
    maxBytes: MEGABYTE,
    ttlMs: () => 60_000,
    clock: () => NOON_MS,
    ...deps,
  });
}

/** A store with all users at a version. */
export const everyUserIn =
  (version: number): ProfileCacheDeps['read'] =>
  (userKeys, { lifetime }) =>
    Promise.resolve(userKeys.map((userKey) => read(compacted(clicker(userKey, version), lifetime))));

/** The first version of a user's profile, without lifetime sums. */
export const first = (userKey: string): PackedProfile => compacted(clicker(userKey), false);
