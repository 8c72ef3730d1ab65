import fc from 'fast-check';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/lib/time.js';
import { openDatabase } from '../../../src/storage/database/client.js';
import { ProfileRepository } from '../../../src/storage/profiles/profile-repository.js';
import { emptyProfile, type FullProfile, type ProfileEvent } from '../../../src/domain/profile.js';
import { COLUMN_FORMAT, formatOf } from '../../../src/storage/profiles/column-codec.js';
import { EVENT_TYPES } from '../../../src/domain/event.js';
import { inOrder } from '../../support/profile-arbitraries.js';
import { readable } from '../../support/packed-profiles.js';
import {
  openProfileDatabase,
  topicsOf,
  type ProfileDatabase,
  type StoreOfReplica,
} from '../../support/profile-database.js';
import { decay, fold, NOON_MS, profileEvent } from '../../support/profile-events.js';
import { encodeProfileV1 } from '../../support/profile-v1.js';

const MARKETS = 2_500;

let db: ProfileDatabase;
let one: StoreOfReplica;
let two: StoreOfReplica;

beforeAll(async () => {
  db = await openProfileDatabase(MARKETS);
  [one, two] = [db.replica(), db.replica()];
});

afterAll(() => db.close());

function on(index: number, type: ProfileEvent['eventType'], atMs: number): ProfileEvent {
  const market = { id: `m${index}`, ...topicsOf(index), probability: (index % 100) / 100 };
  return profileEvent(type, atMs, { market: { ...market, volume24h: type === 'IMPRESSION' ? index : 0 } });
}

let users = 0;
const newUser = (): string => `user ${(users += 1)}`;

async function load(by: StoreOfReplica, userKey: string): Promise<FullProfile> {
  const [profile] = await by.store.profiles.load([userKey]);
  if (profile === undefined) throw new Error(`The profile of ${userKey} was not read.`);
  return profile;
}

/** Returns the profile after applying events at once. */
const after = (userKey: string, version: number, events: readonly ProfileEvent[]): FullProfile => ({
  ...fold(emptyProfile(userKey), events),
  version,
});

const anyEvent: fc.Arbitrary<ProfileEvent> = fc
  .record({
    type: fc.constantFrom(...EVENT_TYPES),
    minutesAgo: fc.oneof(fc.integer({ min: 0, max: 120 }), fc.integer({ min: 0, max: 40 * 24 * 60 })),
    index: fc.oneof(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: MARKETS })),
    dwellMs: fc.option(fc.integer({ min: 0, max: 60_000 }), { nil: undefined }),
    country: fc.constantFrom('IL', 'FR', undefined),
    stake: fc.option(
      fc.integer({ min: 1, max: 100_000 }).map((cents) => cents / 100),
      { nil: undefined },
    ),
  })
  .map(({ type, minutesAgo, index, dwellMs, country, stake }) => {
    const { market } = on(index, type, NOON_MS);
    return profileEvent(type, NOON_MS - minutesAgo * MINUTE_MS, {
      market,
      ...(dwellMs === undefined ? {} : { dwellMs }),
      ...(country === undefined ? {} : { country }),
      ...(stake === undefined ? {} : { stake }),
    });
  });

type Step = { commit: ProfileEvent[] } | 'compact' | 'read' | 'fresh replica';

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.array(anyEvent, { minLength: 1, maxLength: 8 }).map((commit) => ({ commit })) },
  { weight: 2, arbitrary: fc.constantFrom<Step[]>('compact', 'read', 'fresh replica') },
);

describe('a profile', () => {
  it('equals the fold of its history, for any sequence of commits, compactions and reads', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(step, fc.boolean()), { minLength: 2, maxLength: 12 }),
        async (steps) => {
          const userKey = newUser();
          const history: ProfileEvent[] = [];
          let version = 0;
          const expected = () => inOrder(after(userKey, version, history));
          const replicas = [db.replica(), db.replica()] as const;
          for (const [each, isFirst] of steps) {
            const by = replicas[isFirst ? 0 : 1];
            if (each === 'compact') await by.store.profileRewrites.compact([userKey]);
            else if (each === 'read') expect(inOrder(await load(by, userKey))).toEqual(expected());
            else if (each === 'fresh replica') {
              expect(inOrder(await load(db.replica(), userKey))).toEqual(expected());
            } else {
              version += 1;
              history.push(...each.commit);
              expect(await db.commit(by, userKey, each.commit)).toMatchObject({ version });
            }
          }
          expect(inOrder(await load(one, userKey))).toEqual(expected());
          const { state } = await one.store.profiles.fold(userKey);
          expect(inOrder({ ...state, version })).toEqual(expected());
        },
      ),
      { numRuns: 40 },
    );
  }, 120_000);

  it('in format 1 is compacted into the current format after an event, with the same content', async () => {
    const userKey = newUser();
    const events = [
      ...[on(1, 'IMPRESSION', NOON_MS - 9), on(2, 'CLICK', NOON_MS - 8), on(3, 'HIDE', NOON_MS - 7)],
      ...[on(2_001, 'PARTICIPATE', NOON_MS - 6), on(2_002, 'IMPRESSION', NOON_MS - 5)],
    ];
    const profile = after(userKey, 5, events);
    const stored = Buffer.from(encodeProfileV1(profile));
    await db.client.query('insert into profiles (user_key, version, state) values ($1, 5, $2)', [
      userKey,
      stored,
    ]);
    const fresh = db.replica();
    expect(inOrder(await load(fresh, userKey))).toEqual(inOrder(profile));
    // Without recent events, nothing is rewritten.
    expect(await fresh.store.profileRewrites.compact([userKey])).toEqual([]);

    const click = on(4, 'CLICK', NOON_MS);
    await db.commit(fresh, userKey, [click]);
    const expected = inOrder({ ...fold(profile, [click]), version: 6 });
    expect(inOrder(await load(two, userKey))).toEqual(expected);
    expect(await db.row(userKey)).toMatchObject({ version: 6, state_version: 0, state: stored });
    expect(await fresh.store.profileRewrites.compact([userKey])).toMatchObject([{ userKey, version: 6 }]);
    const row = await db.row(userKey);
    expect(row).toMatchObject({ version: 6, state_version: 6, recent: Buffer.alloc(0) });
    for (const bytes of [row?.state, row?.shown, row?.lifetime]) {
      expect(formatOf(bytes ?? Buffer.alloc(0))).toBe(COLUMN_FORMAT);
      for (const id of ['m1', 'm2', 'm3', 'm2001', 'm2002']) expect(bytes?.includes(id)).toBe(false);
    }
    expect(inOrder(await load(db.replica(), userKey))).toEqual(expected);
  });
});

describe('a compaction', () => {
  const clicks = (from: number, count: number): ProfileEvent[] =>
    Array.from({ length: count }, (_, index) => on(from + index, 'CLICK', NOON_MS + index * 1_000));

  /** Runs `meanwhile` after the compaction has read the profile and before it stores it. */
  async function compactDuring(userKey: string, meanwhile: () => Promise<unknown>): Promise<number> {
    const { profiles, profileRewrites } = one.store;
    const read = profiles.read.bind(profiles);
    profiles.read = async (...args) => {
      const found = await read(...args);
      await meanwhile();
      return found;
    };
    try {
      return (await profileRewrites.compact([userKey])).length;
    } finally {
      profiles.read = read;
    }
  }

  it('keeps events that another replica appends concurrently', async () => {
    const userKey = newUser();
    const [early, late] = [clicks(1, 5), clicks(6, 5)];
    await db.commit(one, userKey, early);
    expect(await compactDuring(userKey, () => db.commit(two, userKey, late))).toBe(1);
    expect(await db.row(userKey)).toMatchObject({ version: 2, state_version: 1 });
    expect(inOrder(await load(two, userKey))).toEqual(inOrder(after(userKey, 2, [...early, ...late])));
  });

  it('applies each event once while two replicas commit and compact continuously', async () => {
    const userKey = newUser();
    await Promise.all(
      [one, two].map(async (by, replica) => {
        for (let round = 0; round < 25; round += 1) {
          await Promise.all([
            db.commit(by, userKey, clicks(1 + replica * 1_000 + round * 4, 4)),
            by.store.profileRewrites.compact([userKey]),
          ]);
        }
      }),
    );
    const profile = await load(db.replica(), userKey);
    expect(profile).toMatchObject({ version: 50, totalInteractions: 200 });
    expect(profile.engagements.size).toBe(200);
    const { state } = await one.store.profiles.fold(userKey);
    expect(inOrder({ ...state, version: 50 })).toEqual(inOrder(profile));
  });

  it('changes nothing when the columns were replaced concurrently', async () => {
    const userKey = newUser();
    await db.commit(one, userKey, clicks(1, 5));
    const { profiles, profileRewrites } = two.store;
    const meanwhile = async () => {
      const [found] = readable(await profiles.read([userKey], { lifetime: false }));
      if (found === undefined) throw new Error('The profile was not read.');
      const { packed, profile } = found;
      const rewritten = await profileRewrites.rewrite([{ packed, after: { ...profile, country: 'FR' } }]);
      expect(await profileRewrites.replace(rewritten)).toEqual([userKey]);
    };
    expect(await compactDuring(userKey, meanwhile)).toBe(0);
    const expected = { ...after(userKey, 2, clicks(1, 5)), country: 'FR' };
    expect(inOrder(await load(two, userKey))).toEqual(inOrder(expected));
  });

  it('changes nothing when another replica compacted concurrently', async () => {
    const userKey = newUser();
    await db.commit(one, userKey, clicks(1, 5));
    const meanwhile = async () => {
      await two.store.profileRewrites.compact([userKey]);
      await db.commit(two, userKey, clicks(6, 5));
    };
    expect(await compactDuring(userKey, meanwhile)).toBe(0);
    const expected = after(userKey, 2, [...clicks(1, 5), ...clicks(6, 5)]);
    expect(inOrder(await load(two, userKey))).toEqual(inOrder(expected));
  });

  it.each([
    ['deleted', []],
    ['deleted and created again', clicks(101, 5)],
    ['deleted and created again with as many bytes', clicks(1, 4).reverse()],
  ])('changes nothing when the profile was %s concurrently', async (_, again) => {
    const userKey = newUser();
    await db.commit(one, userKey, clicks(1, 4));
    const meanwhile = async () => {
      await db.client.query('delete from profiles where user_key = $1', [userKey]);
      if (again.length > 0) await db.commit(two, userKey, again);
    };
    expect(await compactDuring(userKey, meanwhile)).toBe(0);
    expect(await load(two, userKey)).toMatchObject({ totalInteractions: again.length });
    expect([...(await load(two, userKey)).engagements.keys()]).toEqual(again.map(({ market }) => market.id));
  });

  it('skips a profile that another transaction locks, without waiting', async () => {
    const userKey = newUser();
    await db.commit(one, userKey, clicks(1, 4));
    await db.client.query('begin');
    await db.client.query('select from profiles where user_key = $1 for update', [userKey]);
    expect(await one.store.profileRewrites.compact([userKey])).toEqual([]);
    await db.client.query('rollback');
    expect(await one.store.profileRewrites.compact([userKey])).toHaveLength(1);
  });
});

describe('a profile without a state', () => {
  it('is built from each event once, with any number of concurrent commits', async () => {
    const userKey = newUser();
    const history = Array.from({ length: 1_200 }, (_, index) => on(1 + index, 'CLICK', NOON_MS + index));
    await db.commit(one, userKey, history);
    await db.client.query(`update profiles set state = null, recent = '' where user_key = $1`, [userKey]);
    const database = openDatabase({ url: db.url, logger: pino({ level: 'silent' }), poolSize: 1 });
    const { interactions } = two.store;
    const meanwhile = Array.from({ length: 6 }, (_, index) => on(1, 'BOOKMARK', NOON_MS + 2_000 + index));
    let commits = 0;
    let eventsRead = 0;
    const profiles = new ProfileRepository({
      ...{ connection: database.prisma, markets: db.replica().markets, decay },
      interactions: {
        has: (key, seq) => interactions.has(key, seq),
        historyOf: async (...request) => {
          const events = await interactions.historyOf(...request);
          eventsRead += events.length;
          const event = meanwhile[commits++];
          if (event !== undefined) await db.commit(one, userKey, [event]);
          return events;
        },
      },
    });
    const [built] = await profiles.load([userKey]);
    const expected = after(userKey, 7, [...history, ...meanwhile]);
    expect(built && inOrder(built)).toEqual(inOrder(expected));
    expect(eventsRead).toBe(1_206);
    await database.close();
  });
});

describe('a profile beyond all bounds', () => {
  it('takes at most 7 KB in the columns that a feed reads, and keeps the newest and strongest entries', async () => {
    const userKey = newUser();
    const startMs = NOON_MS - 50 * DAY_MS;
    const atMs = (index: number): number => startMs + Math.round((index * 50 * DAY_MS) / 3_000);
    const kinds = ['HIDE', 'CLICK', 'VIEW_MARKET', 'BOOKMARK'] as const;
    // 3,000 events of 2,500 markets; markets 1 to 10 are traded repeatedly.
    const events = Array.from({ length: 3_000 }, (_, index): ProfileEvent => {
      const sixth = Math.floor(index / 6);
      if (index % 6 === 5) return on(1 + (sixth % 10), 'PARTICIPATE', atMs(index));
      const kind = kinds[(index % 6) - 1];
      if (kind !== undefined) return on(1 + index - sixth, kind, atMs(index));
      // Impressions of a page of 20 markets have one time.
      return on(1 + index - sixth, 'IMPRESSION', atMs(index - (index % 120)));
    });
    expect(new Set(events.map(({ market }) => market.id)).size).toBe(MARKETS);
    for (let start = 0; start < events.length; start += 500) {
      await db.commit(one, userKey, events.slice(start, start + 500));
      await one.store.profileRewrites.compact([userKey]);
    }
    const row = await db.row(userKey);
    expect(row?.recent).toHaveLength(0);
    expect((row?.state?.length ?? 0) + (row?.shown.length ?? 0)).toBeLessThanOrEqual(7 * 1_024);

    const profile = await load(two, userKey);
    const sizes = [profile.topics, profile.engagements, profile.hidden, profile.impressions].map(
      ({ size }) => size,
    );
    expect(sizes).toEqual([87, 200, 200, 104]);
    const latest = (types: readonly ProfileEvent['eventType'][], count: number): string[] => {
      const ids = events.filter(({ eventType }) => types.includes(eventType)).map(({ market }) => market.id);
      return [...new Set(ids.reverse())].slice(0, count).sort();
    };
    expect([...profile.engagements.keys()].sort()).toEqual(
      latest(['PARTICIPATE', 'CLICK', 'VIEW_MARKET', 'BOOKMARK'], 200),
    );
    expect([...profile.hidden.keys()].sort()).toEqual(latest(['HIDE'], 200));
    expect([...profile.impressions.keys()].sort()).toEqual(latest(['IMPRESSION'], 104));
    const kept = new Set([...profile.topics.values()].map(({ label }) => label));
    for (let index = 1; index <= 10; index += 1) {
      for (const label of [topicsOf(index).category, ...topicsOf(index).tags]) expect(kept).toContain(label);
    }
  }, 60_000);

  it('keeps a new topic after its first event', () => {
    const strong = Array.from({ length: 300 }, (_, index) => on(index + 1, 'PARTICIPATE', NOON_MS - HOUR_MS));
    const weak = profileEvent('VIEW_MARKET', NOON_MS, {
      market: { id: 'new', category: 'New category', tags: ['New tag'] },
    });
    const { topics, lifetime } = after('ada', 1, [...strong, weak]);
    expect(topics.size).toBe(88);
    for (const id of ['CATEGORY:new category', 'TAG:new tag'] as const) {
      expect(topics.has(id)).toBe(true);
      expect(lifetime.topics.has(id)).toBe(true);
    }
  });
});
