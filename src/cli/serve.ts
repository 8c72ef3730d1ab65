import { Command } from 'commander';
import { openBackend, startGateway } from '../app.js';
import { requireClosedDoor } from '../auth/open-access.js';
import { settingDocs, settingsFromEnvironment } from '../config/settings.js';
import { OperatorError } from '../errors.js';
import { createLogger } from '../observability/logger.js';
import { loadSample } from './load-sample.js';

const STOP_WITHIN_MS = 9_000;

/** `bellwether serve`: the gateway, until it is told to stop. */
export function serveCommand(): Command {
  return new Command('serve')
    .description(
      'Start the gateway. Without DATABASE_URL it brings its own PostgreSQL and fills it with a sample.',
    )
    .addHelpText('after', settingsHelp)
    .action(serve);
}

async function serve(): Promise<void> {
  const settings = settingsFromEnvironment();
  requireClosedDoor(settings);
  const logger = createLogger(settings.logLevel, { pretty: process.stdout.isTTY, fd: 1 });
  const surroundings = { settings, logger, clock: Date.now };
  const told = toldToStop();
  const backend = await openBackend(surroundings);
  try {
    const ownDatabase = settings.databaseUrl === undefined;
    if (ownDatabase && settings.sample === 'auto' && (await backend.store.markets.isEmpty())) {
      logger.info('the database is empty: loading the sample catalogue and 500 simulated people');
      const loaded = await loadSample(backend, Date.now());
      logger.info(loaded, 'sample loaded; BELLWETHER_SAMPLE=off keeps it away');
    }
    await backend.services.trends.refresh();
    const gateway = await startGateway(backend, surroundings).catch((error: unknown) => {
      throw isAddressInUse(error)
        ? new OperatorError(
            `Port ${settings.port} of ${settings.host} is in use. Stop what listens there, or choose another one with PORT=4001.`,
          )
        : error;
    });
    logger.warn('development mode: no authentication, everything is open to this machine');
    logger.info(
      { openMarkets: backend.services.catalogue.snapshot.entries.length },
      `ready: GraphQL at ${gateway.url}/graphql, GraphiQL at ${gateway.url}/graphiql`,
    );
    logger.info({ signal: await told }, 'stopping');
    setTimeout(() => process.exit(1), STOP_WITHIN_MS).unref();
    await gateway.stop();
  } finally {
    await backend.close();
  }
  logger.info('stopped');
}

/** The first signal to stop; a second one ends the process at once. */
function toldToStop(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, resolve);
  });
}

function isAddressInUse(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}

function settingsHelp(): string {
  const width = Math.max(...settingDocs.map(([name]) => name.length));
  const lines = settingDocs.map(([name, fallback, meaning]) => {
    const standard = fallback === '' ? '' : ` (default ${fallback})`;
    return `  ${name.padEnd(width)}  ${meaning}${standard}`;
  });
  return `\nSettings, from the environment:\n${lines.join('\n')}`;
}
