import { openBackend, type Backend } from '../app.js';
import { settingsFromEnvironment } from '../config/settings.js';
import { createLogger } from '../observability/logger.js';

/** The backend for one command: its log goes to standard error, so that the output stays the command's own. */
export function openCommandBackend(options: { holdCatalogue: boolean }): Promise<Backend> {
  const settings = settingsFromEnvironment();
  const level = settings.logLevel === 'info' ? 'warn' : settings.logLevel;
  const logger = createLogger(level, { pretty: process.stderr.isTTY, fd: 2 });
  return openBackend({ settings, logger, clock: Date.now, ...options });
}
