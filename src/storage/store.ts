import type { PrismaClient } from '../generated/prisma/client.js';
import { ComputationRepository } from './trends/computation-repository.js';
import { InteractionRepository } from './events/interaction-repository.js';
import { JobPositionRepository } from './job-position-repository.js';
import { JobRunRepository } from './job-run-repository.js';
import { MarketRepository } from './markets/market-repository.js';
import { MomentumRepository } from './trends/momentum-repository.js';
import { OutboxBacklogRepository } from './events/outbox-backlog.js';
import { OutboxRepository } from './events/outbox-repository.js';
import { ProfileChangeRepository } from './profiles/profile-change-repository.js';
import type { ProfileFold } from './profiles/packed-profile.js';
import { ProfileRepository } from './profiles/profile-repository.js';
import { ProfileRewriteRepository } from './profiles/profile-rewrite-repository.js';
import { MarketIndex } from './markets/market-index.js';
import {
  appendedProfiles,
  recordStatement,
  type AppendedProfile,
  type RecordedRow,
  type Recording,
} from './events/recording.js';
import { RollupRepository } from './trends/rollup-repository.js';
import { RejectedEventRepository } from './events/rejected-event-repository.js';
import { SecretRepository } from './secret-repository.js';
import { ServedFeedRepository } from './served-feed-repository.js';
import { SnapshotRepository } from './markets/snapshot-repository.js';
import { SourceStateRepository } from './source-state-repository.js';
import { TrendingRepository } from './trends/trending-repository.js';

/** The repositories that may take part in one transaction. */
export interface Transaction {
  readonly interactions: InteractionRepository;
  readonly profiles: ProfileRepository;
  readonly trending: TrendingRepository;
  readonly momentum: MomentumRepository;
  readonly computations: ComputationRepository;
  readonly rollups: RollupRepository;
  readonly outbox: OutboxRepository;
  readonly rejectedEvents: RejectedEventRepository;
  /**
   * Stores events and appends them to the profiles of their users, all or nothing.
   *
   * @returns the profiles that changed.
   * @throws what PostgreSQL or the connection reports; `isRefusal` holds if a client event id is taken.
   */
  record(recording: Recording): Promise<AppendedProfile[]>;
}

/** Everything that is stored. */
export interface Store extends Transaction {
  readonly markets: MarketRepository;
  readonly snapshots: SnapshotRepository;
  readonly outboxBacklog: OutboxBacklogRepository;
  readonly secrets: SecretRepository;
  readonly servedFeeds: ServedFeedRepository;
  readonly sources: SourceStateRepository;
  readonly jobRuns: JobRunRepository;
  readonly jobPositions: JobPositionRepository;
  readonly profileChanges: ProfileChangeRepository;
  readonly profileRewrites: ProfileRewriteRepository;
  /** Runs `work` as one transaction: all of it is on disk when this resolves, or none of it happened. */
  transaction<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result>;
  /**
   * Runs the statement of {@link record} and rolls it back.
   *
   * @throws what PostgreSQL or the connection reports.
   */
  rehearse(recording: Recording): Promise<void>;
  /** Whether the server is a standby, or rejects writes by its settings. Costs one read. */
  isReadOnly(): Promise<boolean>;
}

const TRANSACTION_TIMEOUT_MS = 30_000;

const ROLL_BACK = new Error('A rehearsal is rolled back.');

export interface StoreOptions {
  /** The markets in memory, shared by the stores of a process. Default: none. */
  readonly markets?: MarketIndex;
  /** How long one transaction may take. Default: 30 s. */
  readonly transactionTimeoutMs?: number;
}

/** @param fold how a profile is made from events. */
export function createStore(
  prisma: PrismaClient,
  fold: ProfileFold,
  { markets = new MarketIndex(), transactionTimeoutMs = TRANSACTION_TIMEOUT_MS }: StoreOptions = {},
): Store {
  const repositories = (connection: Pick<PrismaClient, '$queryRaw' | '$executeRaw'>): Transaction => ({
    interactions: new InteractionRepository(connection),
    profiles: new ProfileRepository({
      connection,
      interactions: new InteractionRepository(connection),
      markets,
      fold,
    }),
    trending: new TrendingRepository(connection),
    momentum: new MomentumRepository(connection),
    computations: new ComputationRepository(connection),
    rollups: new RollupRepository(connection),
    outbox: new OutboxRepository(connection),
    rejectedEvents: new RejectedEventRepository(connection),
    record: async (recording) => {
      const statement = recordStatement(recording);
      return appendedProfiles(statement, await connection.$queryRaw<RecordedRow[]>(statement.sql));
    },
  });
  const transaction: Store['transaction'] = (work) =>
    prisma.$transaction((tx) => work(repositories(tx)), { timeout: transactionTimeoutMs, maxWait: 5_000 });
  const ownRepositories = repositories(prisma);
  const { profiles } = ownRepositories;
  return {
    ...ownRepositories,
    profileRewrites: new ProfileRewriteRepository({ connection: prisma, profiles, markets }),
    markets: new MarketRepository(prisma, markets),
    snapshots: new SnapshotRepository(prisma),
    outboxBacklog: new OutboxBacklogRepository(prisma),
    secrets: new SecretRepository(prisma),
    servedFeeds: new ServedFeedRepository(prisma),
    sources: new SourceStateRepository(prisma),
    jobRuns: new JobRunRepository(prisma),
    jobPositions: new JobPositionRepository(prisma.jobPosition),
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
      const [server] = await prisma.$queryRaw<{ readOnly: boolean }[]>`
        select pg_is_in_recovery() or current_setting('transaction_read_only')::boolean as "readOnly"`;
      return server?.readOnly ?? true;
    },
  };
}
