import { hostname } from 'node:os';
import type { Catalog } from '../catalog/catalog.js';
import { MarketPoller } from '../catalog/sources/market-poller.js';
import { openTextEncoder } from '../catalog/vectors/text-encoder.js';
import { VectorRun } from '../catalog/vectors/vector-run.js';
import type { LiveConfig } from '../config/live-config.js';
import type { SinkConfig } from '../config/schema/sink-schema.js';
import { jobDefinitions } from '../jobs/job-definitions.js';
import type { Job } from '../jobs/job.js';
import { JobQueue, type JobDatabase } from '../jobs/job-queue.js';
import { JobService } from '../jobs/job-service.js';
import { JobWorker } from '../jobs/job-worker.js';
import type { Clock } from '../lib/clock.js';
import type { Logger } from '../lib/logger.js';
import { SinkRelays } from '../outbox/sink-relays.js';
import { liveDecayConfig } from '../profiles/profile-decay.js';
import { ProfileUpkeep } from '../profiles/profile-upkeep.js';
import type { SharedProfiles } from '../profiles/shared-profiles.js';
import { releaseUsers } from '../privacy/release-users.js';
import { OldPartitions } from '../storage/partitions.js';
import { jobDatabaseOf } from '../storage/database/connection.js';
import { exploredPage } from '../feed/served/explored-page.js';
import type { JobRunRepository } from '../storage/job-repository.js';
import type { Transaction } from '../storage/store.js';
import { CollaborativeRun } from '../learning/collaborative/collaborative-run.js';
import { CollaborativeVersions } from '../learning/collaborative/collaborative-versions.js';
import { trainerOf } from '../learning/collaborative/train-in-worker.js';
import { LearningRun } from '../learning/learning-run.js';
import { Retention } from '../tracking/retention.js';
import { TrendComputations } from '../trends/trend-computations.js';
import type { TrendState } from '../trends/trend-state.js';
import type { OnClose, Stores } from './databases.js';

/** Creates the relays that deliver recorded events to the configured sinks, once started. */
export function createSinkRelays(deps: {
  readonly sinks: readonly SinkConfig[];
  readonly stores: Stores;
  readonly pseudonymOf: (userKey: string) => string;
  readonly clock: Clock;
  readonly logger: Logger;
}): SinkRelays<Transaction> {
  const { sinks, stores, pseudonymOf, clock, logger } = deps;
  return new SinkRelays(sinks, {
    store: stores.background,
    onDeadLetters: (letters, transaction) =>
      transaction.rejectedEvents.add(
        letters.map(({ sink, row, reason }) => ({
          rejectedAt: new Date(clock()),
          origin: sink,
          reason,
          event: row.event,
          userHash: 'user' in row.event ? String(row.event.user) : pseudonymOf(row.userKey),
        })),
      ),
    random: Math.random,
    pseudonymOf,
    logger,
    clock,
  });
}

const TRAINING_WORKER = new URL('../learning/collaborative/training-worker.js', import.meta.url);

/** The jobs of a process: a service that lists them and requests runs, and a worker that executes runs once started. */
export interface Jobs {
  readonly service: JobService;
  readonly worker: JobWorker;
  /** Aborts runs in progress, and waits 4 s for them. */
  close(): Promise<void>;
}

/** Creates the jobs of a deployment, and the computations that they share with the trends. */
export function openJobs(deps: {
  readonly databaseUrl: string;
  readonly stores: Stores;
  readonly catalog: Catalog;
  readonly profiles: SharedProfiles;
  readonly liveConfig: LiveConfig;
  readonly trends: () => TrendState;
  readonly modelsEnabled: boolean;
  readonly isWorker: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onClose: OnClose;
}): Jobs & { readonly computations: TrendComputations; readonly learning: LearningRun } {
  const { databaseUrl, stores, catalog, profiles, liveConfig, isWorker, clock, logger, onClose } = deps;
  const config = () => liveConfig.current.config;
  const { trends, modelsEnabled } = deps;
  const collaborative = new CollaborativeVersions(stores.jobs.collaborative);
  const learning = new LearningRun({
    ...{ store: stores.jobs, catalog, trends, collaborative, config, modelsEnabled },
    readPage: exploredPage,
  });
  const computations = new TrendComputations({ store: stores.jobs, config: () => config().trending, clock });
  const jobs = createJobs({
    jobs: jobDefinitions({
      config: config(),
      computations,
      learning,
      collaborative: new CollaborativeRun({
        ...{ store: stores.jobs, catalog, config, train: trainerOf(TRAINING_WORKER) },
      }),
      snapshots: stores.jobs.snapshots,
      upkeep: new ProfileUpkeep({ store: stores.jobs, profiles, decay: liveDecayConfig(config), config }),
      retention: new Retention({
        store: stores.jobs,
        partitions: new OldPartitions({ url: databaseUrl }),
        config,
      }),
      vectors: new VectorRun({
        ...{ vectors: stores.jobs.vectors, writer: stores.marketWriter.vectors },
        ...{ openEncoder: openTextEncoder, logger },
      }),
      releaseUsers: (run) => releaseUsers(stores.jobs, run),
      pollerOf: (source) => new MarketPoller({ source, catalog, states: stores.jobs.sources, clock, logger }),
    }),
    ...{ runs: stores.jobs.jobRuns, listedRuns: stores.readers.jobRuns },
    ...{ database: jobDatabaseOf(databaseUrl), isWorker, clock, logger },
  });
  onClose(() => jobs.close());
  return { ...jobs, computations, learning };
}

/** Connects the given jobs to a queue. It connects to the database when it is first used. */
export function createJobs(deps: {
  readonly jobs: readonly Job[];
  readonly database: JobDatabase;
  /** Where the worker stores its runs. */
  readonly runs: JobRunRepository;
  /** Where clients read runs. */
  readonly listedRuns: Pick<JobRunRepository, 'last'>;
  /** Whether this process executes runs; otherwise it only requests them. */
  readonly isWorker: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}): Jobs {
  const { jobs, database, runs, listedRuns, isWorker, clock, logger } = deps;
  const queue = new JobQueue({ database, jobs, isWorker, clock, logger });
  const name = `${hostname()}:${process.pid}`;
  const worker = new JobWorker({ queue, jobs, runs, name, clock, logger });
  return {
    service: new JobService({ queue, jobs, runs: listedRuns, clock }),
    worker,
    close: async () => {
      await worker.stop();
      await queue.close();
    },
  };
}
