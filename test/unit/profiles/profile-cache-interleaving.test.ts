import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ProfileCache } from '../../../src/profiles/profile-cache.js';
import {
  appendedClick,
  clicker,
  compacted,
  read,
  uncompacted,
  unpacked,
} from '../../support/packed-profiles.js';
import { NOON_MS } from '../../support/profile-events.js';

const KINDS = [
  'read',
  'read lifetime sums',
  'commit',
  'commit on another replica',
  'compact',
  'gap',
] as const;

const step = fc.record({
  kind: fc.constantFrom(...KINDS),
  userKey: fc.constantFrom('ada', 'bob'),
});

it('returns every commit published before the call, in any interleaving', async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.array(step, { minLength: 2, maxLength: 16 }), async (s, steps) => {
      const stored = new Map<string, number>();
      const published = new Map<string, number>();
      const reading = new Map<string, number>();
      const versionOf = (userKey: string): number => stored.get(userKey) ?? 0;
      const commit = (userKey: string): number => {
        stored.set(userKey, versionOf(userKey) + 1);
        return versionOf(userKey);
      };
      const publish = (userKey: string, version: number): void => {
        published.set(userKey, Math.max(version, published.get(userKey) ?? 0));
      };
      const cache = new ProfileCache({
        read: async (userKeys, { lifetime }) => {
          for (const userKey of userKeys) {
            expect(reading.get(userKey) ?? 0, 'reads of one user at a time').toBe(0);
            reading.set(userKey, 1);
          }
          await s.schedule(Promise.resolve(), 'the store reads');
          const profiles = userKeys.map((userKey) =>
            read(uncompacted(userKey, versionOf(userKey), lifetime)),
          );
          await s.schedule(Promise.resolve(), 'the store returns');
          for (const userKey of userKeys) reading.set(userKey, 0);
          return profiles;
        },
        ...{ unpack: unpacked, maxBytes: 2 ** 20, ttlMs: () => 60_000, clock: () => NOON_MS },
      });
      const check = async (userKey: string, full: boolean): Promise<void> => {
        const minVersion = published.get(userKey) ?? 0;
        const profile = await (full ? cache.getFull(userKey) : cache.get(userKey));
        expect(profile.version).toBeGreaterThanOrEqual(minVersion);
        // Each version adds one click.
        expect(profile.totalInteractions).toBe(profile.version);
        expect(profile.topics.get('CATEGORY:politics')?.longTerm ?? 0).toBe(2 * profile.version);
        const points = profile.lifetime?.topics.get('CATEGORY:politics')?.points;
        if (profile.lifetime !== null) expect(points ?? 0).toBe(2 * profile.version);
      };
      const actions: Record<(typeof KINDS)[number], (userKey: string) => Promise<void>> = {
        read: (userKey) => check(userKey, false),
        'read lifetime sums': (userKey) => check(userKey, true),
        commit: async (userKey) => {
          const since = cache.position;
          const version = commit(userKey);
          await s.schedule(Promise.resolve(), 'the commit returns');
          cache.append(appendedClick(userKey, version), since);
          publish(userKey, version);
        },
        'commit on another replica': async (userKey) => {
          const version = commit(userKey);
          await s.schedule(Promise.resolve(), 'its message arrives');
          cache.invalidate([userKey]);
          publish(userKey, version);
        },
        compact: async (userKey) => {
          const since = cache.position;
          await s.schedule(Promise.resolve(), 'the compaction is stored');
          const profile = compacted(clicker(userKey, versionOf(userKey)), false);
          await s.schedule(Promise.resolve(), 'the compaction returns');
          cache.put(profile, since);
        },
        gap: () => {
          cache.clear();
          for (const [userKey, version] of stored) publish(userKey, version);
          return Promise.resolve();
        },
      };
      const done = steps.map(async ({ kind, userKey }) => {
        await s.schedule(Promise.resolve(), kind);
        await actions[kind](userKey);
      });
      await s.waitFor(Promise.all(done));
      for (const userKey of ['ada', 'bob']) {
        expect((await s.waitFor(cache.get(userKey))).version).toBe(versionOf(userKey));
      }
    }),
    { numRuns: 500 },
  );
});
