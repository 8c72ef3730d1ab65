import { openBackend, type Backend } from '../app/open-backend.js';
import { settingsFromEnvironment } from '../config/settings.js';
import { createLogger } from '../lib/logger.js';
import { databaseName } from './database-name.js';
import { printNote } from './print.js';
import { interruptible } from './interruptible.js';

interface BackendNeeds {
  readonly holdCatalog: boolean;
  readonly runsJobs?: boolean;
}

/**
 * Opens the backend for one command. Its log, and the name of the database, which is easily another one than the
 * gateway's, go to standard error: standard output holds the result of the command only.
 */
export async function openCommandBackend(needs: BackendNeeds): Promise<Backend> {
  const settings = settingsFromEnvironment();
  const level = settings.logLevel === 'info' ? 'warn' : settings.logLevel;
  const logger = createLogger(level, { pretty: process.stderr.isTTY, fd: 2 });
  const backend = await openBackend({ settings, logger, clock: Date.now, ...needs });
  printNote(`Using ${databaseName(settings)}.`);
  return backend;
}

/** Runs `work` on a backend, and closes the backend, also when a stop signal interrupts the work. */
export function withCommandBackend<Result>(
  needs: BackendNeeds,
  work: (backend: Backend, stop: AbortSignal) => Promise<Result>,
): Promise<Result> {
  return interruptible(() => openCommandBackend(needs), work);
}
