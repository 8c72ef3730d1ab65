import { randomBytes } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { openBackendJobs } from './backend-jobs.js';
import { openBus, type InvalidatedProfiles } from '../bus/open-bus.js';
import { Catalog } from '../catalog/catalog.js';
import { MarketWriter } from '../catalog/market-writer.js';
import { MarketHistory } from '../catalog/market-history.js';
import type { Clock } from '../lib/clock.js';
import { LiveConfig } from '../config/live-config.js';
import type { Settings } from '../config/settings.js';
import { openDatabase } from '../storage/database/client.js';
import { startEmbeddedServer } from '../embedded-postgres/embedded-server.js';
import { applyMigrations } from '../storage/database/migrations.js';
import { createFeeds } from '../feed/create-feeds.js';
import type { Services } from '../graphql/context.js';
import type { Jobs } from '../jobs/open-jobs.js';
import { createLive } from '../live/live-service.js';
import type { Logger } from '../lib/logger.js';
import { ProfileCache } from '../profiles/profile-cache.js';
import { ProfileCompactor } from '../profiles/profile-compactor.js';
import { ProfileService } from '../profiles/profile-service.js';
import { SharedProfiles, ChangePoll } from '../profiles/shared-profiles.js';
import { MarketIndex } from '../storage/markets/market-index.js';
import { createStore, type Store, type Transaction } from '../storage/store.js';
import { orUnavailable } from '../storage/database-errors.js';
import { SinkRelays } from '../outbox/sink-relays.js';
import { SinkStatusService } from '../outbox/sink-status.js';
import { createTracking } from '../tracking/create-tracking.js';
import type { HistoryImport } from '../tracking/history-import.js';
import { ensureUpcomingPartitions } from '../storage/partitions.js';
import { TrendService } from '../trends/trend-service.js';
import { liveDecayConfig } from '../profiles/profile-decay.js';

/** What differs between a running gateway, a command, and a test. */
export interface Surroundings {
  readonly settings: Settings;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Default: UUIDs that grow with time. */
  readonly newId?: () => string;
  /** Whether to keep the open markets in memory, which a feed needs and an import does not. Default true. */
  readonly holdCatalog?: boolean;
  /** Whether this process runs jobs, once its worker is started. Default false: it can only ask for them. */
  readonly runsJobs?: boolean;
  /** Told every SQL statement that goes to the database. */
  readonly onStatement?: (sql: string) => void;
}

/** The services on an open database, without HTTP. */
export interface Backend {
  readonly services: Services;
  readonly history: HistoryImport;
  /** Makes one profile anew from the events that are stored. */
  rebuildProfile(userKey: string): Promise<void>;
  /**
   * Whether the database accepts events.
   *
   * @throws what the database or the connection reports, when it does not answer.
   */
  acceptsWrites(): Promise<boolean>;
  readonly store: Store;
  /** Finds changes of profiles that no replica published, once polled. */
  readonly changePoll: Pick<ChangePoll, 'poll'>;
  /** Carry recorded events to the sinks, once started. */
  readonly relays: Pick<SinkRelays<Transaction>, 'start'>;
  /** Runs the jobs, once started; only where `runsJobs` was said. */
  readonly jobWorker: Jobs['worker'];
  /** The ranking config; follows its file once started. */
  readonly liveConfig: LiveConfig;
  close(): Promise<void>;
}

const POOL_SIZE = 10;

/** For lists of markets, histories, stored feeds, and the jobs shown to staff. */
const READER_POOL_SIZE = 3;

/** Transactions that write markets exclude each other. */
const WRITER_POOL_SIZE = 1;

/** Every drain has ended before a pool is closed, so only a database that does not answer needs longer. */
const CLOSE_WITHIN_MS = 1_000;

/** For the trends and their like; each sink has one more. */
const BACKGROUND_POOL_SIZE = 2;
const BACKGROUND_QUERY_TIMEOUT_MS = 60_000;

/**
 * Where the database is: the one in `DATABASE_URL`, or our own, started if need be.
 *
 * @throws {OperatorError} when there is none to be had, with what to do about it.
 */
export async function findDatabase(
  settings: Settings,
  logger: Logger,
): Promise<{ url: string; close(): Promise<void> }> {
  if (settings.databaseUrl === undefined) return startEmbeddedServer({ dataDir: settings.dataDir, logger });
  return { url: settings.databaseUrl, close: () => Promise.resolve() };
}

/**
 * Opens the database, brings its schema up to date, and reads the catalog and the trends.
 *
 * @throws {OperatorError} when something about the set-up has to be mended first.
 */
export async function openBackend(surroundings: Surroundings): Promise<Backend> {
  const { settings, logger, clock, newId = uuidv7, holdCatalog = true, onStatement } = surroundings;
  const { runsJobs = false } = surroundings;
  const liveConfig = new LiveConfig({ file: settings.rankingConfigFile, clock, logger });
  const { config } = liveConfig.current;
  const server = await findDatabase(settings, logger);
  // What was opened is closed in the opposite order, also when a later part cannot be.
  const closers = [() => server.close(), () => liveConfig.close()];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    await applyMigrations(server.url, { logger });
    const database = openDatabase({
      url: server.url,
      logger,
      poolSize: POOL_SIZE,
      ...(onStatement === undefined ? {} : { onStatement }),
    });
    closers.push(() => database.close(CLOSE_WITHIN_MS));
    // Slow work in the background takes no connection from requests, and more time.
    const background = openDatabase({
      url: server.url,
      logger,
      poolSize: BACKGROUND_POOL_SIZE + config.sinks.length,
      queryTimeoutMs: BACKGROUND_QUERY_TIMEOUT_MS,
    });
    closers.push(() => background.close(CLOSE_WITHIN_MS));
    // Lists and histories take no connection from events and feeds.
    const readers = openDatabase({
      url: server.url,
      logger,
      poolSize: READER_POOL_SIZE,
      ...(onStatement === undefined ? {} : { onStatement }),
    });
    closers.push(() => readers.close(CLOSE_WITHIN_MS));
    // Nor do writers of markets, which wait for those of other processes.
    const writers = openDatabase({
      url: server.url,
      logger,
      poolSize: WRITER_POOL_SIZE,
      ...(onStatement === undefined ? {} : { onStatement }),
    });
    closers.push(() => writers.close(CLOSE_WITHIN_MS));
    const decay = liveDecayConfig(() => liveConfig.current.config);
    const markets = new MarketIndex();
    const store = createStore(database.prisma, { decay, markets });
    const backgroundStore = createStore(background.prisma, { decay, markets });
    const readerStore = createStore(readers.prisma, { decay, markets });
    const marketWriter = new MarketWriter({
      markets: createStore(writers.prisma, { decay, markets }).markets,
      clock,
    });
    closers.push(() => marketWriter.drain());
    const catalog = new Catalog({
      ...{ markets: store.markets, lists: readerStore.markets, writer: marketWriter, clock, logger },
    });
    const cache = new ProfileCache({
      read: (userKeys, options) => store.profiles.read(userKeys, options),
      unpack: (packed) => store.profiles.unpack(packed),
      maxBytes: config.profile.cacheMegabytes * 1024 * 1024,
      ttlMs: () => {
        const { cacheSeconds, cacheSecondsUnheard } = liveConfig.current.config.profile;
        return 1_000 * (bus.reliable ? cacheSeconds : cacheSecondsUnheard);
      },
      clock,
    });
    const relays = new SinkRelays(config.sinks, {
      store: backgroundStore,
      pseudonymSecret: await store.secrets.getOrCreate('user-pseudonyms', randomBytes(32)),
      onRefused: (refused, transaction) =>
        transaction.rejectedEvents.add(
          refused.map(({ sink, row, reason }) => ({
            rejectedAt: new Date(clock()),
            origin: sink,
            reason,
            event: row.event,
          })),
        ),
      random: Math.random,
      logger,
      clock,
    });
    const profiles = new ProfileService({ profiles: cache, decay, clock });
    const live = createLive({ catalog, profiles, clock, logger });
    liveConfig.onChange(() => live.feeds.configChanged());
    closers.push(() => live.close());
    const cachedProfiles: InvalidatedProfiles = {
      invalidate: (userKeys) => {
        cache.invalidate(userKeys);
        live.feeds.profilesInvalidated(userKeys);
      },
      clear: () => {
        cache.clear();
        live.feeds.allProfilesInvalidated();
      },
    };
    const bus = openBus({
      ...{ origin: newId(), random: Math.random, logger, profiles: cachedProfiles },
      redisUrl: settings.redisUrl,
      databaseUrl: server.url,
    });
    closers.push(
      () => bus.close(),
      () => relays.stop(),
    );
    const changePoll = new ChangePoll({
      changes: readerStore.profileChanges,
      cache,
      cached: cachedProfiles,
    });
    const sharedProfiles = new SharedProfiles({
      cache,
      invalidate: (userKeys) => cachedProfiles.invalidate(userKeys),
      publish: (userKeys) => bus.publish(userKeys),
      onChanged: (userKeys) => live.feeds.profilesInvalidated(userKeys),
    });
    const jobs = openBackendJobs({
      ...{ databaseUrl: server.url, store, readerStore, catalog, markets, liveConfig, clock, logger },
      profiles: sharedProfiles,
      works: runsJobs,
    });
    closers.push(() => jobs.close());
    const compactor = new ProfileCompactor({
      repository: backgroundStore.profileRewrites,
      profiles: sharedProfiles,
      logger,
    });
    closers.push(() => compactor.close());
    const trends = new TrendService({
      ...{ store: backgroundStore, computations: jobs.computations, logger },
      columns: () => catalog.snapshot.columns,
    });
    const tracking = createTracking({
      ...{ store, markets: catalog, compactor, clock, newId, logger },
      config: () => liveConfig.current.config,
      sinks: relays.sinks,
      onRecorded: () => relays.wake(),
      profiles: sharedProfiles,
    });
    closers.push(() => tracking.drain());
    await ensureUpcomingPartitions(store.partitions, clock(), logger);
    const feeds = createFeeds({
      ...{ catalog, trends, clock, newId, logger },
      config: () => liveConfig.current,
      personalizationEnabled: settings.personalizationEnabled,
      profiles: cache,
      store: {
        add: (served) => backgroundStore.servedFeeds.add(served),
        find: (feedId) =>
          orUnavailable('The feed could not be read now.', () => readerStore.servedFeeds.find(feedId)),
        marketIds: (numbers) =>
          orUnavailable('The feed could not be read now.', () => readerStore.servedFeeds.marketIds(numbers)),
      },
      trackImpressions: (input) => tracking.service.trackImpressions(input),
    });
    closers.push(() => feeds.drain());
    if (holdCatalog) {
      await catalog.refresh();
      await catalog.loadRecentlyClosed();
      await trends.load();
    }
    return {
      services: {
        ...{ catalog, trends, profiles, tracking: tracking.service },
        marketHistory: new MarketHistory({ snapshots: readerStore.snapshots, clock }),
        feed: feeds.service,
        live: live.service,
        trending: feeds.trending,
        jobs: jobs.service,
        explain: feeds.explain,
        sinks: new SinkStatusService({ sinks: relays.sinks, backlog: readerStore.outboxBacklog, clock }),
      },
      history: tracking.history,
      rebuildProfile: (userKey) => tracking.rebuild(userKey),
      acceptsWrites: () => tracking.writeCheck.acceptsWrites(),
      relays,
      store,
      changePoll,
      jobWorker: jobs.worker,
      liveConfig,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
