import type { Catalogue } from './catalogue/catalogue.js';
import { MarketPoller } from './catalogue/pollers/market-poller.js';
import type { Clock } from './config/clock.js';
import type { LiveConfig } from './config/live-config.js';
import { openDatabase } from './database/client.js';
import { jobDatabaseOf } from './database/job-database.js';
import { createJobs } from './jobs/create-jobs.js';
import { openJobs, type Jobs } from './jobs/open-jobs.js';
import type { Logger } from './observability/logger.js';
import { liveProfileMemory } from './profiles/profile-memory.js';
import { ProfileUpkeep } from './profiles/profile-upkeep.js';
import type { SharedProfiles } from './profiles/shared-profiles.js';
import type { MarketIndex } from './repositories/market-index.js';
import { PartitionRepository } from './repositories/partition-repository.js';
import type { ProfileFold } from './repositories/packed-profile.js';
import { createStore, type Store } from './repositories/store.js';
import { Retention } from './tracking/retention.js';
import { TrendComputations } from './trends/trend-computations.js';

/** Jobs wait for a connection rather than for more of them: the database has requests to serve. */
const POOL_SIZE = 3;

/**
 * One statement, or one transaction, of a job. While it runs, no row that is removed anywhere in the database can be
 * vacuumed, so longer work is done in steps.
 */
const LONGEST_MS = 30_000;

/** For what was not done when the jobs were told to end; the database takes it back. */
const CLOSE_WITHIN_MS = 1_000;

/** The jobs of a backend, on connections of their own. */
export function openBackendJobs(parts: {
  readonly databaseUrl: string;
  readonly store: Pick<Store, 'jobRuns'>;
  /** For reads of clients. */
  readonly readerStore: Pick<Store, 'jobRuns'>;
  readonly catalogue: Catalogue;
  readonly profiles: SharedProfiles;
  readonly fold: ProfileFold;
  readonly markets: MarketIndex;
  readonly liveConfig: LiveConfig;
  /** Whether this process runs jobs. */
  readonly works: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}): Jobs & { readonly computations: TrendComputations } {
  const {
    databaseUrl,
    store,
    readerStore,
    catalogue,
    profiles,
    fold,
    markets,
    liveConfig,
    works,
    clock,
    logger,
  } = parts;
  const database = openDatabase({
    ...{ url: databaseUrl, logger, poolSize: POOL_SIZE },
    queryTimeoutMs: LONGEST_MS,
  });
  const ownStore = createStore(database.prisma, fold, { markets, transactionTimeoutMs: LONGEST_MS });
  const config = () => liveConfig.current.config;
  const computations = new TrendComputations({ store: ownStore, config: () => config().trending, clock });
  const jobs = openJobs({
    jobs: createJobs({
      config: config(),
      computations,
      snapshots: ownStore.snapshots,
      upkeep: new ProfileUpkeep({ store: ownStore, profiles, memory: liveProfileMemory(config), config }),
      retention: new Retention({
        store: ownStore,
        partitions: new PartitionRepository({ url: databaseUrl }),
        config,
      }),
      pollerOf: (source) => new MarketPoller({ source, catalogue, states: ownStore.sources, clock, logger }),
    }),
    ...{ runs: store.jobRuns, listedRuns: readerStore.jobRuns },
    ...{ database: jobDatabaseOf(databaseUrl), works, clock, logger },
  });
  return {
    ...jobs,
    computations,
    close: async () => {
      await jobs.close();
      await database.close(CLOSE_WITHIN_MS);
    },
  };
}
