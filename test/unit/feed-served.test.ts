import { describe, expect, it, vi } from 'vitest';
import { ServedFeeds, type StoredFeed } from '../../src/feed/served-feeds.js';
import type { ServedFeed } from '../../src/feed/served-feed.js';
import { storedPlaces } from '../../src/feed/present.js';
import { recordingLogger } from '../support/log-lines.js';

const feed = (feedId: string): ServedFeed => ({
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
  catalogueVersion: '7',
  trendsComputedAtMs: 900,
  profileVersion: 3,
  notes: [],
  page: [
    ['a', 2, 'PERSONAL', 'MOVED', null],
    ['b', 1.5, 'EXPLORATION', null, 0.25],
  ],
  restIds: ['c', 'd'],
  restScores: [1, 0.5],
});

/** Long after the feeds of these tests were made. */
const clock = () => 10 ** 15;

function storeInMemory() {
  const rows = new Map<string, StoredFeed>();
  return {
    rows,
    add: vi.fn((feeds: readonly StoredFeed[]) => {
      for (const row of feeds) rows.set(row.feedId, row);
      return Promise.resolve();
    }),
    find: (feedId: string) => Promise.resolve(rows.get(feedId)),
  };
}

describe('feeds that were answered', () => {
  it('are found on another replica as they were', async () => {
    const store = storeInMemory();
    const { logger } = recordingLogger();
    const here = new ServedFeeds({ store, clock, logger });
    here.add(feed('f1'));
    await here.drain();
    expect(await new ServedFeeds({ store, clock, logger }).find('f1')).toEqual(feed('f1'));
  });

  it('are found when another replica has answered them just now and stores them soon', async () => {
    const store = storeInMemory();
    const madeAtMs = 1_800_000_000_000;
    const feedId = `${madeAtMs
      .toString(16)
      .padStart(12, '0')
      .replace(/^(.{8})/, '$1-')}-7000-8000-000000000000`;
    const here = new ServedFeeds({ store, clock: () => madeAtMs + 10, logger: recordingLogger().logger });
    const found = here.find(feedId);
    const there = new ServedFeeds({ store, clock, logger: recordingLogger().logger });
    there.add(feed(feedId));
    await there.drain();
    expect((await found)?.feedId).toBe(feedId);
  });

  it('of one moment are stored together', async () => {
    const store = storeInMemory();
    const served = new ServedFeeds({ store, clock, logger: recordingLogger().logger });
    for (let index = 0; index < 50; index += 1) served.add(feed(`f${index}`));
    await served.drain();
    expect(store.rows.size).toBe(50);
    expect(store.add).toHaveBeenCalledTimes(1);
  });

  it('are still found here when they cannot be stored, which is logged', async () => {
    const { logger, lines } = recordingLogger();
    const store = {
      add: () => Promise.reject(new Error('no database')),
      find: () => Promise.resolve(undefined),
    };
    const served = new ServedFeeds({ store, clock, logger });
    served.add(feed('f1'));
    await served.drain();
    expect(await served.find('f1')).toEqual(feed('f1'));
    expect(lines).toHaveLength(1);
  });
});

describe('the places of a stored ranking', () => {
  const placesOf = (after: number, first: number) =>
    storedPlaces(feed('f'), after, first).map(({ rank, marketId, slot }) => [rank, marketId, slot]);

  it('go from the page on into what follows it', () => {
    expect(placesOf(1, 2)).toEqual([
      [2, 'b', 'EXPLORATION'],
      [3, 'c', 'PERSONAL'],
    ]);
  });

  it('end where the ranking ends', () => {
    expect(placesOf(3, 100)).toEqual([[4, 'd', 'PERSONAL']]);
    expect(placesOf(4, 100)).toEqual([]);
  });
});
