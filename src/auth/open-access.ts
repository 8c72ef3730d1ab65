import { isLoopback, type Settings } from '../config/settings.js';
import { OperatorError } from '../lib/errors.js';

/**
 * Rejects settings that would expose the gateway, which has no authentication yet: it may only run in development, and
 * only listen on an address that no other machine can reach.
 *
 * @throws {OperatorError} with NODE_ENV=production, or for a host that is not a loopback address.
 */
export function requireLocalDevelopment(settings: Pick<Settings, 'host' | 'production'>): void {
  if (settings.production) {
    throw new OperatorError(
      'NODE_ENV=production is not supported, because this version has no authentication yet. Unset NODE_ENV to run the gateway on this machine.',
    );
  }
  if (!isLoopback(settings.host)) {
    throw new OperatorError(
      `HOST=${settings.host} would let anyone on the network read and write all data, because this version has no authentication yet. Use HOST=127.0.0.1, and forward requests from the site's backend on this machine.`,
    );
  }
}
