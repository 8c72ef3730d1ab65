import { LRUCache } from 'lru-cache';
import type { Attribution } from '../../domain/event.js';
import type { Clock } from '../../lib/clock.js';
import { MINUTE_MS } from '../../lib/time.js';
import { servedPositions, type ServedFeed } from './served-feed.js';
import type { ServedFeeds } from './served-feeds.js';

/** An event without the id of a feed belongs to the last feed that showed its market within this time. */
const RECENT_MS = 30 * MINUTE_MS;

/** Bounds of the ids of recent feeds in memory: 14 MB, measured with keys of 66 characters. */
const MAX_USERS = 20_000;
const FEEDS_PER_USER = 4;

interface ShownMarket {
  readonly userKey: string;
  readonly marketId: string;
  /** Null if the event names no feed. */
  readonly feedId: string | null;
}

interface RecentFeed {
  readonly feedId: string;
  readonly atMs: number;
}

/**
 * Finds where users saw markets. A feed that an event names is found on every replica; for other events, only the feeds that
 * this replica served are known.
 */
export class ShownMarkets {
  /** By user, the latest feeds, the last one first. */
  readonly #recent = new LRUCache<string, readonly RecentFeed[]>({ max: MAX_USERS });

  constructor(private readonly deps: { feeds: Pick<ServedFeeds, 'findAll'>; clock: Clock }) {}

  /** Notes that a feed was served, for the first time or again. */
  served({ feedId, userKey }: Pick<ServedFeed, 'feedId' | 'userKey'>): void {
    if (userKey === null) return;
    const earlier = (this.#recent.get(userKey) ?? []).filter((feed) => feed.feedId !== feedId);
    const latest = [{ feedId, atMs: this.deps.clock() }, ...earlier].slice(0, FEEDS_PER_USER);
    this.#recent.set(userKey, latest);
  }

  /**
   * Returns where each market was shown to its user, in order; null if that is unknown: no recent feed showed it, or the named
   * feed is that of another user, is no longer stored, or does not have it.
   *
   * @throws {BellwetherError} UNAVAILABLE if the named feeds cannot be read.
   */
  async attributionsOf(shown: readonly ShownMarket[]): Promise<(Attribution | null)[]> {
    const candidates = shown.map(({ userKey, feedId }) =>
      feedId === null ? this.#recentOf(userKey) : [feedId.toLowerCase()],
    );
    const ids = new Set(candidates.flat());
    if (ids.size === 0) return shown.map(() => null);
    const feeds = await this.deps.feeds.findAll([...ids]);
    return shown.map(({ userKey, marketId }, index) => {
      for (const id of candidates[index] ?? []) {
        const feed = feeds.get(id);
        const attribution = feed === undefined ? null : attributionTo(feed, userKey, marketId);
        if (attribution !== null) return attribution;
      }
      return null;
    });
  }

  /** Forgets the feeds of users; `all`: of all users. */
  dropData(userKeys: readonly string[] | 'all'): void {
    if (userKeys === 'all') this.#recent.clear();
    else for (const userKey of userKeys) this.#recent.delete(userKey);
  }

  #recentOf(userKey: string): string[] {
    const since = this.deps.clock() - RECENT_MS;
    return (this.#recent.get(userKey) ?? []).flatMap(({ feedId, atMs }) => (atMs >= since ? feedId : []));
  }
}

function attributionTo(feed: ServedFeed, userKey: string, marketId: string): Attribution | null {
  if (feed.userKey !== null && feed.userKey !== userKey) return null;
  const position = servedPositions(feed, 0, Infinity).find((each) => each.marketId === marketId);
  if (position === undefined) return null;
  const { feedId, algorithmVersion, configVersion, modelVersion, arms } = feed;
  const { rank, slot, propensity } = position;
  return { feedId, algorithmVersion, configVersion, modelVersion, arms, rank, slot, propensity };
}
