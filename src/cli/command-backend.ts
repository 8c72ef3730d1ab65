import { openBackend, type Backend } from '../app/backend.js';
import { settingsFromEnvironment, type Settings } from '../config/settings.js';
import { createLogger } from '../lib/logger.js';
import { connectionTo, databaseLabel } from '../storage/database/connection.js';
import { printNote } from './output/print.js';
import { interruptible } from './signals.js';

interface BackendOptions {
  readonly loadCatalog: boolean;
  readonly isWorker?: boolean;
}

/**
 * Opens the backend for one command. Standard output holds only the result of the command, so logs go to standard error.
 * So does the name of the database, because a command can easily use another one than the gateway does.
 */
export async function openCommandBackend(options: BackendOptions): Promise<Backend> {
  const settings = settingsFromEnvironment();
  const level = settings.logLevel === 'info' ? 'warn' : settings.logLevel;
  const logger = createLogger(level, { pretty: process.stderr.isTTY, fd: 2 });
  const backend = await openBackend({ settings, logger, clock: Date.now, ...options });
  printNote(`Using ${databaseName(settings)}.`);
  return backend;
}

/** Runs `work` with a backend. Closes the backend even if a stop signal interrupts the work. */
export function withCommandBackend<Result>(
  options: BackendOptions,
  work: (backend: Backend, stop: AbortSignal) => Promise<Result>,
): Promise<Result> {
  return interruptible(() => openCommandBackend(options), work);
}

/** Returns a name such as `the database site at db.example.org:5432`, without user and password. */
export function databaseName({ databaseUrl, dataDir }: Pick<Settings, 'databaseUrl' | 'dataDir'>): string {
  if (databaseUrl === undefined) return `the embedded database in ${dataDir}`;
  return `the ${databaseLabel(connectionTo(databaseUrl))}`;
}
