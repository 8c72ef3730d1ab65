import { Catalogue } from '../../src/catalogue/catalogue.js';
import { MarketWriter } from '../../src/catalogue/market-writer.js';
import { MarketPoller } from '../../src/catalogue/pollers/market-poller.js';
import { sourceConfigSchema } from '../../src/config/source-config.js';
import { openDatabase } from '../../src/database/client.js';
import type { Market } from '../../src/repositories/market.js';
import { MarketIndex } from '../../src/repositories/market-index.js';
import { MarketRepository } from '../../src/repositories/market-repository.js';
import { SourceStateRepository } from '../../src/repositories/source-state-repository.js';
import { recordingLogger } from './log-lines.js';
import { createTestDatabase } from './test-database.js';

/** A catalogue in a database of its own, pollers that fill it, and a clock that stands still until it is moved. */
export async function openPolledCatalogue(nowMs: number) {
  const test = await createTestDatabase();
  const { logger, lines } = recordingLogger();
  const database = openDatabase({ url: test.url, logger, poolSize: 4 });
  const clock = { nowMs };
  const markets = new MarketRepository(database.prisma, new MarketIndex());
  const catalogue = new Catalogue({
    ...{ markets, lists: markets, logger },
    writer: new MarketWriter({ markets, clock: () => clock.nowMs }),
    clock: () => clock.nowMs,
  });
  const states = new SourceStateRepository(database.prisma);
  return {
    ...{ clock, catalogue, states, lines },
    /** A new process's poller: it knows only what is in the database. */
    poller: (source: object, parts: Partial<ConstructorParameters<typeof MarketPoller>[0]> = {}) =>
      new MarketPoller({
        source: sourceConfigSchema.parse({ name: 'site', format: 'gamma', ...source }),
        ...{ catalogue, states, clock: () => clock.nowMs, logger, ...parts },
      }),
    /** Each market's id and status, in the order of ids. */
    statuses: async (): Promise<Record<string, Market['status']>> => {
      const rows = await database.prisma.market.findMany({ orderBy: { id: 'asc' } });
      return Object.fromEntries(rows.map(({ id, status }) => [id, status]));
    },
    market: async (id: string): Promise<Market | undefined> => (await catalogue.findByIds([id]))[0],
    clear: async (): Promise<void> => {
      await database.prisma.$executeRaw`truncate markets, market_tags, market_snapshots, source_states`;
    },
    close: async (): Promise<void> => {
      await database.close();
      await test.drop();
    },
  };
}

export type PolledCatalogue = Awaited<ReturnType<typeof openPolledCatalogue>>;
