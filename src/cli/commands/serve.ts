import cluster from 'node:cluster';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { Command } from 'commander';
import { openBackend, type Backend, type BackendOptions } from '../../app/backend.js';
import { startGateway } from '../../app/gateway.js';
import { requireProtection } from '../../auth/open-access.js';
import { settingsFromEnvironment, type Settings } from '../../config/settings.js';
import { OperatorError } from '../../lib/errors.js';
import { createLogger } from '../../lib/logger.js';
import { examplesHelp, settingsHelp, wholeNumberUpTo } from '../command-options.js';
import { incompleteSampleMs, loadSample, SAMPLE_DEFAULTS } from '../sample-data.js';
import { startServerProcesses } from '../server-processes.js';
import { shutdownSignal } from '../signals.js';

/** More processes than a machine has processors only cost memory and database connections. */
const MAX_WORKERS = 256;

/** `bellwether serve`: runs the gateway until a stop signal. */
export function serveCommand(): Command {
  return new Command('serve')
    .summary('start the gateway')
    .description(
      'Start the gateway. Without DATABASE_URL it starts an embedded PostgreSQL and loads the sample into it. ' +
        'On SIGINT, SIGTERM or SIGHUP it completes the requests in flight, closes, and exits with 0 within 10 s. ' +
        'A second signal ends it at once.',
    )
    .option('--no-jobs', 'do not run jobs; leave them to "bellwether worker" or another gateway')
    .option(
      '--workers <n>',
      'serve with n processes on one port, for a machine with several processors; each has its own caches and ' +
        'database connections, and jobs run in one more process',
      wholeNumberUpTo(MAX_WORKERS),
    )
    .addHelpText('after', examplesHelp('serve', 'serve --no-jobs', 'serve --workers 4'))
    .addHelpText('after', settingsHelp())
    .action(serve);
}

async function serve({ jobs, workers }: { jobs: boolean; workers?: number }): Promise<void> {
  const settings = settingsFromEnvironment();
  const isParent = workers !== undefined && cluster.isPrimary;
  if (cluster.isPrimary) await requireFreeAddress(settings);
  const logger = createLogger(settings.logLevel, { pretty: process.stdout.isTTY, fd: 1 });
  const options = { settings, logger, clock: Date.now, isWorker: jobs && cluster.isPrimary };
  const shutdown = shutdownSignal(logger);
  const leaveParent = joinParent();
  const backend = await openBackend(options);
  try {
    requireProtection(settings, backend.apiKeys.exist);
    if (!shutdown.aborted && cluster.isPrimary) await loadMissingSample(backend, options, shutdown);
    if (!shutdown.aborted) {
      if (isParent) await serveByProcesses(workers, shutdown, backend, options);
      else await serveUntil(shutdown, backend, options);
    }
  } finally {
    await backend.close();
  }
  logger.info('stopped');
  leaveParent();
}

/**
 * Stops this process if it serves for a parent and the parent ends, because it then gets no connections any more.
 *
 * @returns a function that leaves the parent; until then the process does not end.
 */
function joinParent(): () => void {
  const stop = (): void => void process.kill(process.pid, 'SIGTERM');
  if (cluster.isWorker) process.once('disconnect', stop);
  return () => {
    process.off('disconnect', stop);
    cluster.worker?.disconnect();
  };
}

/** Loads the sample into an empty embedded database, or completes an interrupted load. */
async function loadMissingSample(
  backend: Backend,
  { settings, logger, clock }: BackendOptions,
  shutdown: AbortSignal,
): Promise<void> {
  if (settings.databaseUrl !== undefined || settings.sample === 'off') return;
  const { markets } = backend.store;
  const nowMs = clock();
  const incompleteMs = await incompleteSampleMs(markets, nowMs);
  if (incompleteMs !== undefined) logger.info('loading of the sample was interrupted; completing it');
  else if (await markets.isEmpty()) {
    logger.info(SAMPLE_DEFAULTS, 'database is empty; loading the sample catalog and simulated users');
  } else return;
  try {
    const loaded = await loadSample(backend, incompleteMs ?? nowMs, SAMPLE_DEFAULTS, { stop: shutdown });
    logger.info(loaded, 'loaded the sample; BELLWETHER_SAMPLE=off disables it');
  } catch (error) {
    if (!shutdown.aborted) throw error;
  }
}

async function serveUntil(shutdown: AbortSignal, backend: Backend, options: BackendOptions): Promise<void> {
  const { settings, logger } = options;
  const gateway = await startGateway(backend, options).catch((error: unknown) => {
    throw listenError(error, settings);
  });
  if (backend.authentication.isOpen) {
    logger.warn('development mode: no authentication; every process on this machine has full access');
  }
  logger.info(
    { openMarkets: backend.services.catalog.snapshot.entries.length },
    `ready: GraphQL at ${gateway.url}/graphql, GraphiQL at ${gateway.url}/graphiql`,
  );
  if (!shutdown.aborted) await once(shutdown, 'abort');
  await gateway.stop();
}

/** Runs the jobs in this process, and serves requests by child processes. */
async function serveByProcesses(
  count: number,
  shutdown: AbortSignal,
  { liveConfig, jobWorker }: Backend,
  { logger, isWorker, settings }: BackendOptions,
): Promise<void> {
  liveConfig.start();
  if (isWorker === true) jobWorker.start();
  const processes = startServerProcesses(count, logger);
  const stopped = once(shutdown, 'abort');
  try {
    const ready = processes.ready.then((port) => {
      const url = `http://${settings.host}:${port}`;
      logger.info({ workers: count }, `ready: all processes serve GraphQL at ${url}/graphql`);
    });
    await Promise.race([ready.then(() => stopped), processes.failed, stopped]);
  } finally {
    await processes.stop();
  }
}

type Address = Pick<Settings, 'host' | 'port'>;

/**
 * Checks that the gateway can listen, before the database is opened.
 *
 * @throws {OperatorError} if the port is in use, or the address does not belong to this machine.
 */
async function requireFreeAddress(address: Address): Promise<void> {
  const probe = createServer();
  try {
    probe.listen(address.port, address.host);
    await once(probe, 'listening');
  } catch (error) {
    throw listenError(error, address);
  }
  probe.close();
  await once(probe, 'close');
}

/** Converts an error of `listen` into a message for the operator. Returns other errors unchanged. */
function listenError(error: unknown, { host, port }: Address): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error;
  switch (error.code) {
    case 'EADDRINUSE':
      return new OperatorError(
        `Port ${port} of ${host} is in use. Stop the process that listens there, set PORT to another port, or set PORT=0 to use any free one.`,
      );
    case 'EACCES':
      return new OperatorError(
        `This process may not listen on port ${port}. Choose a port from 1024, such as PORT=4000.`,
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new OperatorError(`HOST=${host} is not an address of this machine. Use HOST=127.0.0.1.`);
    default:
      return error;
  }
}
