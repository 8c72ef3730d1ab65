import { randomBytes } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import type { ApiKeys } from '../auth/api-keys.js';
import type { Authentication } from '../auth/authenticate.js';
import { Catalog } from '../catalog/catalog.js';
import { MarketHistory } from '../catalog/market-history.js';
import { MarketWriter } from '../catalog/market-writer.js';
import { LiveConfig } from '../config/live-config.js';
import type { Settings } from '../config/settings.js';
import type { Services } from '../graphql/context.js';
import type { JobWorker } from '../jobs/job-worker.js';
import type { Clock } from '../lib/clock.js';
import type { Logger } from '../lib/logger.js';
import { userPseudonym } from '../lib/user-pseudonym.js';
import type { SinkRelays } from '../outbox/sink-relays.js';
import { SinkStatusService } from '../outbox/sink-status.js';
import type { ChangePoll } from '../profiles/shared-profiles.js';
import { liveDecayConfig } from '../profiles/profile-decay.js';
import { applyMigrations } from '../storage/database/migrations.js';
import type { ExportSource } from '../export/export-records.js';
import { unpackFeeds } from '../feed/served/served-feeds.js';
import type { Store, Transaction } from '../storage/store.js';
import type { HistoryImport } from '../tracking/history-import.js';
import { ensureUpcomingPartitions } from '../storage/partitions.js';
import { CollaborativeVersions } from '../learning/collaborative/collaborative-versions.js';
import { ModelList } from '../learning/model-list.js';
import { ModelService } from '../learning/model-service.js';
import { TrendService } from '../trends/trend-service.js';
import { createAuthentication } from './authentication.js';
import { createSinkRelays, openJobs } from './background.js';
import { openAudience } from './audience.js';
import { findDatabase, openStores, type OnClose } from './databases.js';
import { openFeeds, openTracking } from './feeds.js';
import { openPrivacy, openUsers } from './privacy.js';
import { openProfiles } from './profiles.js';

/** What differs between a running gateway, a command, and a test. */
export interface BackendOptions {
  readonly settings: Settings;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Creates unique ids. Default: UUIDs of version 7. */
  readonly newId?: () => string;
  /** Whether to load the open markets and the trends, which a feed needs and an import does not. Default true. */
  readonly loadCatalog?: boolean;
  /** Whether this process executes jobs once its worker is started. Default false: it can only request runs. */
  readonly isWorker?: boolean;
  /** Receives each SQL statement that requests send to the database. */
  readonly onStatement?: (sql: string) => void;
}

/** The services on an open database, without HTTP. */
export interface Backend {
  readonly services: Services;
  readonly history: HistoryImport;
  /** Rebuilds one profile from the stored events. */
  rebuildProfile(userKey: string): Promise<void>;
  /**
   * Whether the database accepts events.
   *
   * @throws the error of the database or the connection when it does not answer.
   */
  acceptsWrites(): Promise<boolean>;
  /** For commands and background work. Sees the rows of all users. */
  readonly store: Store;
  /** Opens the connections of the requests, so that the first of them do not wait. */
  connect(): Promise<void>;
  readonly authentication: Authentication;
  /** The API keys in memory, as of the last refresh. */
  readonly apiKeys: Pick<ApiKeys, 'exist' | 'refresh'>;
  /** Finds profile changes that no replica published, once polled. */
  readonly changePoll: Pick<ChangePoll, 'poll'>;
  /** Deliver recorded events to the sinks, once started. */
  readonly relays: Pick<SinkRelays<Transaction>, 'start'>;
  /** Executes the jobs, once started; requires `isWorker`. */
  readonly jobWorker: JobWorker;
  /** The ranking model; follows its latest version once polled. */
  readonly models: Pick<ModelService, 'load' | 'current'>;
  /** Publishes a version of the model with the weights of the config; null if another process is publishing. */
  readonly resetModel: () => Promise<number | null>;
  /** What an export reads, with pseudonyms or the keys of users. */
  readonly exportSource: (users: 'pseudonyms' | 'keys') => ExportSource;
  /** The ranking config; follows its file once started. */
  readonly liveConfig: LiveConfig;
  close(): Promise<void>;
}

/**
 * Opens the database, migrates its schema, and creates all services. Loads the catalog and the trends unless the options
 * disable it.
 *
 * @throws {OperatorError} when the operator must change something first.
 */
export async function openBackend(options: BackendOptions): Promise<Backend> {
  const { settings, logger } = options;
  const closers: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const liveConfig = new LiveConfig({ file: settings.rankingConfigFile, clock: options.clock, logger });
    const database = await findDatabase(settings, logger);
    closers.push(
      () => database.close(),
      () => liveConfig.close(),
    );
    await applyMigrations(database.url, { logger });
    const onClose: OnClose = (closer) => void closers.push(closer);
    return { ...(await openServices(options, { liveConfig, databaseUrl: database.url, onClose })), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openServices(
  options: BackendOptions,
  opened: { readonly liveConfig: LiveConfig; readonly databaseUrl: string; readonly onClose: OnClose },
): Promise<Omit<Backend, 'close'>> {
  const { settings, logger, clock, newId = uuidv7, onStatement } = options;
  const { liveConfig, databaseUrl, onClose } = opened;
  const { config } = liveConfig.current;
  const common = { ...opened, clock, newId, logger };

  const stores = openStores({
    ...{ url: databaseUrl, sinkCount: config.sinks.length, logger, onStatement, onClose },
    decay: liveDecayConfig(() => liveConfig.current.config),
  });
  await ensureUpcomingPartitions(stores.background.partitions, clock(), logger);

  const marketWriter = new MarketWriter({ markets: stores.marketWriter.markets, clock });
  onClose(() => marketWriter.drain());
  const catalog = new Catalog({
    ...{ markets: stores.requests.markets, lists: stores.readers.markets },
    vectors: config.textVectors.enabled ? stores.requests.vectors : null,
    ...{ writer: marketWriter, clock, logger },
  });
  const secret = await stores.requests.secrets.getOrCreate('user-pseudonyms', randomBytes(32));
  const pseudonymOf = userPseudonym(secret);
  const replicaId = newId();
  const users = openUsers({ ...common, stores, replicaId, pseudonymOf });
  const profiles = openProfiles({
    ...{ ...common, stores, catalog, pseudonymOf, users: users.register },
    ...{ redisUrl: settings.redisUrl, replicaId, onPrivacyChanges: () => users.sync.wake() },
  });

  const relays = createSinkRelays({ ...common, stores, pseudonymOf, sinks: config.sinks });
  onClose(() => relays.stop());
  const { modelsEnabled } = settings;
  const jobs = openJobs({
    ...{ ...common, stores, catalog, modelsEnabled, trends: () => trends.state },
    ...{ profiles: profiles.shared, isWorker: options.isWorker ?? false },
  });

  const trends = new TrendService({
    ...{ store: stores.background, computations: jobs.computations, logger },
    columns: () => catalog.snapshot.columns,
  });
  const models = new ModelService({
    ...{ models: stores.background.models, modelsEnabled, logger },
    collaborative: new CollaborativeVersions(stores.background.collaborative),
    config: () => liveConfig.current.config,
  });
  const tracking = openTracking({
    ...{ ...common, stores, catalog, profiles },
    ...{ sinks: relays.sinks, onRecorded: () => relays.wake(), pseudonymOf },
    ...{ users: users.register, catchUpUsers: () => users.sync.catchUp() },
    attributionsOf: (shown) => feeds.attributionsOf(shown),
  });
  const audience = await openAudience({ ...common, stores });
  const feeds = await openFeeds({
    ...{ ...common, stores, catalog, trends, models, profiles, tracking, users: users.register },
    personalizationEnabled: settings.personalizationEnabled,
  });

  for (const part of [profiles, tracking, feeds]) users.onDrop((userKeys) => part.dropData(userKeys));
  await users.start(profiles.bus);
  const privacy = openPrivacy({
    ...{ ...common, stores, users, pseudonymOf, sinks: relays.sinks, onQueued: () => relays.wake() },
    findFeed: (feedId) => feeds.find(feedId),
    rebuildProfile: (userKey) => tracking.rebuild(userKey),
    countChangesOf: (userKey) => jobs.computations.countChangesOf(userKey),
  });

  const { authentication, apiKeys } = createAuthentication({
    ...{ settings, store: stores.readers, clock, logger },
  });
  await apiKeys.refresh();

  if (options.loadCatalog ?? true) {
    await catalog.refresh();
    await catalog.loadRecentlyClosed();
    await trends.load();
    await models.load();
  }
  return {
    services: {
      ...{ catalog, trends, profiles: profiles.service, live: profiles.live, tracking: tracking.service },
      audience,
      modelList: new ModelList({ models: stores.readers.models, config: () => liveConfig.current.config }),
      ...{ feed: feeds.service, trending: feeds.trending, explain: feeds.explain, jobs: jobs.service },
      ...privacy,
      marketHistory: new MarketHistory({ snapshots: stores.readers.snapshots, clock }),
      sinks: new SinkStatusService({ sinks: relays.sinks, backlog: stores.background.outboxBacklog, clock }),
    },
    history: tracking.history,
    rebuildProfile: (userKey) => tracking.rebuild(userKey),
    acceptsWrites: () => tracking.writeCheck.acceptsWrites(),
    connect: () => stores.requests.connect(),
    ...{ relays, store: stores.background, changePoll: profiles.changePoll },
    ...{ jobWorker: jobs.worker, liveConfig, models, authentication, apiKeys },
    exportSource: (userIds) => ({
      repository: stores.background.exports,
      unpackFeeds: (stored) => unpackFeeds(stored, stores.readers.servedFeeds),
      userIdOf: userIds === 'keys' ? (userKey) => userKey : pseudonymOf,
    }),
    resetModel: () => jobs.learning.reset(new Date(clock())),
  };
}
