import { LRUCache } from 'lru-cache';
import type { Feed } from './feed.js';
import type { RankingInputs } from './ranking-inputs.js';
import type { ServedFeed } from './served/served-feed.js';

/** A feed, and the form in which it is stored. */
export interface CurrentFeed {
  readonly feed: Feed;
  readonly served: ServedFeed;
}

interface Entry extends CurrentFeed {
  readonly profileVersion: number | null;
  readonly past: RankingInputs['past'];
}

/** Bound for all feeds together. */
const MAX_BYTES = 32 * 1024 * 1024;

// Measured with 66-character ids; markets are not counted, because the catalog holds them anyway.
const BYTES_PER_FEED = 1_000;
const BYTES_PER_ITEM = 700;
const BYTES_PER_REST = 100;

/**
 * The feeds of the present clock step. A request with the same inputs gets the same feed, so it is not ranked again: those
 * of several components of a page, of a retry, and of every anonymous user in a country.
 *
 * Feeds of an earlier step, catalog, trends or config are dropped at the first request after the change, and the feed of a
 * user is replaced at the first request after an event.
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
  #of: Pick<RankingInputs, 'nowMs' | 'snapshot' | 'trends' | 'configVersion'> | undefined;

  /** Returns the cached feed of these inputs, or ranks and caches it. A feed that lacks an input is not cached. */
  get(inputs: RankingInputs, lacksInput: boolean, rank: () => CurrentFeed): CurrentFeed {
    if (lacksInput) return rank();
    this.#dropOld(inputs);
    const { userKey, country, algorithm, personal, limit, profile, past } = inputs;
    const key = JSON.stringify([userKey, country, algorithm, personal, limit]);
    const profileVersion = profile?.version ?? null;
    const cached = this.#feeds.get(key);
    if (cached?.profileVersion === profileVersion && isSame(cached.past, past)) return cached;
    const ranked = rank();
    this.#feeds.set(key, { ...ranked, profileVersion, past });
    return ranked;
  }

  #dropOld({ nowMs, snapshot, trends, configVersion }: RankingInputs): void {
    const of = this.#of;
    if (
      of?.nowMs === nowMs &&
      of.snapshot === snapshot &&
      of.trends === trends &&
      of.configVersion === configVersion
    )
      return;
    this.#feeds.clear();
    this.#of = { nowMs, snapshot, trends, configVersion };
  }
}

function isSame(cached: RankingInputs['past'], past: RankingInputs['past']): boolean {
  if (cached.size !== past.size) return false;
  for (const [id, market] of past) if (cached.get(id) !== market) return false;
  return true;
}
