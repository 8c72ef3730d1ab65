import { isLoopback, type Settings } from '../config/settings.js';
import { OperatorError } from '../lib/errors.js';

/**
 * Checks that the gateway, which has no authentication yet, is reachable from this machine only.
 *
 * @throws {OperatorError} in production, or on an address other than loopback.
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
