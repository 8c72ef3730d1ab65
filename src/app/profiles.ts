import type { BusOptions, InvalidationBus } from '../bus/invalidation-bus.js';
import { createPostgresBus } from '../bus/postgres-bus.js';
import { createRedisBus } from '../bus/redis-bus.js';
import type { Catalog } from '../catalog/catalog.js';
import type { LiveConfig } from '../config/live-config.js';
import type { Clock } from '../lib/clock.js';
import type { Logger } from '../lib/logger.js';
import { SECOND_MS } from '../lib/time.js';
import { createLive, type LiveService } from '../live/live-service.js';
import type { UserRegister } from '../privacy/user-register.js';
import { ChangePoll, SharedProfiles } from '../profiles/shared-profiles.js';
import { ProfileCache } from '../profiles/profile-cache.js';
import { ProfileCompactor } from '../profiles/profile-compactor.js';
import { liveDecayConfig } from '../profiles/profile-decay.js';
import { ProfileService } from '../profiles/profile-service.js';
import { busChannelOf, connectionTo } from '../storage/database/connection.js';
import type { OnClose, Stores } from './databases.js';

const MEGABYTE = 1024 * 1024;

/** The profiles of one replica, and the subscriptions that follow them. */
export interface Profiles {
  readonly service: ProfileService;
  readonly cache: ProfileCache;
  readonly shared: SharedProfiles;
  readonly compactor: ProfileCompactor;
  readonly bus: InvalidationBus;
  /** Drops what is kept in memory about users. */
  dropData(userKeys: readonly string[] | 'all'): void;
  /** Finds profile changes that no replica published, once polled. */
  readonly changePoll: ChangePoll;
  readonly live: LiveService;
}

/** Opens the profile cache, and connects it to the other replicas and to the subscriptions. */
export function openProfiles(deps: {
  readonly stores: Stores;
  readonly catalog: Catalog;
  readonly liveConfig: LiveConfig;
  readonly databaseUrl: string;
  readonly redisUrl: string | undefined;
  /** Identifies this replica on the bus. */
  readonly replicaId: string;
  readonly pseudonymOf: (userKey: string) => string;
  readonly users: UserRegister;
  readonly onPrivacyChanges: () => void;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onClose: OnClose;
}): Profiles {
  const { stores, catalog, liveConfig, users, clock, logger, onClose } = deps;
  // The bus is opened later because it invalidates the cache; until then, no messages arrive.
  let isBusReliable = false;
  const cache = new ProfileCache({
    read: (userKeys, options) => stores.requests.profiles.read(userKeys, options),
    unpack: (packed) => stores.requests.profiles.unpack(packed),
    maxBytes: liveConfig.current.config.profile.cacheMegabytes * MEGABYTE,
    ttlMs: () => {
      const { cacheSeconds, cacheSecondsWithoutMessages } = liveConfig.current.config.profile;
      return SECOND_MS * (isBusReliable ? cacheSeconds : cacheSecondsWithoutMessages);
    },
    clock,
  });
  const service = new ProfileService({
    profiles: cache,
    users,
    decay: liveDecayConfig(() => liveConfig.current.config),
    pseudonymOf: deps.pseudonymOf,
    clock,
  });

  const live = createLive({ catalog, profiles: service, users, clock, logger });
  liveConfig.onChange(() => live.feeds.configChanged());
  onClose(() => live.close());

  const invalidate = (userKeys: readonly string[]): void => {
    cache.invalidate(userKeys);
    live.feeds.profilesInvalidated(userKeys);
  };
  const clear = (): void => {
    cache.clear();
    live.feeds.allProfilesInvalidated();
  };
  const bus = openBus({
    ...{ databaseUrl: deps.databaseUrl, redisUrl: deps.redisUrl, origin: deps.replicaId, logger },
    handler: {
      onInvalidated: invalidate,
      onPrivacyChanges: deps.onPrivacyChanges,
      onGap: () => {
        clear();
        deps.onPrivacyChanges();
      },
      onReliabilityChange: (isReliable) => {
        isBusReliable = isReliable;
        logger.debug({ isReliable }, 'invalidation bus reliability changed');
      },
    },
  });
  onClose(() => bus.close());

  const shared = new SharedProfiles({
    cache,
    invalidate,
    publish: (userKeys) => bus.publish(userKeys),
    onChanged: (userKeys) => live.feeds.profilesInvalidated(userKeys),
  });
  const compactor = new ProfileCompactor({
    repository: stores.background.profileRewrites,
    profiles: shared,
    logger,
  });
  onClose(() => compactor.close());
  return {
    ...{ service, cache, shared, compactor, bus },
    dropData: (userKeys) => {
      if (userKeys === 'all') clear();
      else invalidate(userKeys);
      cache.forgetReads();
      compactor.drop(userKeys);
    },
    changePoll: new ChangePoll({
      changes: stores.background.profileChanges,
      cache,
      cached: { invalidate, clear },
    }),
    live: live.service,
  };
}

/** Connects the replicas: by Redis if `REDIS_URL` is set, else by PostgreSQL. */
export function openBus(deps: {
  readonly databaseUrl: string;
  readonly redisUrl: string | undefined;
  /** Identifies this replica. */
  readonly origin: string;
  readonly handler: BusOptions['handler'];
  readonly logger: Logger;
}): InvalidationBus {
  const { databaseUrl, redisUrl, origin, handler, logger } = deps;
  const channel = busChannelOf(connectionTo(databaseUrl).schema);
  const options = { origin, handler, logger, channel, random: Math.random };
  return redisUrl === undefined
    ? createPostgresBus({ ...options, url: databaseUrl })
    : createRedisBus({ ...options, url: redisUrl });
}
