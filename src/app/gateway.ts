import type { IncomingHttpHeaders } from 'node:http';
import { v7 as uuidv7 } from 'uuid';
import type { Backend, Surroundings } from './open-backend.js';
import { authorizeConnection } from '../auth/authorize-connection.js';
import { createContext, type GraphQLContext } from '../graphql/context.js';
import { createSchema } from '../graphql/schema.js';
import { countryOfHeaders } from '../server/country-header.js';
import { exampleQueries } from '../server/graphiql.js';
import { registerImages } from '../server/images.js';
import { createHttpServer } from '../server/server.js';
import { registerSubscriptions } from '../server/subscriptions.js';
import { registerTrackRoute } from '../server/track-route.js';
import { repeat } from '../jobs/repeat.js';
import { sampleImages } from '../sample/sample-catalog.js';
import { reportUnknownSinks } from '../outbox/sink-status.js';
import { ensureUpcomingPartitions } from '../storage/partitions.js';

/** How often the months ahead are looked after. */
const PARTITIONS_EVERY_MS = 12 * 3_600_000;

/** How often the catalog looks for changes by others: what changes anywhere shows here within a second. */
const CATALOG_REFRESH_MS = 500;

/** A catalog that could not be read for this long is out of date. */
const CATALOG_STALE_MS = 10_000;

/** How often it is looked whether trends were computed: what is shows here within two seconds. */
const TRENDS_LOOK_MS = 1_000;

/** A gateway that answers requests. */
export interface Gateway {
  /** Where it listens, such as http://127.0.0.1:4000. */
  readonly url: string;
  /** Stops accepting, answers what is in flight, and ends the work in the background. The backend stays open. */
  stop(): Promise<void>;
}

/**
 * Serves a backend over HTTP, and keeps its catalog and trends up to date.
 *
 * @param surroundings with `backgroundWork: false` nothing runs but requests; with `runsJobs` jobs too, as the backend
 *   was told.
 */
export async function startGateway(
  backend: Backend,
  surroundings: Surroundings & { readonly backgroundWork?: boolean },
): Promise<Gateway> {
  const { settings, logger, clock, newId = uuidv7, backgroundWork = true, runsJobs = false } = surroundings;
  const { services, store, liveConfig } = backend;
  const { catalog, trends } = services;
  const schema = createSchema();
  const buildContext = ({ headers }: { readonly headers: IncomingHttpHeaders }): GraphQLContext =>
    createContext(services, countryOfHeaders(headers, liveConfig.current.config.country.headers));
  const { app, beginDrain, mapError } = await createHttpServer({
    schema,
    buildContext,
    logger,
    production: settings.production,
    newRequestId: newId,
    exampleQueries: await exampleQueries(),
    checks: {
      database: async () => {
        const acceptsWrites = await backend.acceptsWrites();
        return { ok: acceptsWrites, detail: { acceptsWrites } };
      },
      catalog: () => {
        const ageMs = clock() - (catalog.loadedAtMs ?? -Infinity);
        return Promise.resolve({
          ok: ageMs < CATALOG_STALE_MS,
          detail: { openMarkets: catalog.snapshot.entries.length, ageMs },
        });
      },
    },
  });
  registerSubscriptions(app, { schema, buildContext, mapError, logger, authorize: authorizeConnection });
  registerTrackRoute(app, services.tracking, mapError);
  await registerImages(app, '/sample/', sampleImages);
  const repetitions = !backgroundWork
    ? []
    : [
        repeat('catalog', CATALOG_REFRESH_MS, () => catalog.refresh(), logger),
        repeat(
          'partitions',
          PARTITIONS_EVERY_MS,
          () => ensureUpcomingPartitions(store.partitions, clock(), logger),
          logger,
        ),
        repeat('trends', TRENDS_LOOK_MS, () => trends.load(), logger),
        repeat(
          'profile changes',
          1_000 * liveConfig.current.config.profile.changePollSeconds,
          () => backend.changePoll.poll(),
          logger,
        ),
      ];
  if (backgroundWork) {
    backend.relays.start();
    await reportUnknownSinks(services.sinks, logger);
    liveConfig.start();
  }
  const stopRepetitions = (): Promise<unknown> =>
    Promise.all(repetitions.map((repetition) => repetition.stop()));
  try {
    const url = await app.listen({ port: settings.port, host: settings.host });
    if (runsJobs) backend.jobWorker.start();
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
