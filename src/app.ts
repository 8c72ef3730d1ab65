import { randomBytes } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import type { InvalidationBus } from './bus/invalidation-bus.js';
import { createPostgresBus } from './bus/postgres-bus.js';
import { createRedisBus } from './bus/redis-bus.js';
import { Catalogue } from './catalogue/catalogue.js';
import type { Clock } from './config/clock.js';
import { loadRankingConfig } from './config/ranking-config.js';
import type { RankingConfig } from './config/ranking-schema.js';
import type { Settings } from './config/settings.js';
import { openDatabase } from './database/client.js';
import { startEmbeddedServer } from './database/embedded-server.js';
import { applyMigrations } from './database/migrations.js';
import { FeedService } from './feed/feed-service.js';
import { createContext, type Services } from './graphql/context.js';
import { createSchema } from './graphql/schema.js';
import { exampleQueries } from './http/example-queries.js';
import { registerImages } from './http/images.js';
import { createHttpServer } from './http/server.js';
import { registerTrackRoute } from './http/track-route.js';
import { repeat } from './jobs/repeat.js';
import type { Logger } from './observability/logger.js';
import { profileMemory } from './profiles/profile-memory.js';
import { ProfileCache } from './profiles/profile-cache.js';
import { ProfileService } from './profiles/profile-service.js';
import { SharedProfiles } from './profiles/shared-profiles.js';
import { createStore, type Store, type Transaction } from './repositories/store.js';
import { sampleImages } from './sample/sample-catalogue.js';
import { SinkRelays } from './sinks/sink-relays.js';
import { createTracking } from './tracking/create-tracking.js';
import type { HistoryImport } from './tracking/history-import.js';
import { ensureLivePartitions } from './tracking/partitions.js';
import { TrendService } from './trends/trend-service.js';

/** What differs between a running gateway, a command, and a test. */
export interface Surroundings {
  readonly settings: Settings;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Default: UUIDs that grow with time. */
  readonly newId?: () => string;
  /** Whether to keep the open markets in memory, which a feed needs and an import does not. Default true. */
  readonly holdCatalogue?: boolean;
  /** Told every SQL statement that goes to the database. */
  readonly onStatement?: (sql: string) => void;
}

/** The services on an open database, without HTTP. */
export interface Backend {
  readonly services: Services;
  readonly history: HistoryImport;
  /** Makes one profile anew from the events that are stored. */
  rebuildProfile(userKey: string): Promise<void>;
  readonly store: Store;
  /** Carry recorded events to the sinks, once started. */
  readonly relays: Pick<SinkRelays<Transaction>, 'start'>;
  readonly config: RankingConfig;
  close(): Promise<void>;
}

/** How often the months ahead are looked after. */
const PARTITIONS_EVERY_MS = 12 * 3_600_000;

const POOL_SIZE = 10;

/** For the trends and their like; each sink has one more. */
const BACKGROUND_POOL_SIZE = 2;
const BACKGROUND_QUERY_TIMEOUT_MS = 60_000;

/** How often the catalogue looks for changes by others: what changes anywhere shows here within a second. */
const CATALOGUE_REFRESH_MS = 500;

/** A catalogue that could not be read for this long is out of date. */
const CATALOGUE_STALE_MS = 10_000;

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
 * Opens the database, brings its schema up to date, and reads the catalogue and the trends.
 *
 * @throws {OperatorError} when something about the set-up has to be mended first.
 */
export async function openBackend(surroundings: Surroundings): Promise<Backend> {
  const { settings, logger, clock, newId = uuidv7, holdCatalogue = true, onStatement } = surroundings;
  const config = loadRankingConfig(settings.rankingConfigFile);
  const server = await findDatabase(settings, logger);
  // What was opened is closed in the opposite order, also when a later part cannot be.
  const closers = [() => server.close()];
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
    closers.push(() => database.close());
    // Slow work in the background takes no connection from requests, and more time.
    const background = openDatabase({
      url: server.url,
      logger,
      poolSize: BACKGROUND_POOL_SIZE + config.sinks.length,
      queryTimeoutMs: BACKGROUND_QUERY_TIMEOUT_MS,
    });
    closers.push(() => background.close());
    const store = createStore(database.prisma);
    const backgroundStore = createStore(background.prisma);
    const memory = profileMemory(config);
    const catalogue = new Catalogue({ markets: store.markets, clock, logger });
    const trends = new TrendService({ store: backgroundStore, config: config.trending, clock, logger });
    const cache = new ProfileCache({
      load: (userKeys) => store.profiles.load(userKeys),
      maxBytes: config.profile.cacheMegabytes * 1024 * 1024,
      lifeMs: () => 1_000 * (bus.reliable ? config.profile.cacheSeconds : config.profile.cacheSecondsUnheard),
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
    const bus = openBus(settings, server.url, cache, newId(), logger);
    closers.push(
      () => bus.close(),
      () => relays.stop(),
    );
    const profiles = new ProfileService({ profiles: cache, memory, clock });
    const tracking = createTracking({
      ...{ store, markets: catalogue, config, memory, clock, newId, logger },
      sinks: relays.sinks,
      onRecorded: () => relays.wake(),
      profiles: new SharedProfiles({ cache, tell: (userKeys) => bus.publish(userKeys) }),
    });
    closers.push(() => tracking.drain());
    await ensureLivePartitions(store.interactions, clock());
    const feed = new FeedService({
      ...{ catalogue, trends, config: config.feed, clock, newId, logger },
      heldProfile: (userKey) => cache.held(userKey),
    });
    if (holdCatalogue) {
      await catalogue.refresh();
      await trends.load();
    }
    return {
      services: { catalogue, trends, profiles, feed, tracking: tracking.service },
      history: tracking.history,
      rebuildProfile: (userKey) => tracking.rebuild(userKey),
      relays,
      store,
      config,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Tells other replicas whose profiles changed here, and hears from them: over Redis if there is one. */
function openBus(
  { redisUrl }: Settings,
  databaseUrl: string,
  cache: ProfileCache,
  origin: string,
  logger: Logger,
): InvalidationBus {
  const options = {
    origin,
    logger,
    random: Math.random,
    handler: {
      onInvalidated: (userKeys: readonly string[]) => cache.invalidate(userKeys),
      onGap: () => cache.clear(),
      onReliabilityChange: (reliable: boolean) => logger.debug({ reliable }, 'hearing other replicas'),
    },
  };
  return redisUrl === undefined
    ? createPostgresBus({ ...options, url: databaseUrl })
    : createRedisBus({ ...options, url: redisUrl });
}

/** A gateway that answers requests. */
export interface Gateway {
  /** Where it listens, such as http://127.0.0.1:4000. */
  readonly url: string;
  /** Stops accepting, answers what is in flight, and ends the work in the background. The backend stays open. */
  stop(): Promise<void>;
}

/**
 * Serves a backend over HTTP, and keeps its catalogue and trends up to date.
 *
 * @param surroundings with `backgroundWork: false` nothing runs but requests.
 */
export async function startGateway(
  backend: Backend,
  surroundings: Surroundings & { readonly backgroundWork?: boolean },
): Promise<Gateway> {
  const { settings, logger, clock, newId = uuidv7, backgroundWork = true } = surroundings;
  const { services, store, config } = backend;
  const { catalogue, trends } = services;
  const { app, beginDrain, mapError } = await createHttpServer({
    schema: createSchema(),
    buildContext: () => createContext(services),
    logger,
    production: settings.production,
    newRequestId: newId,
    exampleQueries: await exampleQueries(),
    checks: {
      database: async () => {
        await store.ping();
        return { ok: true };
      },
      catalogue: () => {
        const ageMs = clock() - (catalogue.loadedAtMs ?? -Infinity);
        return Promise.resolve({
          ok: ageMs < CATALOGUE_STALE_MS,
          detail: { openMarkets: catalogue.snapshot.entries.length, ageMs },
        });
      },
    },
  });
  registerTrackRoute(app, services.tracking, mapError);
  await registerImages(app, '/sample/', sampleImages);
  const repetitions = !backgroundWork
    ? []
    : [
        repeat('catalogue', CATALOGUE_REFRESH_MS, () => catalogue.refresh(), logger),
        repeat(
          'partitions',
          PARTITIONS_EVERY_MS,
          () => ensureLivePartitions(store.interactions, clock()),
          logger,
        ),
        repeat('trends', config.trending.refreshSeconds * 1_000, () => trends.refresh(), logger),
      ];
  if (backgroundWork) backend.relays.start();
  const stopRepetitions = (): Promise<unknown> =>
    Promise.all(repetitions.map((repetition) => repetition.stop()));
  try {
    const url = await app.listen({ port: settings.port, host: settings.host });
    return {
      url,
      stop: async () => {
        beginDrain();
        await app.close();
        await stopRepetitions();
      },
    };
  } catch (error) {
    await stopRepetitions();
    await app.close();
    throw error;
  }
}
