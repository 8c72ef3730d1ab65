import type { PrismaClient } from '../generated/prisma/client.js';
import { InteractionRepository } from './interaction-repository.js';
import { MarketRepository } from './market-repository.js';
import { OutboxRepository } from './outbox-repository.js';
import { ProfileRepository, type ProfileFold } from './profile-repository.js';
import { isRefusal, record, type Recording } from './recording.js';
import { RejectedEventRepository } from './rejected-event-repository.js';
import { SecretRepository } from './secret-repository.js';
import { ServedFeedRepository } from './served-feed-repository.js';
import { TrendingRepository } from './trending-repository.js';

/** The repositories that may take part in one transaction. */
export interface Transaction {
  readonly interactions: InteractionRepository;
  readonly profiles: ProfileRepository;
  readonly trending: TrendingRepository;
  readonly outbox: OutboxRepository;
  readonly rejectedEvents: RejectedEventRepository;
  /**
   * Stores events and what they change, all of it or nothing.
   *
   * @returns false when it was based on something that is no longer true: then it did nothing, and a transaction
   *   that it was part of is lost.
   */
  record(recording: Recording): Promise<boolean>;
}

/** Everything that is stored. */
export interface Store extends Transaction {
  readonly markets: MarketRepository;
  readonly secrets: SecretRepository;
  readonly servedFeeds: ServedFeedRepository;
  /** Runs `work` as one transaction: all of it is on disk when this resolves, or none of it happened. */
  transaction<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result>;
  /** Resolves when the database answers. */
  ping(): Promise<void>;
}

/** @param fold how a profile is made from stored events, where it has to be. */
export function createStore(prisma: PrismaClient, fold: ProfileFold): Store {
  const repositories = (connection: Pick<PrismaClient, '$queryRaw' | '$executeRaw'>): Transaction => ({
    interactions: new InteractionRepository(connection),
    profiles: new ProfileRepository({
      connection,
      interactions: new InteractionRepository(connection),
      fold,
    }),
    trending: new TrendingRepository(connection),
    outbox: new OutboxRepository(connection),
    rejectedEvents: new RejectedEventRepository(connection),
    record: async (recording) => {
      try {
        await connection.$executeRaw(record(recording));
        return true;
      } catch (error) {
        if (isRefusal(error)) return false;
        throw error;
      }
    },
  });
  return {
    ...repositories(prisma),
    markets: new MarketRepository(prisma),
    secrets: new SecretRepository(prisma),
    servedFeeds: new ServedFeedRepository(prisma),
    transaction: (work) =>
      prisma.$transaction((tx) => work(repositories(tx)), { timeout: 30_000, maxWait: 5_000 }),
    ping: async () => {
      await prisma.$queryRaw`select 1`;
    },
  };
}
