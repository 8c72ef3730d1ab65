import { v7 as uuidv7 } from 'uuid';
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
import { repeat } from './jobs/repeat.js';
import type { Logger } from './observability/logger.js';
import { profileMemory } from './profiles/profile-memory.js';
import { ProfileService } from './profiles/profile-service.js';
import { createStore, type Store } from './repositories/store.js';
import { sampleImages } from './sample/sample-catalogue.js';
import { TrackingService } from './tracking/tracking-service.js';
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
  readonly store: Store;
  readonly config: RankingConfig;
  /** Whether the database is our own, and was made just now. */
  readonly freshlyCreated: boolean;
  close(): Promise<void>;
}

const POOL_SIZE = 10;

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
): Promise<{ url: string; freshlyCreated: boolean; close(): Promise<void> }> {
  if (settings.databaseUrl === undefined) return startEmbeddedServer({ dataDir: settings.dataDir, logger });
  return { url: settings.databaseUrl, freshlyCreated: false, close: () => Promise.resolve() };
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
  try {
    await applyMigrations(server.url, { logger });
    const database = openDatabase({
      url: server.url,
      logger,
      poolSize: POOL_SIZE,
      ...(onStatement === undefined ? {} : { onStatement }),
    });
    const store = createStore(database.prisma);
    const catalogue = new Catalogue({ markets: store.markets, clock, logger });
    const trends = new TrendService({ store, config: config.trending, clock, logger });
    const profiles = new ProfileService({ profiles: store.profiles, memory: profileMemory(config), clock });
    const tracking = new TrackingService({ store, markets: catalogue, config, clock, newId });
    const feed = new FeedService({ catalogue, trends, config: config.feed, clock, newId, logger });
    if (holdCatalogue) {
      await catalogue.refresh();
      await trends.load();
    }
    return {
      services: { catalogue, trends, profiles, tracking, feed },
      store,
      config,
      freshlyCreated: server.freshlyCreated,
      close: async () => {
        await database.close();
        await server.close();
      },
    };
  } catch (error) {
    await server.close();
    throw error;
  }
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
  const { app, beginDrain } = await createHttpServer({
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
  await registerImages(app, '/sample/', sampleImages);
  const repetitions = !backgroundWork
    ? []
    : [
        repeat('catalogue', CATALOGUE_REFRESH_MS, () => catalogue.refresh(), logger),
        repeat('trends', config.trending.refreshSeconds * 1_000, () => trends.refresh(), logger),
      ];
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
