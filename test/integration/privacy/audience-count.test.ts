import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EventType } from '../../../src/domain/event.js';
import { DAY_MS, HOUR_MS } from '../../../src/lib/time.js';
import { countAudience, hashRanges } from '../../../src/privacy/audience-count.js';
import type { CellSet } from '../../../src/storage/privacy/audience-repository.js';
import { chiSquare } from '../../support/chi-square.js';
import { startTestGateway, TEST_NOW_MS, type TestGateway } from '../../support/test-gateway.js';

const DAY = Date.UTC(2026, 5, 14);
const CATEGORIES: CellSet = { kind: 'CATEGORY', byCountry: false };
const TAGS: CellSet = { kind: 'TAG', byCountry: false };

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
  await gateway.addMarkets(
    { id: 'rain', category: 'Weather', tags: ['Rain', 'Europe'] },
    { id: 'snow', category: 'weather', tags: ['Snow', 'Europe'] },
    { id: 'cup', category: 'Sports', tags: ['Football'] },
    { id: 'wide', category: 'Other', tags: Array.from({ length: 8 }, (_, index) => `wide-${index}`) },
  );
});

afterAll(() => gateway.close());

interface TestEvent {
  readonly userKey: string;
  readonly marketId: string;
  readonly eventType?: EventType;
  readonly country?: string;
  readonly atMs?: number;
}

async function record(events: readonly TestEvent[]): Promise<void> {
  const results = await gateway.backend.history.importAll(
    events.map(({ atMs = DAY + HOUR_MS, ...event }) => ({
      eventType: 'VIEW_MARKET',
      occurredAt: new Date(atMs),
      ...event,
    })),
  );
  expect(results.filter(({ outcome }) => outcome !== 'RECORDED')).toEqual([]);
}

/** Counts the users of a day by cell, such as `weather FR`, in many small steps. */
async function count(
  cellSet: CellSet,
  { dayMs = DAY, cellsPerUser = 100, key = 1 } = {},
): Promise<Record<string, number>> {
  const counts = await countAudience(gateway.backend.store, cellSet, {
    ...{ from: new Date(dayMs), to: new Date(dayMs + DAY_MS), cellsPerUser },
    selectionKey: Buffer.alloc(32, key),
    signal: new AbortController().signal,
    limits: { scan: 7, count: 5 },
  });
  return Object.fromEntries(
    counts
      .map(
        ([{ topic, country }, users]) => [country === null ? topic : `${topic} ${country}`, users] as const,
      )
      .sort(),
  );
}

describe('the users of a day', () => {
  beforeAll(() =>
    record([
      // Two events of a user in one cell count once.
      { userKey: 'ada', marketId: 'rain', country: 'FR' },
      { userKey: 'ada', marketId: 'rain', country: 'FR', atMs: DAY },
      { userKey: 'ada', marketId: 'snow', country: 'DE', atMs: DAY + DAY_MS - 1 },
      { userKey: 'bob', marketId: 'snow', country: 'FR' },
      { userKey: 'dan', marketId: 'cup' },
      // Neither an impression nor a negative event is an engagement.
      { userKey: 'eve', marketId: 'cup', eventType: 'IMPRESSION' },
      { userKey: 'eve', marketId: 'cup', eventType: 'HIDE' },
      // Other days.
      { userKey: 'early', marketId: 'cup', atMs: DAY - 1 },
      { userKey: 'late', marketId: 'cup', atMs: DAY + DAY_MS },
    ]),
  );

  it('are counted once per topic, under any spelling of it', async () => {
    expect(await count(CATEGORIES)).toEqual({ sports: 1, weather: 2 });
    expect(await count(TAGS)).toEqual({ europe: 2, football: 1, rain: 1, snow: 2 });
  });

  it('are counted once per topic and country, with a cell for events without a country', async () => {
    expect(await count({ ...CATEGORIES, byCountry: true })).toEqual({
      sports: 1,
      'weather DE': 1,
      'weather FR': 2,
    });
  });

  it('are none for a day without events', async () => {
    expect(await count(CATEGORIES, { dayMs: DAY - 10 * DAY_MS })).toEqual({});
  });
});

describe('users who opted out or were erased', () => {
  const day = DAY - 3 * DAY_MS;
  const change = async (mutation: string): Promise<void> => {
    const { errors } = await gateway.query(`mutation { ${mutation} { __typename } }`);
    expect(errors).toBeUndefined();
  };

  beforeAll(() =>
    record(
      ['stays', 'opts out', 'is erased'].map((userKey) => ({
        ...{ userKey, marketId: 'cup', atMs: day + HOUR_MS },
      })),
    ),
  );

  it('do not count, until a user who opted out comes back', async () => {
    const users = async () => (await count(CATEGORIES, { dayMs: day }))['sports'];
    expect(await users()).toBe(3);
    const settings = (enabled: boolean) =>
      `updatePersonalizationSettings(input: { userKey: "opts out", personalizationEnabled: ${String(enabled)} })`;
    await change(settings(false));
    expect(await users()).toBe(2);
    await change('eraseUser(input: { userKey: "is erased" })');
    expect(await users()).toBe(1);
    await change(settings(true));
    expect(await users()).toBe(2);
  });
});

describe('the contribution of a user', () => {
  const day = DAY - DAY_MS;
  const users = Array.from({ length: 400 }, (_, index) => `wide user ${index}`);

  beforeAll(() => record(users.map((userKey) => ({ userKey, marketId: 'wide', atMs: day + HOUR_MS }))));

  it('is at most the bound, in cells that each have the same chance', async () => {
    const counts = await count(TAGS, { dayMs: day, cellsPerUser: 3 });
    expect(Object.values(counts).reduce((sum, users) => sum + users, 0)).toBe(3 * users.length + 1);
    const samples = Object.entries(counts).flatMap(([tag, users]) =>
      tag.startsWith('wide-') ? Array.from({ length: users }, () => Number(tag.at(-1))) : [],
    );
    const { statistic, critical } = chiSquare(
      samples,
      new Map(Array.from({ length: 8 }, (_, tag) => [tag, 1 / 8])),
    );
    expect(statistic).toBeLessThan(critical);
  });

  it('goes to the same cells at each count with the same key, and to others with another', async () => {
    const options = { dayMs: day, cellsPerUser: 1 };
    const first = await count(TAGS, options);
    expect(await count(TAGS, options)).toEqual(first);
    expect(await count(TAGS, { ...options, key: 2 })).not.toEqual(first);
  });
});

it('ranges of hashes cover each 32-bit number once', () => {
  for (const ranges of [1, 2, 3, 172].map(hashRanges)) {
    expect(ranges[0]?.first).toBe(-(2 ** 31));
    expect(ranges.at(-1)?.last).toBe(2 ** 31 - 1);
    for (const [index, { first }] of ranges.entries()) {
      if (index > 0) expect(first).toBe((ranges[index - 1]?.last ?? NaN) + 1);
    }
  }
});

it('a count ends before its next step once it is aborted', async () => {
  const signal = AbortSignal.abort();
  const from = new Date(TEST_NOW_MS - DAY_MS);
  await expect(
    countAudience(gateway.backend.store, CATEGORIES, {
      ...{ from, to: new Date(TEST_NOW_MS), cellsPerUser: 1, selectionKey: Buffer.alloc(32), signal },
    }),
  ).rejects.toThrow('aborted');
});
