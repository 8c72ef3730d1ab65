import { once } from 'node:events';
import { Command } from 'commander';
import { openBackend, type Backend, type Surroundings } from '../app/open-backend.js';
import { startGateway } from '../app/gateway.js';
import { requireLocalDevelopment } from '../auth/open-access.js';
import { settingsFromEnvironment } from '../config/settings.js';
import { createLogger } from '../lib/logger.js';
import { listenError, requireFreeAddress } from './listen-address.js';
import { loadSample, SAMPLE_DEFAULTS } from './load-sample.js';
import { settingsHelp } from './settings-help.js';
import { toldToStop } from './told-to-stop.js';
import { unfinishedSampleMs } from './unfinished-sample.js';

/** `bellwether serve`: the gateway, until it is told to stop. */
export function serveCommand(): Command {
  return new Command('serve')
    .description(
      'Start the gateway. Without DATABASE_URL it brings its own PostgreSQL and fills it with a sample.',
    )
    .option('--no-jobs', 'leave the work in the background to "bellwether worker" or another gateway')
    .addHelpText('after', settingsHelp)
    .action(serve);
}

async function serve({ jobs: runsJobs }: { jobs: boolean }): Promise<void> {
  const settings = settingsFromEnvironment();
  requireLocalDevelopment(settings);
  await requireFreeAddress(settings);
  const logger = createLogger(settings.logLevel, { pretty: process.stdout.isTTY, fd: 1 });
  const surroundings = { settings, logger, clock: Date.now, runsJobs };
  const told = toldToStop(logger);
  const backend = await openBackend(surroundings);
  try {
    if (!told.aborted) await fillWithSample(backend, surroundings, told);
    if (!told.aborted) await serveUntil(told, backend, surroundings);
  } finally {
    await backend.close();
  }
  logger.info('stopped');
}

/** Loads the sample into a database of our own that is empty, or completes one that was not loaded to its end. */
async function fillWithSample(
  backend: Backend,
  { settings, logger, clock }: Surroundings,
  stop: AbortSignal,
): Promise<void> {
  if (settings.databaseUrl !== undefined || settings.sample === 'off') return;
  const { markets } = backend.store;
  const nowMs = clock();
  const startedMs = await unfinishedSampleMs(markets, nowMs);
  if (startedMs !== undefined) logger.info('the sample was not loaded to its end: completing it');
  else if (await markets.isEmpty()) {
    logger.info('the database is empty: loading the sample catalog and 500 simulated people');
  } else return;
  try {
    const loaded = await loadSample(backend, startedMs ?? nowMs, SAMPLE_DEFAULTS, { stop });
    logger.info(loaded, 'sample loaded; BELLWETHER_SAMPLE=off keeps it away');
  } catch (error) {
    if (!stop.aborted) throw error;
  }
}

async function serveUntil(stop: AbortSignal, backend: Backend, surroundings: Surroundings): Promise<void> {
  const { settings, logger } = surroundings;
  const gateway = await startGateway(backend, surroundings).catch((error: unknown) => {
    throw listenError(error, settings);
  });
  logger.warn('development mode: no authentication, everything is open to this machine');
  logger.info(
    { openMarkets: backend.services.catalog.snapshot.entries.length },
    `ready: GraphQL at ${gateway.url}/graphql, GraphiQL at ${gateway.url}/graphiql`,
  );
  if (!stop.aborted) await once(stop, 'abort');
  await gateway.stop();
}
