import { setTimeout as wait } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../lib/clock.js';
import type { Logger } from '../lib/logger.js';
import type { PackedFeed, StoredFeed } from '../storage/served-feed-repository.js';
import type { ServedFeed, ServedMarket } from './served-feed.js';
import { packPage, packRest, unpackPage, unpackRest } from './served-feed-codec.js';
import { servedFeedOfJson } from './served-feed-json.js';

/** Where feeds are stored for all replicas. */
export interface FeedStore {
  add(feeds: readonly PackedFeed[]): Promise<void>;
  /** @throws {BellwetherError} UNAVAILABLE when it cannot be read. */
  find(feedId: string): Promise<StoredFeed | undefined>;
  /** @throws {BellwetherError} UNAVAILABLE when they cannot be read. */
  marketIds(numbers: readonly number[]): Promise<ReadonlyMap<number, string>>;
}

/** The latest feeds are found without the database: at most so many, and so many bytes. */
const CACHED = 2_000;
const CACHED_BYTES = 32 * 1024 * 1024;

/** Of an object with its fields, and of a reference with the object it may alone keep. */
const FEED_BYTES = 500;
const MARKET_BYTES = 48;

/** Feeds that wait to be stored; more are dropped, and then other replicas cannot page in them. */
const MAX_WAITING = 5_000;
const MAX_WAITING_BYTES = 16 * 1024 * 1024;

const MAX_ROWS = 200;

/** A feed this young may not be stored yet; it is looked for so many more times. */
const JUST_NOW_MS = 2_000;
const LOOKS = 4;
const LOOK_AGAIN_MS = 50;

/** The served feeds. They are stored in batches after the response, where every replica finds them. */
export class ServedFeeds {
  readonly #cached = new LRUCache<string, ServedFeed>({
    max: CACHED,
    maxSize: CACHED_BYTES,
    sizeCalculation: bytesOf,
  });
  #waiting: PackedFeed[] = [];
  #waitingBytes = 0;
  #storing: Promise<void> | null = null;
  #isDropping = false;

  constructor(private readonly deps: { store: FeedStore; clock: Clock; logger: Logger }) {}

  add(feed: ServedFeed): void {
    this.#cached.set(feed.feedId, feed);
    if (this.#waiting.length >= MAX_WAITING || this.#waitingBytes >= MAX_WAITING_BYTES) {
      if (!this.#isDropping)
        this.deps.logger.warn('feeds are served faster than they can be stored; dropping some');
      this.#isDropping = true;
      return;
    }
    this.#isDropping = false;
    const packed = pack(feed);
    this.#waiting.push(packed);
    this.#waitingBytes += sizeOf(packed);
    this.#storing ??= this.#store().finally(() => (this.#storing = null));
  }

  /**
   * @returns undefined for a feed that was never served, or is no longer stored.
   * @throws {BellwetherError} UNAVAILABLE when it is not cached and the database is not available.
   */
  async find(feedId: string): Promise<ServedFeed | undefined> {
    const cached = this.#cached.get(feedId);
    if (cached !== undefined) return cached;
    const stored = await this.deps.store.find(feedId);
    if (stored !== undefined) return this.#unpack(stored);
    // Another replica may have served it just now and be about to store it.
    if (this.deps.clock() - createdAtMs(feedId) > JUST_NOW_MS) return undefined;
    for (let look = 0; look < LOOKS; look += 1) {
      await wait(LOOK_AGAIN_MS);
      const late = await this.deps.store.find(feedId);
      if (late !== undefined) return this.#unpack(late);
    }
    return undefined;
  }

  /** Resolves when everything that was added is stored, or given up. */
  async drain(): Promise<void> {
    while (this.#storing !== null) await this.#storing;
  }

  async #store(): Promise<void> {
    const { store, logger } = this.deps;
    while (this.#waiting.length > 0) {
      // Feeds of the same turn of the event loop are stored together.
      await new Promise(setImmediate);
      const feeds = this.#waiting.splice(0, MAX_ROWS);
      this.#waitingBytes -= feeds.reduce((sum, feed) => sum + sizeOf(feed), 0);
      try {
        await store.add(feeds);
      } catch (error) {
        logger.warn(
          { err: error, feeds: feeds.length },
          'failed to persist served feeds; paging works only on this replica',
        );
      }
    }
  }

  async #unpack({ feedId, userKey, servedAt, ranking, page, rest }: StoredFeed): Promise<ServedFeed> {
    if (page === null) return { feedId, userKey, ...servedFeedOfJson(ranking ?? '') };
    const nowMs = servedAt.getTime();
    const { page: items, hasRest, ...inputs } = unpackPage(page, nowMs);
    const restNumbers = rest === null ? [] : unpackRest(rest);
    const ids = await this.deps.store.marketIds([...items.map(({ number }) => number), ...restNumbers]);
    // A number without an id cannot be: ids stay when their markets are deleted. An unknown id leaves its position empty.
    const idOf = (number: number): string => ids.get(number) ?? '';
    return {
      ...{ feedId, userKey, nowMs, ...inputs },
      page: items.map((item) => ({ ...item, marketId: idOf(item.number) })),
      rest:
        rest === null && hasRest
          ? null
          : restNumbers.map((number): ServedMarket => ({ marketId: idOf(number), number })),
    };
  }
}

/** The creation time of a UUID of version 7, from its first 48 bits; meaningless for another version. */
function createdAtMs(feedId: string): number {
  return Number.parseInt(feedId.replaceAll('-', '').slice(0, 12), 16);
}

function pack(feed: ServedFeed): PackedFeed {
  const { feedId, userKey, nowMs, rest } = feed;
  const numbers = (rest ?? []).map(({ number }) => number);
  return {
    ...{ feedId, userKey, servedAt: new Date(nowMs) },
    page: packPage(feed),
    rest: numbers.length === 0 ? new Uint8Array() : packRest(numbers),
  };
}

const sizeOf = ({ page, rest }: PackedFeed): number => page.length + rest.length;

/** Memory of a cached feed, as if no other one had the same ids. */
function bytesOf({ page, rest }: ServedFeed): number {
  let bytes = FEED_BYTES;
  for (const { marketId } of page) bytes += 2 * MARKET_BYTES + marketId.length;
  for (const { marketId } of rest ?? []) bytes += MARKET_BYTES + marketId.length;
  return bytes;
}
