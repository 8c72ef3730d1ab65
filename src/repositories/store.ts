import { Prisma, type PrismaClient } from '../generated/prisma/client.js';
import { InteractionRepository } from './interaction-repository.js';
import { MarketRepository } from './market-repository.js';
import { OutboxRepository } from './outbox-repository.js';
import { ProfileRepository } from './profile-repository.js';
import { RejectedEventRepository } from './rejected-event-repository.js';
import { SecretRepository } from './secret-repository.js';
import { TrendingRepository } from './trending-repository.js';

/** The repositories that may take part in one transaction. */
export interface Transaction {
  readonly interactions: InteractionRepository;
  readonly profiles: ProfileRepository;
  readonly trending: TrendingRepository;
  readonly outbox: OutboxRepository;
  readonly rejectedEvents: RejectedEventRepository;
  /** Runs statements that write to different rows, in one round trip. */
  write(statements: readonly Prisma.Sql[]): Promise<void>;
}

/** Everything that is stored. */
export interface Store extends Transaction {
  readonly markets: MarketRepository;
  readonly secrets: SecretRepository;
  /** Runs `work` as one transaction: all of it is on disk when this resolves, or none of it happened. */
  transaction<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result>;
  /** Resolves when the database answers. */
  ping(): Promise<void>;
}

export function createStore(prisma: PrismaClient): Store {
  const repositories = (connection: Pick<PrismaClient, '$queryRaw' | '$executeRaw'>): Transaction => ({
    interactions: new InteractionRepository(connection),
    profiles: new ProfileRepository(connection),
    trending: new TrendingRepository(connection),
    outbox: new OutboxRepository(connection),
    rejectedEvents: new RejectedEventRepository(connection),
    write: async (statements) => {
      const parts = statements.map(
        (statement, index) => Prisma.sql`${Prisma.raw(`w${index}`)} as (${statement})`,
      );
      if (parts.length > 0) await connection.$executeRaw`with ${Prisma.join(parts, ', ')} select 1`;
    },
  });
  return {
    ...repositories(prisma),
    markets: new MarketRepository(prisma),
    secrets: new SecretRepository(prisma),
    transaction: (work) =>
      prisma.$transaction((tx) => work(repositories(tx)), { timeout: 30_000, maxWait: 5_000 }),
    ping: async () => {
      await prisma.$queryRaw`select 1`;
    },
  };
}
