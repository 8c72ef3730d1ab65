import { setTimeout as wait } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../../lib/clock.js';
import type { Logger } from '../../lib/logger.js';
import type { FeedReaders, PackedFeed, StoredFeed } from '../../storage/served-feed-repository.js';
import { CLOCK_STEP_MS } from '../ranking-time.js';
import { feedIdSchema } from '../requests.js';
import type { ServedFeed } from './served-feed.js';
import { packPage, packRest, unpackPage, unpackRest } from './codec.js';
import { servedFeedOfJson } from './legacy-json.js';

/** Stores served feeds for all replicas. */
export interface FeedStore {
  add(feeds: readonly PackedFeed[]): Promise<void>;
  /** @throws {BellwetherError} UNAVAILABLE if the database cannot be read. */
  find(feedId: string, readers: FeedReaders): Promise<StoredFeed | undefined>;
  /**
   * Returns the stored ones of some feeds.
   *
   * @throws {BellwetherError} UNAVAILABLE if the database cannot be read.
   */
  findAll(feedIds: readonly string[]): Promise<StoredFeed[]>;
  /** @throws {BellwetherError} UNAVAILABLE if the database cannot be read. */
  marketIds(numbers: readonly number[]): Promise<ReadonlyMap<number, string>>;
}

/** Bounds of the cache of the latest feeds. */
const MAX_CACHED = 2_000;
const MAX_CACHED_BYTES = 32 * 1024 * 1024;

/** Memory of a cached feed without its markets, and of a market that only this feed references. */
const FEED_BYTES = 500;
const MARKET_BYTES = 48;

/** Bounds of the queue of feeds to store. Feeds beyond them are not stored, so other replicas cannot page in them. */
const MAX_QUEUED = 5_000;
const MAX_QUEUED_BYTES = 16 * 1024 * 1024;

/** Feeds per statement. */
const MAX_BATCH = 200;

/** Time to wait for further feeds to store with one statement. Other replicas look a recent feed up for longer. */
const GATHER_MS = 50;

/** A younger feed may not be stored yet, so a failed lookup is retried. The time in an id is the start of a clock step. */
const RECENT_MS = CLOCK_STEP_MS + 2_000;
const LOOKUP_RETRIES = 6;
const LOOKUP_RETRY_DELAY_MS = 50;

/** Caches served feeds and stores them in batches after the response, for all replicas. */
export class ServedFeeds {
  readonly #cached = new LRUCache<string, ServedFeed>({
    max: MAX_CACHED,
    maxSize: MAX_CACHED_BYTES,
    sizeCalculation: bytesOf,
    dispose: (_, feedId, reason) => {
      if (reason !== 'set') this.#unstored.delete(feedId);
    },
  });
  /** Ids of cached feeds that were dropped from the queue, or could not be stored. */
  readonly #unstored = new Set<string>();
  #queue: PackedFeed[] = [];
  #queuedBytes = 0;
  #storing: Promise<void> | null = null;
  #isDropping = false;

  /** The statement in progress. */
  #statement: Promise<void> = Promise.resolve();

  constructor(
    private readonly deps: {
      store: FeedStore;
      /** Whether data may be stored under a user key. */
      mayStore: (userKey: string) => boolean;
      clock: Clock;
      logger: Logger;
    },
  ) {}

  /**
   * Adds a feed. A feed with a cached id has the same content and is not stored again, unless storing it failed: then it is
   * queued when it is served next.
   */
  add(feed: ServedFeed): void {
    if (this.#cached.has(feed.feedId) && !this.#unstored.has(feed.feedId)) return;
    this.#cached.set(feed.feedId, feed);
    if (this.#queue.length >= MAX_QUEUED || this.#queuedBytes >= MAX_QUEUED_BYTES) {
      if (!this.#isDropping)
        this.deps.logger.warn(
          'served feed queue is full; dropping feeds, which other replicas cannot page in',
        );
      this.#isDropping = true;
      this.#unstored.add(feed.feedId);
      return;
    }
    this.#isDropping = false;
    this.#unstored.delete(feed.feedId);
    const packed = pack(feed);
    this.#queue.push(packed);
    this.#queuedBytes += sizeOf(packed);
    this.#storing ??= this.#store().finally(() => (this.#storing = null));
  }

  /**
   * Returns undefined for a feed that was never served, is no longer stored, or is not for the readers.
   *
   * @throws {BellwetherError} UNAVAILABLE if it is not cached and the database cannot be read.
   */
  async find(feedId: string, readers: FeedReaders): Promise<ServedFeed | undefined> {
    const cached = this.#cached.get(feedId);
    if (cached !== undefined) return mayRead(readers, cached.userKey) ? cached : undefined;
    const stored = await this.deps.store.find(feedId, readers);
    if (stored !== undefined) return this.#unpack(stored);
    // Another replica may have served it and not stored it yet.
    if (this.deps.clock() - createdAtMs(feedId) > RECENT_MS) return undefined;
    for (let retry = 0; retry < LOOKUP_RETRIES; retry += 1) {
      await wait(LOOKUP_RETRY_DELAY_MS);
      const late = await this.deps.store.find(feedId, readers);
      if (late !== undefined) return this.#unpack(late);
    }
    return undefined;
  }

  /**
   * Returns feeds by their ids, of all users; those that are unknown or no longer stored are left out. Other texts than ids are
   * unknown.
   *
   * @throws {BellwetherError} UNAVAILABLE if one is not cached and the database cannot be read.
   */
  async findAll(feedIds: readonly string[]): Promise<ReadonlyMap<string, ServedFeed>> {
    const found = new Map<string, ServedFeed>();
    const missing: string[] = [];
    for (const feedId of feedIds) {
      const cached = this.#cached.get(feedId);
      if (cached !== undefined) found.set(feedId, cached);
      else if (feedIdSchema.safeParse(feedId).success) missing.push(feedId);
    }
    if (missing.length === 0) return found;
    const { store } = this.deps;
    for (const feed of await unpackFeeds(await store.findAll(missing), store)) found.set(feed.feedId, feed);
    return found;
  }

  /** Drops the feeds of users, stored and queued, and waits for the statement in progress; `all`: of all users. */
  async dropData(userKeys: readonly string[] | 'all'): Promise<void> {
    const isDropped = ({ userKey }: { readonly userKey: string | null }): boolean =>
      userKey !== null && (userKeys === 'all' || userKeys.includes(userKey));
    for (const [feedId, feed] of this.#cached.entries()) if (isDropped(feed)) this.#cached.delete(feedId);
    this.#queue = this.#queue.filter((feed) => !isDropped(feed));
    this.#queuedBytes = this.#queue.reduce((sum, feed) => sum + sizeOf(feed), 0);
    await this.#statement;
  }

  /** Resolves when every added feed is stored or has failed to be. */
  async drain(): Promise<void> {
    while (this.#storing !== null) await this.#storing;
  }

  async #store(): Promise<void> {
    const { store, mayStore } = this.deps;
    while (this.#queue.length > 0) {
      await wait(GATHER_MS);
      const feeds = this.#queue.splice(0, MAX_BATCH);
      this.#queuedBytes -= feeds.reduce((sum, feed) => sum + sizeOf(feed), 0);
      const allowed = feeds.filter(({ userKey }) => userKey === null || mayStore(userKey));
      this.#statement = store.add(allowed).catch((error: unknown) => this.#reportUnstored(allowed, error));
      await this.#statement;
    }
  }

  #reportUnstored(feeds: readonly PackedFeed[], error: unknown): void {
    for (const { feedId } of feeds) if (this.#cached.has(feedId)) this.#unstored.add(feedId);
    this.deps.logger.warn(
      { err: error, feeds: feeds.length },
      'failed to persist served feeds; paging works only on this replica',
    );
  }

  async #unpack(stored: StoredFeed): Promise<ServedFeed> {
    const [feed] = await unpackFeeds([stored], this.deps.store);
    if (feed === undefined) throw new TypeError('Unpacking one feed returned none.');
    return feed;
  }
}

/**
 * Unpacks stored feeds, in order.
 *
 * @throws {RangeError} for a feed in another format.
 */
export async function unpackFeeds(
  stored: readonly StoredFeed[],
  store: Pick<FeedStore, 'marketIds'>,
): Promise<ServedFeed[]> {
  const unpacked = stored.map(({ servedAt, page, rest }) =>
    page === null
      ? null
      : {
          ...unpackPage(page, servedAt.getTime()),
          restNumbers: rest === null ? null : unpackRest(rest),
        },
  );
  const numbers = new Set(
    unpacked.flatMap((feed) => [
      ...(feed?.page.map(({ number }) => number) ?? []),
      ...(feed?.restNumbers ?? []),
    ]),
  );
  const ids = numbers.size === 0 ? new Map<number, string>() : await store.marketIds([...numbers]);
  // Numbers keep their ids when markets are deleted. If an id were unknown, its position would stay empty.
  const idOf = (number: number): string => ids.get(number) ?? '';
  return stored.map(({ feedId, userKey, servedAt, ranking }, index) => {
    const feed = unpacked[index];
    if (feed == null) return { feedId, userKey, ...servedFeedOfJson(ranking ?? '') };
    const { page, hasRest, restNumbers, ...inputs } = feed;
    return {
      ...{ feedId, userKey, nowMs: servedAt.getTime(), ...inputs },
      page: page.map((item) => ({ ...item, marketId: idOf(item.number) })),
      rest:
        restNumbers === null && hasRest
          ? null
          : (restNumbers ?? []).map((number) => ({ marketId: idOf(number), number })),
    };
  });
}

/** The rule of the database, for cached feeds. */
function mayRead(readers: FeedReaders, userKey: string | null): boolean {
  return readers === null || userKey === null || readers.includes(userKey);
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

/** Memory of a cached feed, as if no other feed shared its ids. */
function bytesOf({ page, rest }: ServedFeed): number {
  let bytes = FEED_BYTES;
  for (const { marketId } of page) bytes += 2 * MARKET_BYTES + marketId.length;
  for (const { marketId } of rest ?? []) bytes += MARKET_BYTES + marketId.length;
  return bytes;
}
