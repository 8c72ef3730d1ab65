import type { PrismaClient } from '../generated/prisma/client.js';
import { InteractionRepository } from './interaction-repository.js';
import { MarketRepository } from './market-repository.js';
import { ProfileRepository } from './profile-repository.js';
import { TrendingRepository } from './trending-repository.js';

/** The repositories that may take part in one transaction. */
export interface Transaction {
  readonly interactions: InteractionRepository;
  readonly profiles: ProfileRepository;
  readonly trending: TrendingRepository;
}

/** Everything that is stored. */
export interface Store extends Transaction {
  readonly markets: MarketRepository;
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
  });
  return {
    ...repositories(prisma),
    markets: new MarketRepository(prisma),
    transaction: (work) =>
      prisma.$transaction((tx) => work(repositories(tx)), { timeout: 30_000, maxWait: 5_000 }),
    ping: async () => {
      await prisma.$queryRaw`select 1`;
    },
  };
}
