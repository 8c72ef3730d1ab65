import type { PrismaClient } from '../generated/prisma/client.js';
import { ComputationRepository } from './computation-repository.js';
import { InteractionRepository } from './interaction-repository.js';
import { JobRunRepository } from './job-run-repository.js';
import { MarketRepository } from './market-repository.js';
import { MomentumRepository } from './momentum-repository.js';
import { OutboxBacklogRepository } from './outbox-backlog.js';
import { OutboxRepository } from './outbox-repository.js';
import { ProfileChangeRepository } from './profile-change-repository.js';
import { ProfileRepository, type ProfileFold } from './profile-repository.js';
import { record, type Recording } from './recording.js';
import { RollupRepository } from './rollup-repository.js';
import { RejectedEventRepository } from './rejected-event-repository.js';
import { SecretRepository } from './secret-repository.js';
import { ServedFeedRepository } from './served-feed-repository.js';
import { SnapshotRepository } from './snapshot-repository.js';
import { SourceStateRepository } from './source-state-repository.js';
import { TrendingRepository } from './trending-repository.js';

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
   * Stores events and the profiles that they change, all of it or nothing.
   *
   * @throws what PostgreSQL or the connection reports; `isRefusal` holds if the recording was based on stale data.
   */
  record(recording: Recording): Promise<void>;
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
  readonly profileChanges: ProfileChangeRepository;
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

/**
 * @param fold how a profile is made from stored events, where it has to be.
 * @param transactionTimeoutMs how long one transaction may take.
 */
export function createStore(
  prisma: PrismaClient,
  fold: ProfileFold,
  transactionTimeoutMs = TRANSACTION_TIMEOUT_MS,
): Store {
  const repositories = (connection: Pick<PrismaClient, '$queryRaw' | '$executeRaw'>): Transaction => ({
    interactions: new InteractionRepository(connection),
    profiles: new ProfileRepository({
      connection,
      interactions: new InteractionRepository(connection),
      fold,
    }),
    trending: new TrendingRepository(connection),
    momentum: new MomentumRepository(connection),
    computations: new ComputationRepository(connection),
    rollups: new RollupRepository(connection),
    outbox: new OutboxRepository(connection),
    rejectedEvents: new RejectedEventRepository(connection),
    record: async (recording) => {
      await connection.$executeRaw(record(recording));
    },
  });
  const transaction: Store['transaction'] = (work) =>
    prisma.$transaction((tx) => work(repositories(tx)), { timeout: transactionTimeoutMs, maxWait: 5_000 });
  return {
    ...repositories(prisma),
    markets: new MarketRepository(prisma),
    snapshots: new SnapshotRepository(prisma),
    outboxBacklog: new OutboxBacklogRepository(prisma),
    secrets: new SecretRepository(prisma),
    servedFeeds: new ServedFeedRepository(prisma),
    sources: new SourceStateRepository(prisma),
    jobRuns: new JobRunRepository(prisma),
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
