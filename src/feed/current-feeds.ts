import { LRUCache } from 'lru-cache';
import type { Feed } from './feed.js';
import type { RankingInputs, RankingRequest } from './ranking-inputs.js';
import type { ServedFeed } from './served/served-feed.js';

/** A feed, and the form in which it is stored. */
export interface CurrentFeed {
  readonly feed: Feed;
  readonly served: ServedFeed;
}

/** The inputs that all users share. */
export type SharedInputs = Pick<RankingInputs, 'nowMs' | 'snapshot' | 'trends' | 'model' | 'configVersion'>;

interface Entry extends CurrentFeed {
  readonly profileVersion: number | null;
}

/** Bound for all feeds together. */
const MAX_BYTES = 96 * 1024 * 1024;

// Measured with 66-character ids; markets are not counted, because the catalog holds them anyway.
const BYTES_PER_FEED = 1_000;
const BYTES_PER_ITEM = 950;
const BYTES_PER_REST = 8;

/**
 * The feeds of the present clock step. A request with the same inputs gets the same feed, so it is not ranked again: those
 * of several components of a page, of a return to it, and of every anonymous user in a country. The version of the profile
 * is enough to find it, so the profile is not decoded either.
 *
 * Feeds of an earlier step, catalog, trends, model or config are dropped at the first request after the change, and the feed
 * of a user is replaced at the first request after an event. The markets of the user that are not open only change together
 * with the catalog.
 */
export class CurrentFeeds {
  readonly #feeds = new LRUCache<string, Entry>({
    maxSize: MAX_BYTES,
    sizeCalculation: ({ served }, key) =>
      key.length +
      BYTES_PER_FEED +
      served.page.length * BYTES_PER_ITEM +
      (served.rest?.length ?? 0) * BYTES_PER_REST,
  });
  #of: SharedInputs | undefined;

  /** @param profileVersion null without a profile. */
  find(request: RankingRequest, profileVersion: number | null, of: SharedInputs): CurrentFeed | undefined {
    this.#dropOld(of);
    const cached = this.#feeds.get(keyOf(request));
    return cached?.profileVersion === profileVersion ? cached : undefined;
  }

  /** Adds a feed that lacks no input. */
  set(
    request: RankingRequest,
    current: CurrentFeed,
    { profile, ...of }: SharedInputs & Pick<RankingInputs, 'profile'>,
  ): void {
    this.#dropOld(of);
    this.#feeds.set(keyOf(request), { ...current, profileVersion: profile?.version ?? null });
  }

  /** Drops the feeds of users; `all`: of all users. */
  drop(userKeys: readonly string[] | 'all'): void {
    if (userKeys === 'all') {
      this.#feeds.clear();
      return;
    }
    const dropped = new Set(userKeys);
    for (const [key, { served }] of this.#feeds.entries()) {
      if (served.userKey !== null && dropped.has(served.userKey)) this.#feeds.delete(key);
    }
  }

  #dropOld({ nowMs, snapshot, trends, model, configVersion }: SharedInputs): void {
    const of = this.#of;
    if (
      of?.nowMs === nowMs &&
      of.snapshot === snapshot &&
      of.trends === trends &&
      of.model === model &&
      of.configVersion === configVersion
    )
      return;
    this.#feeds.clear();
    this.#of = { nowMs, snapshot, trends, model, configVersion };
  }
}

function keyOf({ userKey, country, algorithm, limit }: RankingRequest): string {
  return JSON.stringify([userKey, country, algorithm, limit]);
}
