import { connectionTo } from '../storage/database/connection.js';
import { busChannelOf } from '../storage/database/schema-names.js';
import type { InvalidationBus } from './invalidation-bus.js';
import { createPostgresBus } from './postgres-bus.js';
import { createRedisBus } from './redis-bus.js';
import type { Logger } from '../lib/logger.js';

/** What other replicas say about profiles held here. */
export interface HeldProfiles {
  invalidate(userKeys: readonly string[]): void;
  clear(): void;
}

/** Tells other replicas whose profiles changed here, and hears from them: over Redis if there is one. */
export function openBus(deps: {
  redisUrl: string | undefined;
  databaseUrl: string;
  profiles: HeldProfiles;
  /** Names this process among the replicas. */
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
      onReliabilityChange: (reliable: boolean) => logger.debug({ reliable }, 'hearing other replicas'),
    },
  };
  return redisUrl === undefined
    ? createPostgresBus({ ...options, url: databaseUrl })
    : createRedisBus({ ...options, url: redisUrl });
}
