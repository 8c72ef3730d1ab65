import { isLoopback, type Settings } from '../config/settings.js';
import { OperatorError } from '../lib/errors.js';

const CONFIGURE =
  'Create an API key with "bellwether keys create", or set BELLWETHER_JWT_JWKS_URL or BELLWETHER_JWT_SECRET.';

type Exposure = Pick<Settings, 'host' | 'production' | 'jwt'>;

/**
 * Whether a gateway without API keys runs in development mode, in which every caller may do everything: without tokens,
 * outside production, and on an address that no other machine can reach.
 */
export function isOpenWithoutKeys({ host, production, jwt }: Exposure): boolean {
  return jwt === undefined && !production && isLoopback(host);
}

/**
 * Rejects settings that would expose the gateway without authentication.
 *
 * @param hasApiKeys whether an API key was ever created.
 * @throws {OperatorError} with NODE_ENV=production, or for a host that is not a loopback address.
 */
export function requireProtection(settings: Exposure, hasApiKeys: boolean): void {
  if (settings.jwt !== undefined || hasApiKeys || isOpenWithoutKeys(settings)) return;
  throw new OperatorError(
    settings.production
      ? `NODE_ENV=production requires authentication, and none is configured. ${CONFIGURE}`
      : `HOST=${settings.host} would let anyone on the network read and write all data, because no authentication is configured. ${CONFIGURE} Or use HOST=127.0.0.1.`,
  );
}
