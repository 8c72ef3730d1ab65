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

/** `compact` merges the recent events of a profile into its columns. `gap` means that messages of replicas may be lost. */
const STEP_KINDS = [
  'read',
  'read lifetime sums',
  'commit',
  'commit on another replica',
  'compact',
  'gap',
] as const;

const step = fc.record({
  kind: fc.constantFrom(...STEP_KINDS),
  userKey: fc.constantFrom('ada', 'bob'),
});

it('returns every commit published before a read starts, in any interleaving of reads, commits, and gaps', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(step, { minLength: 2, maxLength: 16 }),
      async (scheduler, steps) => {
        const storedVersions = new Map<string, number>();
        const publishedVersions = new Map<string, number>();
        const reading = new Map<string, number>();
        const versionOf = (userKey: string): number => storedVersions.get(userKey) ?? 0;
        const commit = (userKey: string): number => {
          storedVersions.set(userKey, versionOf(userKey) + 1);
          return versionOf(userKey);
        };
        // A read that starts from now on must return at least this version.
        const publish = (userKey: string, version: number): void => {
          publishedVersions.set(userKey, Math.max(version, publishedVersions.get(userKey) ?? 0));
        };
        const cache = new ProfileCache({
          read: async (userKeys, { lifetime }) => {
            for (const userKey of userKeys) {
              expect(reading.get(userKey) ?? 0, 'reads of one user at a time').toBe(0);
              reading.set(userKey, 1);
            }
            await scheduler.schedule(Promise.resolve(), 'the store reads');
            const profiles = userKeys.map((userKey) =>
              read(uncompacted(userKey, versionOf(userKey), lifetime)),
            );
            await scheduler.schedule(Promise.resolve(), 'the store returns');
            for (const userKey of userKeys) reading.set(userKey, 0);
            return profiles;
          },
          ...{ unpack: unpacked, maxBytes: 2 ** 20, ttlMs: () => 60_000, clock: () => NOON_MS },
        });
        const check = async (userKey: string, full: boolean): Promise<void> => {
          const minVersion = publishedVersions.get(userKey) ?? 0;
          const profile = await (full ? cache.getFull(userKey) : cache.get(userKey));
          expect(profile.version).toBeGreaterThanOrEqual(minVersion);
          // Each version adds one click, which has 2 points.
          expect(profile.totalInteractions).toBe(profile.version);
          expect(profile.topics.get('CATEGORY:politics')?.longTerm ?? 0).toBe(2 * profile.version);
          const points = profile.lifetime?.topics.get('CATEGORY:politics')?.points;
          if (profile.lifetime !== null) expect(points ?? 0).toBe(2 * profile.version);
        };
        const actions: Record<(typeof STEP_KINDS)[number], (userKey: string) => Promise<void>> = {
          read: (userKey) => check(userKey, false),
          'read lifetime sums': (userKey) => check(userKey, true),
          commit: async (userKey) => {
            const since = cache.position;
            const version = commit(userKey);
            await scheduler.schedule(Promise.resolve(), 'the commit returns');
            cache.append(appendedClick(userKey, version), since);
            publish(userKey, version);
          },
          'commit on another replica': async (userKey) => {
            const version = commit(userKey);
            await scheduler.schedule(Promise.resolve(), 'its message arrives');
            cache.invalidate([userKey]);
            publish(userKey, version);
          },
          compact: async (userKey) => {
            const since = cache.position;
            await scheduler.schedule(Promise.resolve(), 'the compaction is stored');
            const profile = compacted(clicker(userKey, versionOf(userKey)), false);
            await scheduler.schedule(Promise.resolve(), 'the compaction returns');
            cache.put(profile, since);
          },
          gap: () => {
            cache.clear();
            for (const [userKey, version] of storedVersions) publish(userKey, version);
            return Promise.resolve();
          },
        };
        const done = steps.map(async ({ kind, userKey }) => {
          await scheduler.schedule(Promise.resolve(), kind);
          await actions[kind](userKey);
        });
        await scheduler.waitFor(Promise.all(done));
        for (const userKey of ['ada', 'bob']) {
          expect((await scheduler.waitFor(cache.get(userKey))).version).toBe(versionOf(userKey));
        }
      },
    ),
    { numRuns: 500 },
  );
});
