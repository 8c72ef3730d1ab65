import DataLoader from 'dataloader';
import type { Catalog } from '../catalog/catalog.js';
import type { HistoryRequest, MarketHistory, MarketHistoryPoint } from '../catalog/market-history.js';
import type { Market, MarketTexts } from '../catalog/market.js';
import type { LoadProfile } from '../feed/hydrator.js';
import type { FullProfile, ProfileService } from '../profiles/profile-service.js';

/** Reads that one request batches: whatever is asked for in the same tick goes to the store as one. */
export interface Loaders {
  readonly market: DataLoader<string, Market | undefined>;
  readonly marketTexts: DataLoader<string, MarketTexts | undefined>;
  readonly profile: LoadProfile;
  /** Profiles after a mutation: one that the request read before does not count. */
  readonly changedProfile: DataLoader<string, FullProfile>;
  readonly history: DataLoader<HistoryRequest, readonly MarketHistoryPoint[], string>;
}

const MAX_BATCH = 500;

export function createLoaders(services: {
  catalog: Pick<Catalog, 'findByIds' | 'snapshot' | 'texts'>;
  profiles: Pick<ProfileService, 'load' | 'loadFull'>;
  marketHistory: Pick<MarketHistory, 'reader'>;
}): Loaders {
  return {
    market: new DataLoader((ids) => findMarkets(services.catalog, ids), { maxBatchSize: MAX_BATCH }),
    marketTexts: new DataLoader((ids) => services.catalog.texts(ids), { maxBatchSize: MAX_BATCH }),
    profile: createProfileLoader(services.profiles),
    changedProfile: new DataLoader((userKeys) => loadEachOnce(services.profiles, userKeys), {
      cache: false,
    }),
    // All of one time are read by one statement, however many; the reader bounds them.
    history: new DataLoader(services.marketHistory.reader(), {
      cacheKeyFn: ({ marketId, from, to, points }) => JSON.stringify([marketId, from, to, points]),
    }),
  };
}

function createProfileLoader(profiles: Pick<ProfileService, 'load' | 'loadFull'>): LoadProfile {
  const options = { maxBatchSize: MAX_BATCH };
  const hot = new DataLoader((userKeys: readonly string[]) => profiles.load(userKeys), options);
  const full = new DataLoader((userKeys: readonly string[]) => profiles.loadFull(userKeys), options);
  return { hot: (userKey) => hot.load(userKey), full: (userKey) => full.load(userKey) };
}

/** The events of a batch mostly are of few users. */
async function loadEachOnce(
  profiles: Pick<ProfileService, 'loadFull'>,
  userKeys: readonly string[],
): Promise<FullProfile[]> {
  const distinct = [...new Set(userKeys)];
  const loaded = await profiles.loadFull(distinct);
  const byUser = new Map(distinct.map((userKey, index) => [userKey, loaded[index]]));
  return userKeys.flatMap((userKey) => byUser.get(userKey) ?? []);
}

/** Without the database, the markets in memory are still there, whatever else is asked for beside them. */
async function findMarkets(
  catalog: Pick<Catalog, 'findByIds' | 'snapshot'>,
  ids: readonly string[],
): Promise<(Market | undefined | Error)[]> {
  try {
    return await catalog.findByIds(ids);
  } catch (error) {
    const fault =
      error instanceof Error ? error : new Error('The markets could not be read.', { cause: error });
    return ids.map((id) => catalog.snapshot.byId.get(id)?.market ?? fault);
  }
}
