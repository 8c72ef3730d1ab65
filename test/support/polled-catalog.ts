import { Catalog } from '../../src/catalog/catalog.js';
import { MarketWriter } from '../../src/catalog/market-writer.js';
import { MarketPoller } from '../../src/catalog/sources/market-poller.js';
import { sourceConfigSchema } from '../../src/config/schema/source-schema.js';
import { openDatabase } from '../../src/storage/database/client.js';
import type { Market } from '../../src/domain/market.js';
import { MarketIndex } from '../../src/storage/markets/market-index.js';
import { MarketRepository } from '../../src/storage/markets/market-repository.js';
import { SourceStateRepository } from '../../src/storage/markets/source-state-repository.js';
import { recordingLogger } from './log-lines.js';
import { createTestDatabase } from './test-database.js';

/** A catalog in its own database, pollers for it, and a manual clock. */
export async function openPolledCatalog(nowMs: number) {
  const testDatabase = await createTestDatabase();
  const { logger, lines } = recordingLogger();
  const database = openDatabase({ url: testDatabase.url, logger, poolSize: 4 });
  const clock = { nowMs };
  const markets = new MarketRepository(database.prisma, new MarketIndex());
  const catalog = new Catalog({
    ...{ markets, lists: markets, logger },
    writer: new MarketWriter({ markets, clock: () => clock.nowMs }),
    clock: () => clock.nowMs,
  });
  const states = new SourceStateRepository(database.prisma);
  return {
    ...{ clock, catalog, states, lines },
    /** Creates a poller without state in memory, like one of a new process. */
    poller: (source: object, deps: Partial<ConstructorParameters<typeof MarketPoller>[0]> = {}) =>
      new MarketPoller({
        source: sourceConfigSchema.parse({ name: 'site', format: 'gamma', ...source }),
        ...{ catalog, states, clock: () => clock.nowMs, logger, ...deps },
      }),
    /** Status by market id, in the order of ids. */
    statuses: async (): Promise<Record<string, Market['status']>> => {
      const rows = await database.prisma.market.findMany({ orderBy: { id: 'asc' } });
      return Object.fromEntries(rows.map(({ id, status }) => [id, status]));
    },
    market: async (id: string): Promise<Market | undefined> => (await catalog.findByIds([id]))[0],
    clear: async (): Promise<void> => {
      await database.prisma.$executeRaw`truncate markets, market_tags, market_snapshots, source_states`;
    },
    close: async (): Promise<void> => {
      await database.close();
      await testDatabase.drop();
    },
  };
}

export type PolledCatalog = Awaited<ReturnType<typeof openPolledCatalog>>;
