import type { Catalog } from '../catalog/catalog.js';
import { MarketPoller } from '../catalog/sources/market-poller.js';
import type { Clock } from '../lib/clock.js';
import type { LiveConfig } from '../config/live-config.js';
import { openDatabase } from '../storage/database/client.js';
import { jobDatabaseOf } from '../storage/database/connection.js';
import { createJobs } from '../jobs/create-jobs.js';
import { openJobs, type Jobs } from '../jobs/open-jobs.js';
import type { Logger } from '../lib/logger.js';
import { ProfileUpkeep } from '../profiles/profile-upkeep.js';
import type { SharedProfiles } from '../profiles/shared-profiles.js';
import type { MarketIndex } from '../storage/markets/market-index.js';
import { OldPartitions } from '../storage/partitions.js';
import { createStore, type Store } from '../storage/store.js';
import { Retention } from '../tracking/retention.js';
import { TrendComputations } from '../trends/trend-computations.js';
import { liveDecayConfig } from '../profiles/profile-decay.js';

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
export function openBackendJobs(deps: {
  readonly databaseUrl: string;
  readonly store: Pick<Store, 'jobRuns'>;
  /** For reads of clients. */
  readonly readerStore: Pick<Store, 'jobRuns'>;
  readonly catalog: Catalog;
  readonly profiles: SharedProfiles;
  readonly markets: MarketIndex;
  readonly liveConfig: LiveConfig;
  /** Whether this process runs jobs. */
  readonly works: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}): Jobs & { readonly computations: TrendComputations } {
  const { databaseUrl, store, readerStore, catalog, profiles, markets, liveConfig, works, clock, logger } =
    deps;
  const database = openDatabase({
    ...{ url: databaseUrl, logger, poolSize: POOL_SIZE },
    queryTimeoutMs: LONGEST_MS,
  });
  const config = () => liveConfig.current.config;
  const decay = liveDecayConfig(config);
  const ownStore = createStore(database.prisma, { decay, markets, transactionTimeoutMs: LONGEST_MS });
  const computations = new TrendComputations({ store: ownStore, config: () => config().trending, clock });
  const jobs = openJobs({
    jobs: createJobs({
      config: config(),
      computations,
      snapshots: ownStore.snapshots,
      upkeep: new ProfileUpkeep({ store: ownStore, profiles, decay, config }),
      retention: new Retention({
        store: ownStore,
        partitions: new OldPartitions({ url: databaseUrl }),
        config,
      }),
      pollerOf: (source) => new MarketPoller({ source, catalog, states: ownStore.sources, clock, logger }),
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
