import { v7 as uuidv7 } from 'uuid';
import type { Backend, Surroundings } from './app.js';
import { createContext } from './graphql/context.js';
import { createSchema } from './graphql/schema.js';
import { countryOfHeaders } from './http/country-header.js';
import { exampleQueries } from './http/example-queries.js';
import { registerImages } from './http/images.js';
import { createHttpServer } from './http/server.js';
import { registerTrackRoute } from './http/track-route.js';
import { repeat } from './jobs/repeat.js';
import { sampleImages } from './sample/sample-catalogue.js';
import { ensureLivePartitions } from './tracking/partitions.js';

/** How often the months ahead are looked after. */
const PARTITIONS_EVERY_MS = 12 * 3_600_000;

/** How often the catalogue looks for changes by others: what changes anywhere shows here within a second. */
const CATALOGUE_REFRESH_MS = 500;

/** A catalogue that could not be read for this long is out of date. */
const CATALOGUE_STALE_MS = 10_000;

/** Feeds of somebody are kept for a day, to be explained; those of nobody as long as they can be paged on in. */
const FEEDS_KEPT_MS = 24 * 3_600_000;
const FEEDS_EVERY_MS = 10 * 60_000;

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
  const { services, store, liveConfig } = backend;
  const { catalogue, trends } = services;
  const { app, beginDrain, mapError } = await createHttpServer({
    schema: createSchema(),
    buildContext: ({ headers }) =>
      createContext(services, countryOfHeaders(headers, liveConfig.current.config.country.headers)),
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
        repeat(
          'trends',
          liveConfig.current.config.trending.refreshSeconds * 1_000,
          () => trends.refresh(),
          logger,
        ),
        repeat(
          'old feeds',
          FEEDS_EVERY_MS,
          async () => {
            const keptMs = liveConfig.current.config.feed.keepMinutes * 60_000;
            await store.servedFeeds.removeBefore(
              new Date(clock() - FEEDS_KEPT_MS),
              new Date(clock() - keptMs),
            );
          },
          logger,
        ),
      ];
  if (backgroundWork) {
    backend.relays.start();
    liveConfig.start();
  }
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
