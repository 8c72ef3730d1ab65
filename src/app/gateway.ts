import type { FastifyInstance } from 'fastify';
import { v7 as uuidv7 } from 'uuid';
import { connectionAuthorizer } from '../auth/authorize-connection.js';
import type { Viewer } from '../auth/viewer.js';
import { createContext, type GraphQLContext } from '../graphql/context.js';
import { createSchema } from '../graphql/schema.js';
import { repeat, type RepeatingTask } from '../lib/repeat.js';
import { HOUR_MS, SECOND_MS } from '../lib/time.js';
import { reportUnknownSinks } from '../outbox/sink-status.js';
import { sampleImages } from '../sample/sample-catalog.js';
import type { CallerLimits } from '../server/caller-limits.js';
import type { ClientAddress } from '../server/client-address.js';
import { countryOfHeaders } from '../server/country-header.js';
import { exampleQueries } from '../server/graphiql.js';
import type { HealthCheck } from '../server/health.js';
import { registerImages } from '../server/images.js';
import { registerExportRoute } from '../server/export-route.js';
import { createHttpServer } from '../server/server.js';
import { registerSubscriptions } from '../server/subscriptions.js';
import { registerTrackRoute } from '../server/track-route.js';
import { ensureUpcomingPartitions } from '../storage/partitions.js';
import type { Backend, BackendOptions } from './backend.js';
import { openCallerLimits, type OpenCallerLimits } from './caller-limits.js';

/** Interval for creating upcoming monthly partitions. */
const PARTITIONS_EVERY_MS = 12 * HOUR_MS;

/** Interval for reading catalog changes of other processes; they are visible within a second. */
const CATALOG_REFRESH_MS = 500;

/** A catalog that could not be read for this long is stale: the replica is not ready. */
const CATALOG_STALE_MS = 10 * SECOND_MS;

/** Interval for checking for new trends; they are visible within two seconds. */
const TRENDS_REFRESH_MS = SECOND_MS;

/** Interval for reading the API keys; a revocation takes effect within 5 seconds even if one reading fails. */
const API_KEYS_REFRESH_MS = SECOND_MS;
/** Interval for checking for a new version of the model. */
const MODEL_REFRESH_MS = 5 * SECOND_MS;

/** Interval for checking the file of trusted documents for changes. */
const DOCUMENTS_REFRESH_MS = SECOND_MS;

/** A gateway that serves requests. */
export interface Gateway {
  /** Address that it listens on, such as http://127.0.0.1:4000. */
  readonly url: string;
  /** Stops accepting, completes requests in progress, and stops background work. The backend stays open. */
  stop(): Promise<void>;
}

export interface GatewayOptions extends BackendOptions {
  /** Whether to refresh the catalog and trends, deliver events to sinks, and follow the config file. Default true. */
  readonly backgroundWork?: boolean;
}

/** Serves a backend over HTTP, with the background work and the jobs that the options name. */
export async function startGateway(backend: Backend, options: GatewayOptions): Promise<Gateway> {
  const limits = await openCallerLimits({ ...options, liveConfig: backend.liveConfig });
  try {
    const serving = await serve(backend, options, limits);
    return {
      url: serving.url,
      stop: async () => {
        await serving.stop();
        limits.close();
      },
    };
  } catch (error) {
    limits.close();
    throw error;
  }
}

async function serve(backend: Backend, options: GatewayOptions, limits: OpenCallerLimits): Promise<Gateway> {
  const { settings, backgroundWork = true, isWorker = false } = options;
  const { app, beginDrain } = await createApp(backend, options, limits);
  const tasks = backgroundWork ? await startBackgroundWork(backend, options, limits) : [];
  const stopTasks = (): Promise<unknown> => Promise.all(tasks.map((task) => task.stop()));
  try {
    await backend.connect();
    const url = await app.listen({ port: settings.port, host: settings.host });
    if (isWorker) backend.jobWorker.start();
    return {
      url,
      stop: async () => {
        beginDrain();
        await app.close();
        await stopTasks();
      },
    };
  } catch (error) {
    await stopTasks();
    await app.close();
    throw error;
  }
}

async function createApp(
  backend: Backend,
  { settings, logger, clock, newId = uuidv7 }: GatewayOptions,
  limits: CallerLimits,
): Promise<{ app: FastifyInstance; beginDrain: () => void }> {
  const { services, liveConfig, authentication } = backend;
  const schema = createSchema();
  const buildContext = (request: Parameters<ClientAddress>[0], viewer: Viewer): GraphQLContext => {
    const country = countryOfHeaders(request.headers, liveConfig.current.config.country.headers);
    return createContext(services, { country, viewer, address: limits.addressOf(request) });
  };
  const { app, beginDrain, mapError, viewerOf } = await createHttpServer({
    ...{ schema, logger, buildContext, authentication, limits },
    corsOrigins: settings.corsOrigins,
    production: settings.production,
    newRequestId: newId,
    exampleQueries: await exampleQueries(),
    checks: readinessChecks(backend, clock),
  });
  const authorize = connectionAuthorizer(authentication);
  registerSubscriptions(app, {
    ...{ schema, buildContext, mapError, logger, clock, authentication, authorize },
    allowedOrigins: settings.corsOrigins,
    callerLimits: limits,
    socketLimits: () => liveConfig.current.config.rateLimits,
  });
  registerTrackRoute(app, { tracking: services.tracking, viewerOf, limits });
  registerExportRoute(app, { exports: services.exports, viewerOf, limits });
  await registerImages(app, '/sample/', sampleImages);
  return { app, beginDrain };
}

function readinessChecks(backend: Backend, clock: BackendOptions['clock']): Record<string, HealthCheck> {
  const { catalog } = backend.services;
  return {
    database: async () => {
      const isWritable = await backend.acceptsWrites();
      return { ok: isWritable, detail: { acceptsWrites: isWritable } };
    },
    catalog: () => {
      const ageMs = clock() - (catalog.loadedAtMs ?? -Infinity);
      return Promise.resolve({
        ok: ageMs < CATALOG_STALE_MS,
        detail: { openMarkets: catalog.snapshot.entries.length, ageMs },
      });
    },
  };
}

async function startBackgroundWork(
  { services, store, models, liveConfig, relays, changePoll, apiKeys }: Backend,
  { logger, clock }: GatewayOptions,
  { refreshDocuments }: OpenCallerLimits,
): Promise<RepeatingTask[]> {
  const { catalog, trends, sinks } = services;
  const pollChangesMs = SECOND_MS * liveConfig.current.config.profile.changePollSeconds;
  // First, so that nothing is left running if it fails.
  await reportUnknownSinks(sinks, logger);
  relays.start();
  liveConfig.start();
  return [
    repeat('catalog', CATALOG_REFRESH_MS, () => catalog.refresh(), logger),
    repeat(
      'partitions',
      PARTITIONS_EVERY_MS,
      () => ensureUpcomingPartitions(store.partitions, clock(), logger),
      logger,
    ),
    repeat('trends', TRENDS_REFRESH_MS, () => trends.load(), logger),
    repeat('API keys', API_KEYS_REFRESH_MS, () => apiKeys.refresh(), logger),
    repeat('trusted documents', DOCUMENTS_REFRESH_MS, refreshDocuments, logger),
    repeat('ranking model', MODEL_REFRESH_MS, () => models.load(), logger),
    repeat('profile changes', pollChangesMs, () => changePoll.poll(), logger),
  ];
}
