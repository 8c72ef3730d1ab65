import type { DecayConfig } from '../domain/decay.js';
import type { PrismaClient } from '../generated/prisma/client.js';
import { ApiKeyRepository } from './api-key-repository.js';
import { ExperimentRepository } from './experiment-repository.js';
import { ExportRepository } from './export-repository.js';
import { InteractionRepository } from './events/interaction-repository.js';
import { LearningEventRepository } from './events/learning-event-repository.js';
import { OutboxBacklogRepository, OutboxRepository } from './events/outbox-repository.js';
import {
  appendedProfiles,
  recordStatement,
  type AppendedProfile,
  type RecordedRow,
  type Recording,
} from './events/recording.js';
import { ServingRepository } from './events/serving-repository.js';
import { RejectedEventRepository } from './events/rejected-event-repository.js';
import { JobPositionRepository, JobRunRepository } from './job-repository.js';
import { MarketIndex } from './markets/market-index.js';
import { MarketRepository } from './markets/market-repository.js';
import { SnapshotRepository } from './markets/snapshot-repository.js';
import { SourceStateRepository } from './markets/source-state-repository.js';
import { VectorRepository } from './markets/vector-repository.js';
import { CollaborativeRepository } from './models/collaborative-repository.js';
import { ModelRepository } from './models/model-repository.js';
import { PartitionRepository } from './partitions.js';
import { AudienceReleaseRepository } from './privacy/audience-release-repository.js';
import { AudienceRepository } from './privacy/audience-repository.js';
import { PrivacyChangeRepository } from './privacy/privacy-change-repository.js';
import { RetiredUserRepository } from './privacy/retired-user-repository.js';
import { UserDataRepository } from './privacy/user-data-repository.js';
import { UserSettingsRepository } from './privacy/user-settings-repository.js';
import { ProfileChangeRepository } from './profiles/profile-change-repository.js';
import { ProfileRepository } from './profiles/profile-repository.js';
import { ProfileRewriteRepository } from './profiles/profile-rewrite-repository.js';
import { SecretRepository } from './secret-repository.js';
import { ServedFeedRepository } from './served-feed-repository.js';
import { CONNECTION_WAIT_MS, type Connection } from './sql.js';
import { ComputationRepository } from './trends/computation-repository.js';
import { MomentumRepository } from './trends/momentum-repository.js';
import { RollupRepository } from './trends/rollup-repository.js';
import { TrendingRepository } from './trends/trending-repository.js';

/** The repositories that can take part in one transaction. */
export interface Transaction {
  readonly interactions: InteractionRepository;
  readonly profiles: ProfileRepository;
  readonly trending: TrendingRepository;
  readonly momentum: MomentumRepository;
  readonly computations: ComputationRepository;
  readonly rollups: RollupRepository;
  readonly outbox: OutboxRepository;
  readonly audience: AudienceRepository;
  readonly audienceReleases: AudienceReleaseRepository;
  readonly rejectedEvents: RejectedEventRepository;
  readonly privacyChanges: PrivacyChangeRepository;
  readonly retiredUsers: RetiredUserRepository;
  readonly userSettings: UserSettingsRepository;
  readonly userData: UserDataRepository;
  readonly models: ModelRepository;
  readonly collaborative: CollaborativeRepository;
  /**
   * Stores events and appends them to the profiles of their users, in one statement.
   *
   * @returns the profiles that changed.
   * @throws the error of PostgreSQL or the connection; `isConflict` holds if a client event id is taken.
   */
  record(recording: Recording): Promise<AppendedProfile[]>;
}

/** All repositories. */
export interface Store extends Transaction {
  readonly markets: MarketRepository;
  readonly vectors: VectorRepository;
  readonly partitions: PartitionRepository;
  readonly snapshots: SnapshotRepository;
  readonly outboxBacklog: OutboxBacklogRepository;
  readonly secrets: SecretRepository;
  readonly apiKeys: ApiKeyRepository;
  readonly servedFeeds: ServedFeedRepository;
  readonly servings: ServingRepository;
  readonly exports: ExportRepository;
  readonly learningEvents: LearningEventRepository;
  readonly experiments: ExperimentRepository;
  readonly sources: SourceStateRepository;
  readonly jobRuns: JobRunRepository;
  readonly jobPositions: JobPositionRepository;
  readonly profileChanges: ProfileChangeRepository;
  readonly profileRewrites: ProfileRewriteRepository;
  /** Runs `work` as one transaction, which is durable when this resolves. */
  transaction<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result>;
  /**
   * Runs the statement of {@link record} and rolls it back.
   *
   * @throws the error of PostgreSQL or the connection.
   */
  rehearse(recording: Recording): Promise<void>;
  /** Returns whether the server is a standby, or rejects writes by its settings. Costs one read. */
  isReadOnly(): Promise<boolean>;
}

const TRANSACTION_TIMEOUT_MS = 30_000;

const ROLL_BACK = new Error('A rehearsal is rolled back.');

export interface StoreOptions {
  /** Client of the owner of the tables, which creates partitions. Default: the client of the store. */
  readonly owner?: PrismaClient;
  /** Client that sees the events of all users, which profiles are rebuilt from. Default: the client of the store. */
  readonly history?: PrismaClient;
  /** How fast the values in profiles decay. */
  readonly decay: DecayConfig;
  /** The markets in memory, shared by the stores of a process. Default: none. */
  readonly markets?: MarketIndex;
  /** Timeout of one transaction. Default: 30 s. */
  readonly transactionTimeoutMs?: number;
}

export function createStore(
  prisma: PrismaClient,
  { owner = prisma, history, decay, markets = new MarketIndex(), ...options }: StoreOptions,
): Store {
  const { transactionTimeoutMs = TRANSACTION_TIMEOUT_MS } = options;
  const repositories = (connection: Connection): Transaction => ({
    interactions: new InteractionRepository(connection),
    profiles: new ProfileRepository({
      connection,
      interactions: new InteractionRepository(history ?? connection),
      markets,
      decay,
    }),
    trending: new TrendingRepository(connection),
    momentum: new MomentumRepository(connection),
    computations: new ComputationRepository(connection),
    rollups: new RollupRepository(connection),
    outbox: new OutboxRepository(connection),
    audience: new AudienceRepository(connection),
    audienceReleases: new AudienceReleaseRepository(connection),
    rejectedEvents: new RejectedEventRepository(connection),
    privacyChanges: new PrivacyChangeRepository(connection),
    retiredUsers: new RetiredUserRepository(connection),
    userSettings: new UserSettingsRepository(connection),
    userData: new UserDataRepository(connection),
    models: new ModelRepository(connection),
    collaborative: new CollaborativeRepository(connection),
    record: async (recording) => {
      const statement = recordStatement(recording);
      return appendedProfiles(statement, await connection.$queryRaw<RecordedRow[]>(statement.sql));
    },
  });
  const transaction: Store['transaction'] = (work) =>
    prisma.$transaction((tx) => work(repositories(tx)), {
      timeout: transactionTimeoutMs,
      maxWait: CONNECTION_WAIT_MS,
    });
  const ownRepositories = repositories(prisma);
  const { profiles } = ownRepositories;
  const partitions = new PartitionRepository(owner);
  return {
    ...ownRepositories,
    profileRewrites: new ProfileRewriteRepository({ connection: prisma, profiles, markets }),
    markets: new MarketRepository(prisma, markets),
    vectors: new VectorRepository(prisma),
    partitions,
    snapshots: new SnapshotRepository(prisma),
    outboxBacklog: new OutboxBacklogRepository(prisma),
    secrets: new SecretRepository(prisma),
    apiKeys: new ApiKeyRepository(prisma),
    servedFeeds: new ServedFeedRepository(prisma, partitions),
    servings: new ServingRepository(prisma),
    exports: new ExportRepository(prisma),
    learningEvents: new LearningEventRepository(prisma),
    experiments: new ExperimentRepository(prisma),
    sources: new SourceStateRepository(prisma),
    jobRuns: new JobRunRepository(prisma),
    jobPositions: new JobPositionRepository(prisma),
    profileChanges: new ProfileChangeRepository(prisma),
    transaction,
    rehearse: async (recording) => {
      try {
        await prisma.$transaction(async (tx) => {
          await repositories(tx).record(recording);
          throw ROLL_BACK;
        });
      } catch (error) {
        if (error !== ROLL_BACK) throw error;
      }
    },
    isReadOnly: async () => {
      // SQL: server state.
      const [server] = await prisma.$queryRaw<{ readOnly: boolean }[]>`
        select pg_is_in_recovery() or current_setting('transaction_read_only')::boolean as "readOnly"`;
      return server?.readOnly ?? true;
    },
  };
}
