import type { Logger } from '../lib/logger.js';
import { busChannelOf, connectionTo } from '../storage/database/connection.js';
import type { InvalidationBus } from './invalidation-bus.js';
import { createPostgresBus } from './postgres-bus.js';
import { createRedisBus } from './redis-bus.js';

/** The cached profiles that messages of other replicas invalidate. */
export interface InvalidatedProfiles {
  invalidate(userKeys: readonly string[]): void;
  clear(): void;
}

/** Opens the bus that invalidates cached profiles across replicas: over Redis if a URL is set, otherwise over PostgreSQL. */
export function openBus(deps: {
  redisUrl: string | undefined;
  databaseUrl: string;
  profiles: InvalidatedProfiles;
  /** Id of this replica. */
  origin: string;
  random: () => number;
  logger: Logger;
}): InvalidationBus {
  const { redisUrl, databaseUrl, profiles, origin, random, logger } = deps;
  const options = {
    ...{ origin, logger, random, channel: busChannelOf(connectionTo(databaseUrl).schema) },
    handler: {
      onInvalidated: (userKeys: readonly string[]) => profiles.invalidate(userKeys),
      onGap: () => profiles.clear(),
      onReliabilityChange: (reliable: boolean) =>
        logger.debug({ reliable }, 'reliability of the invalidation bus changed'),
    },
  };
  return redisUrl === undefined
    ? createPostgresBus({ ...options, url: databaseUrl })
    : createRedisBus({ ...options, url: redisUrl });
}
