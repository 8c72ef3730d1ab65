import DataLoader from 'dataloader';
import type { Catalogue } from '../catalogue/catalogue.js';
import type { HistoryRequest, MarketHistory, MarketHistoryPoint } from '../catalogue/market-history.js';
import type { Market, MarketTexts } from '../catalogue/market.js';
import type { ProfileService, ProfileState } from '../profiles/profile-service.js';

/** Reads that one request batches: whatever is asked for in the same tick goes to the store as one. */
export interface Loaders {
  readonly market: DataLoader<string, Market | undefined>;
  readonly marketTexts: DataLoader<string, MarketTexts | undefined>;
  readonly profile: DataLoader<string, ProfileState>;
  readonly history: DataLoader<HistoryRequest, readonly MarketHistoryPoint[], string>;
}

const MAX_BATCH = 500;

export function createLoaders(services: {
  catalogue: Pick<Catalogue, 'findByIds' | 'snapshot' | 'texts'>;
  profiles: Pick<ProfileService, 'load'>;
  marketHistory: Pick<MarketHistory, 'reader'>;
}): Loaders {
  return {
    market: new DataLoader((ids) => findMarkets(services.catalogue, ids), { maxBatchSize: MAX_BATCH }),
    marketTexts: new DataLoader((ids) => services.catalogue.texts(ids), { maxBatchSize: MAX_BATCH }),
    profile: new DataLoader((userKeys) => services.profiles.load(userKeys), { maxBatchSize: MAX_BATCH }),
    // All of one time are read by one statement, however many; the reader bounds them.
    history: new DataLoader(services.marketHistory.reader(), {
      cacheKeyFn: ({ marketId, from, to, points }) => JSON.stringify([marketId, from, to, points]),
    }),
  };
}

/** Without the database, the markets in memory are still there, whatever else is asked for beside them. */
async function findMarkets(
  catalogue: Pick<Catalogue, 'findByIds' | 'snapshot'>,
  ids: readonly string[],
): Promise<(Market | undefined | Error)[]> {
  try {
    return await catalogue.findByIds(ids);
  } catch (error) {
    const fault =
      error instanceof Error ? error : new Error('The markets could not be read.', { cause: error });
    return ids.map((id) => catalogue.snapshot.byId.get(id)?.market ?? fault);
  }
}
