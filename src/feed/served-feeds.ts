import { setTimeout as wait } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../config/clock.js';
import type { Logger } from '../observability/logger.js';
import { servedFeedSchema, type ServedFeed } from './served-feed.js';

/** A feed as it is stored. */
export interface StoredFeed {
  readonly feedId: string;
  readonly userKey: string | null;
  readonly servedAt: Date;
  /** JSON. */
  readonly ranking: string;
}

/** Where feeds are kept for all replicas. */
export interface FeedStore {
  add(feeds: readonly StoredFeed[]): Promise<void>;
  /** @throws {BellwetherError} UNAVAILABLE when it cannot be read. */
  find(feedId: string): Promise<StoredFeed | undefined>;
}

/** The latest ones are found without the database. */
const HELD = 2_000;

/** Feeds that wait to be stored; when the database cannot keep up, more are held by this process only. */
const MAX_WAITING = 5_000;

const MAX_ROWS = 200;

/** A feed this young may not be stored yet; it is looked for so many more times. */
const JUST_NOW_MS = 2_000;
const LOOKS = 4;
const LOOK_AGAIN_MS = 50;

/**
 * The feeds that were answered lately. They are stored after the answer, several at once; every replica finds them
 * there.
 */
export class ServedFeeds {
  readonly #held = new LRUCache<string, ServedFeed>({ max: HELD });
  #waiting: ServedFeed[] = [];
  #storing: Promise<void> | null = null;
  #isDropping = false;

  constructor(private readonly parts: { store: FeedStore; clock: Clock; logger: Logger }) {}

  add(feed: ServedFeed): void {
    this.#held.set(feed.feedId, feed);
    if (this.#waiting.length >= MAX_WAITING) {
      if (!this.#isDropping)
        this.parts.logger.warn('feeds are answered faster than they can be stored; some are not');
      this.#isDropping = true;
      return;
    }
    this.#isDropping = false;
    this.#waiting.push(feed);
    this.#storing ??= this.#store().finally(() => (this.#storing = null));
  }

  /**
   * @returns undefined for one that was never answered, or is forgotten.
   * @throws {BellwetherError} UNAVAILABLE when it is not in memory and the database is not there.
   */
  async find(feedId: string): Promise<ServedFeed | undefined> {
    const held = this.#held.get(feedId);
    if (held !== undefined) return held;
    const stored = await this.parts.store.find(feedId);
    if (stored !== undefined) return fromStored(stored);
    // Another replica may have answered it just now and be about to store it.
    if (this.parts.clock() - madeAtMs(feedId) > JUST_NOW_MS) return undefined;
    for (let look = 0; look < LOOKS; look += 1) {
      await wait(LOOK_AGAIN_MS);
      const late = await this.parts.store.find(feedId);
      if (late !== undefined) return fromStored(late);
    }
    return undefined;
  }

  /** Resolves when everything that was added is stored, or given up. */
  async drain(): Promise<void> {
    while (this.#storing !== null) await this.#storing;
  }

  async #store(): Promise<void> {
    const { store, logger } = this.parts;
    while (this.#waiting.length > 0) {
      // What is answered in the same turn goes along.
      await new Promise(setImmediate);
      const feeds = this.#waiting.splice(0, MAX_ROWS);
      try {
        await store.add(feeds.map(toStored));
      } catch (error) {
        logger.warn(
          { err: error, feeds: feeds.length },
          'feeds could not be stored; other replicas cannot page on in them',
        );
      }
    }
  }
}

/** When a UUID that grows with time was made: its first 48 bits; nonsense for another one. */
function madeAtMs(feedId: string): number {
  return Number.parseInt(feedId.replaceAll('-', '').slice(0, 12), 16);
}

function toStored({ feedId, userKey, ...ranking }: ServedFeed): StoredFeed {
  return { feedId, userKey, servedAt: new Date(ranking.nowMs), ranking: JSON.stringify(ranking) };
}

function fromStored({ feedId, userKey, ranking }: StoredFeed): ServedFeed {
  return { feedId, userKey, ...servedFeedSchema.parse(JSON.parse(ranking)) };
}
