import DataLoader from 'dataloader';
import { aliasUseOf, type Viewer } from '../auth/viewer.js';
import type { Catalog } from '../catalog/catalog.js';
import type { HistoryRequest, MarketHistory, MarketHistoryPoint } from '../catalog/market-history.js';
import type { Market, MarketTexts } from '../domain/market.js';
import type { ProfileService } from '../profiles/profile-service.js';
import type { FullProfile } from '../domain/profile.js';

/** DataLoaders of one request: reads of the same tick go to the services as one batch. */
export interface Loaders {
  readonly market: DataLoader<string, Market | undefined>;
  readonly marketTexts: DataLoader<string, MarketTexts | undefined>;
  readonly profile: DataLoader<string, FullProfile>;
  /** Profiles after a mutation. Not cached, because the request may have read them before the mutation. */
  readonly changedProfile: DataLoader<string, FullProfile>;
  readonly history: DataLoader<HistoryRequest, readonly MarketHistoryPoint[], string>;
}

/** Maximum number of keys per read of a loader. */
const MAX_BATCH = 500;

export function createLoaders(
  services: {
    catalog: Pick<Catalog, 'findByIds' | 'snapshot' | 'texts'>;
    profiles: Pick<ProfileService, 'loadFull'>;
    marketHistory: Pick<MarketHistory, 'reader'>;
  },
  viewer: Viewer,
): Loaders {
  const loadProfiles = (userKeys: readonly string[]): Promise<FullProfile[]> =>
    services.profiles.loadFull(userKeys, aliasUseOf(viewer));
  return {
    market: new DataLoader((ids) => findMarkets(services.catalog, ids), { maxBatchSize: MAX_BATCH }),
    marketTexts: new DataLoader((ids) => services.catalog.texts(ids), { maxBatchSize: MAX_BATCH }),
    profile: new DataLoader(loadProfiles, { maxBatchSize: MAX_BATCH }),
    changedProfile: new DataLoader((userKeys) => loadDistinct(loadProfiles, userKeys), {
      cache: false,
    }),
    // No batch limit: one statement reads all histories of one period, and the reader limits their points.
    history: new DataLoader(services.marketHistory.reader(), {
      cacheKeyFn: ({ marketId, from, to, points }) => JSON.stringify([marketId, from, to, points]),
    }),
  };
}

/** Loads each user once. A batch of events usually has few distinct users. */
async function loadDistinct(
  loadProfiles: (userKeys: readonly string[]) => Promise<FullProfile[]>,
  userKeys: readonly string[],
): Promise<FullProfile[]> {
  const distinct = [...new Set(userKeys)];
  const loaded = await loadProfiles(distinct);
  const byUser = new Map(distinct.map((userKey, index) => [userKey, loaded[index]]));
  return userKeys.flatMap((userKey) => byUser.get(userKey) ?? []);
}

/** If the database fails, still returns the markets in memory; only the others get the error. */
async function findMarkets(
  catalog: Pick<Catalog, 'findByIds' | 'snapshot'>,
  ids: readonly string[],
): Promise<(Market | undefined | Error)[]> {
  try {
    return await catalog.findByIds(ids);
  } catch (error) {
    const failure = error instanceof Error ? error : new Error('Reading markets failed.', { cause: error });
    return ids.map((id) => catalog.snapshot.byId.get(id)?.market ?? failure);
  }
}
