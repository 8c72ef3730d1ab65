import { describe, expect, it, vi } from 'vitest';
import { ServedFeeds } from '../../../../src/feed/served/served-feeds.js';
import { servedPositions, type ServedFeed } from '../../../../src/feed/served/served-feed.js';
import type { PackedFeed, StoredFeed } from '../../../../src/storage/served-feed-repository.js';
import { recordingLogger } from '../../../support/log-lines.js';

const marketId = (number: number) => `market ${number}`;
const market = (number: number) => ({ marketId: marketId(number), number });

const feed = (feedId: string, changes: Partial<ServedFeed> = {}): ServedFeed => ({
  feedId,
  userKey: 'ann',
  country: 'IL',
  nowMs: 1_000,
  limit: 2,
  algorithm: 'v2',
  algorithmVersion: 'v2',
  personal: true,
  personalized: true,
  degraded: false,
  configVersion: 'c0ffee',
  modelVersion: '7',
  arms: {},
  catalogVersion: '7',
  trendsComputedAtMs: 900,
  profileVersion: 3,
  notes: [],
  page: [
    { ...market(1), score: 2, slot: 'PERSONAL', badge: 'MOVED', propensity: null },
    { ...market(2), score: 1.5, slot: 'EXPLORATION', badge: null, propensity: 0.25 },
  ],
  rest: [market(3), market(400_000)],
  ...changes,
});

/** Long after the feeds of these tests were served. */
const clock = () => 10 ** 15;

function storeInMemory() {
  const rows = new Map<string, StoredFeed>();
  return {
    rows,
    add: vi.fn((feeds: readonly PackedFeed[]) => {
      for (const row of feeds) {
        rows.set(row.feedId, { ...row, ranking: null, rest: row.rest.length === 0 ? null : row.rest });
      }
      return Promise.resolve();
    }),
    find: vi.fn((feedId: string) => Promise.resolve(rows.get(feedId))),
    findAll: vi.fn((feedIds: readonly string[]) =>
      Promise.resolve(feedIds.flatMap((id) => rows.get(id) ?? [])),
    ),
    marketIds: (numbers: readonly number[]) =>
      Promise.resolve(new Map(numbers.map((number) => [number, marketId(number)]))),
  };
}

function replica(store = storeInMemory()) {
  const { logger, lines } = recordingLogger();
  return { store, lines, served: new ServedFeeds({ store, mayStore: () => true, clock, logger }) };
}

describe('served feeds', () => {
  it.each([
    ['with every value', feed('f')],
    ['without a continuation', feed('f', { rest: [] })],
    [
      'without user, country, profile and items',
      feed('f', { userKey: null, country: null, profileVersion: null, page: [] }),
    ],
  ])('are the same on another replica: a feed %s', async (_, given) => {
    const { store, served } = replica();
    served.add(given);
    await served.drain();
    expect(await replica(store).served.find('f', null)).toEqual(given);
  });

  it('have no continuation when it is no longer stored', async () => {
    const { store, served } = replica();
    served.add(feed('f'));
    await served.drain();
    store.rows.set('f', { ...(store.rows.get('f') as StoredFeed), rest: null });
    expect(await replica(store).served.find('f', null)).toEqual({ ...feed('f'), rest: null });
  });

  it('are read from the JSON format of earlier versions', async () => {
    const { store, served } = replica();
    const { feedId, userKey, page, rest, catalogVersion, ...inputs } = feed('f');
    const ranking = JSON.stringify({
      ...{ ...inputs, catalogueVersion: catalogVersion },
      page: page.map((item) => [item.marketId, item.score, item.slot, item.badge, item.propensity]),
      restIds: rest?.map((item) => item.marketId),
      restScores: [1, 0.5],
    });
    store.rows.set('f', { feedId, userKey, servedAt: new Date(1_000), ranking, page: null, rest: null });
    const withoutNumbers = (items: readonly object[] | null) =>
      items?.map((item) => ({ ...item, number: 0 }));
    expect(await served.find('f', null)).toEqual({
      ...feed('f'),
      modelVersion: null,
      page: withoutNumbers(page),
      rest: withoutNumbers(rest),
    });
  });

  it('are found when another replica stores them shortly after serving', async () => {
    const store = storeInMemory();
    const servedAtMs = 1_800_000_000_000;
    const feedId = `${servedAtMs
      .toString(16)
      .padStart(12, '0')
      .replace(/^(.{8})/, '$1-')}-7000-8000-000000000000`;
    const { logger } = recordingLogger();
    const here = new ServedFeeds({ store, mayStore: () => true, clock: () => servedAtMs + 10, logger });
    const found = here.find(feedId, null);
    const there = replica(store).served;
    there.add(feed(feedId));
    await there.drain();
    expect((await found)?.feedId).toBe(feedId);
  });

  it.each([
    ['its user', 'ann', ['ann'], true],
    ['any user', 'ann', null, true],
    ['another user', 'ann', ['bea'], false],
    ['an anonymous user', 'ann', [], false],
    ['a user, if it is of no user', null, ['bea'], true],
  ] as const)('are read from the cache for %s', async (_, userKey, readers, isReadable) => {
    const { store, served } = replica();
    served.add(feed('f', { userKey }));
    expect(await served.find('f', readers)).toEqual(isReadable ? feed('f', { userKey }) : undefined);
    expect(store.find).not.toHaveBeenCalled();
  });

  it('of one turn of the event loop are stored by one statement', async () => {
    const { store, served } = replica();
    for (let index = 0; index < 50; index += 1) served.add(feed(`f${index}`));
    await served.drain();
    expect(store.rows.size).toBe(50);
    expect(store.add).toHaveBeenCalledTimes(1);
  });

  it('are stored once when served again', async () => {
    const { store, served } = replica();
    for (let time = 0; time < 3; time += 1) {
      served.add(feed('f'));
      await served.drain();
    }
    expect(store.add).toHaveBeenCalledTimes(1);
    expect(store.add.mock.calls[0]?.[0]).toHaveLength(1);
  });

  it('are cached up to a number of bytes', async () => {
    const { store, served } = replica();
    const rest = Array.from({ length: 1_000 }, (_, index) => market(index));
    for (let index = 0; index < 1_000; index += 1) served.add(feed(`f${index}`, { rest }));
    await served.drain();
    await served.find('f999', null);
    expect(store.find).not.toHaveBeenCalled();
    await served.find('f0', null);
    expect(store.find).toHaveBeenCalledTimes(1);
  });

  it('are dropped with one warning when the queue is full', async () => {
    const { store, served, lines } = replica();
    for (let index = 0; index < 5_010; index += 1) served.add(feed(`f${index}`));
    await served.drain();
    expect(store.rows.size).toBe(5_000);
    expect(lines).toHaveLength(1);
    served.add(feed('later'));
    await served.drain();
    expect(store.rows.has('later')).toBe(true);
  });

  it('are stored when they are served again after they were dropped from a full queue', async () => {
    const { store, served } = replica();
    for (let index = 0; index < 5_001; index += 1) served.add(feed(`f${index}`));
    await served.drain();
    expect(store.rows.has('f5000')).toBe(false);
    served.add(feed('f5000'));
    await served.drain();
    expect(store.rows.has('f5000')).toBe(true);
  });

  it('are stored when they are served again after storing failed, and then not a third time', async () => {
    const store = storeInMemory();
    store.add.mockRejectedValueOnce(new Error('no database'));
    const { served } = replica(store);
    for (const added of [1, 2, 2]) {
      served.add(feed('f'));
      await served.drain();
      expect(store.add).toHaveBeenCalledTimes(added);
    }
    expect(store.rows.has('f')).toBe(true);
  });

  it('are found on this replica, and a warning is logged, when storing fails', async () => {
    const store = { ...storeInMemory(), add: () => Promise.reject(new Error('no database')) };
    const { logger, lines } = recordingLogger();
    const served = new ServedFeeds({ store, mayStore: () => true, clock, logger });
    served.add(feed('f1'));
    await served.drain();
    expect(await served.find('f1', null)).toEqual(feed('f1'));
    expect(lines).toHaveLength(1);
  });
});

describe('the positions of a served feed', () => {
  const positionsOf = (after: number, first: number) =>
    servedPositions(feed('f'), after, first).map(({ rank, marketId: id, slot, score }) => [
      rank,
      id,
      slot,
      score,
    ]);

  it('continue from the page into the continuation, whose scores are not stored', () => {
    expect(positionsOf(1, 2)).toEqual([
      [2, 'market 2', 'EXPLORATION', 1.5],
      [3, 'market 3', 'PERSONAL', null],
    ]);
  });

  it('end where the feed ends', () => {
    expect(positionsOf(3, 100)).toEqual([[4, 'market 400000', 'PERSONAL', null]]);
    expect(positionsOf(4, 100)).toEqual([]);
  });
});
