import { openBackend, type Backend } from '../app.js';
import { settingsFromEnvironment } from '../config/settings.js';
import { createLogger } from '../observability/logger.js';
import { databaseName } from './database-name.js';
import { printNote } from './print.js';

/**
 * The backend for one command. Its log goes to standard error, so that the output stays the command's own,
 * and there too stands which database it is: easily another one than the gateway's.
 */
export async function openCommandBackend(options: {
  holdCatalogue: boolean;
  runsJobs?: boolean;
}): Promise<Backend> {
  const settings = settingsFromEnvironment();
  const level = settings.logLevel === 'info' ? 'warn' : settings.logLevel;
  const logger = createLogger(level, { pretty: process.stderr.isTTY, fd: 2 });
  const backend = await openBackend({ settings, logger, clock: Date.now, ...options });
  printNote(`Using ${databaseName(settings)}.`);
  return backend;
}
