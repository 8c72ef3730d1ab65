import { isLoopback } from '../config/listen-host.js';
import type { Settings } from '../config/settings.js';
import { OperatorError } from '../lib/errors.js';

/**
 * Without authentication everything is open to whoever reaches the port, so that port must not be
 * reachable from outside.
 *
 * @throws {OperatorError} in production, or on an address other than loopback.
 */
export function requireClosedDoor(settings: Pick<Settings, 'host' | 'production'>): void {
  if (settings.production) {
    throw new OperatorError(
      'This version has no authentication yet and does not start with NODE_ENV=production. Leave NODE_ENV unset to try it on this machine.',
    );
  }
  if (!isLoopback(settings.host)) {
    throw new OperatorError(
      `HOST=${settings.host} would let anyone on the network read and write everything, because this version has no authentication yet. Use HOST=127.0.0.1, and let the site's own backend on this machine pass requests on.`,
    );
  }
}
