import { randomBytes } from 'node:crypto';
import type { Catalog } from '../catalog/catalog.js';
import type { LiveConfig } from '../config/live-config.js';
import { createFeeds, type Feeds } from '../feed/create-feeds.js';
import type { Clock } from '../lib/clock.js';
import type { Logger } from '../lib/logger.js';
import { orUnavailable } from '../storage/database-errors.js';
import { createTracking, type Tracking } from '../tracking/create-tracking.js';
import type { UserRegister } from '../privacy/user-register.js';
import type { ModelService } from '../learning/model-service.js';
import type { TrendService } from '../trends/trend-service.js';
import type { OnClose, Stores } from './databases.js';
import type { Profiles } from './profiles.js';

/** Opens tracking: it records events, and updates the profiles of their users. */
export function openTracking(deps: {
  readonly stores: Stores;
  readonly catalog: Catalog;
  readonly profiles: Profiles;
  /** Names of the sinks that each recorded event is queued for. */
  readonly sinks: readonly string[];
  readonly onRecorded: () => void;
  readonly attributionsOf: Feeds['attributionsOf'];
  readonly users: UserRegister;
  readonly catchUpUsers: () => Promise<void>;
  readonly pseudonymOf: (userKey: string) => string;
  readonly liveConfig: LiveConfig;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly logger: Logger;
  readonly onClose: OnClose;
}): Tracking {
  const { stores, catalog, profiles, sinks, onRecorded, liveConfig, clock, newId, logger, onClose } = deps;
  const { users, catchUpUsers, pseudonymOf, attributionsOf } = deps;
  const tracking = createTracking({
    ...{ sinks, onRecorded, attributionsOf, users, catchUpUsers, pseudonymOf, clock, newId, logger },
    ...{ store: stores.requests, background: stores.background },
    markets: catalog,
    profiles: profiles.shared,
    compactor: profiles.compactor,
    config: () => liveConfig.current.config,
  });
  onClose(() => tracking.drain());
  return tracking;
}

/** Opens the feeds: ranking, paging, and explanation. Served feeds are stored, and their impressions tracked. */
export async function openFeeds(deps: {
  readonly stores: Stores;
  readonly catalog: Catalog;
  readonly trends: TrendService;
  readonly models: ModelService;
  readonly profiles: Profiles;
  readonly tracking: Tracking;
  readonly users: UserRegister;
  readonly liveConfig: LiveConfig;
  readonly personalizationEnabled: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onClose: OnClose;
}): Promise<Feeds> {
  const { stores, catalog, trends, models, profiles, tracking, liveConfig, onClose } = deps;
  const { users, personalizationEnabled, clock, logger } = deps;
  const notRead = 'The feed could not be read; retry after retryAfterMs.';
  const feeds = createFeeds({
    ...{ catalog, trends, models, users, personalizationEnabled, clock, logger },
    feedIdSecret: await stores.requests.secrets.getOrCreate('feed-ids', randomBytes(32)),
    config: () => liveConfig.current,
    profiles: profiles.cache,
    isStalled: (forMs) => stores.requests.isStalled(forMs),
    store: {
      add: (served) => stores.background.servedFeeds.add(served),
      find: (feedId, readers) =>
        orUnavailable(notRead, () => stores.readers.servedFeeds.find(feedId, readers)),
      findAll: (feedIds) => orUnavailable(notRead, () => stores.readers.servedFeeds.findAll(feedIds)),
      marketIds: (numbers) => orUnavailable(notRead, () => stores.readers.servedFeeds.marketIds(numbers)),
    },
    exposureStore: stores.background.experiments,
    trackImpressions: (input) => tracking.service.trackImpressions(input),
  });
  onClose(() => feeds.drain());
  return feeds;
}
