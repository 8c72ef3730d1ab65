import type { IncomingMessage } from 'node:http';
import { BellwetherError } from '../lib/errors.js';
import type { Authentication } from './authenticate.js';
import type { Viewer } from './viewer.js';

/** Result of authorizing a connection. */
type Authorization =
  | { readonly viewer: Viewer; readonly rejected?: never }
  | { readonly viewer?: never; readonly rejected: 'UNAUTHENTICATED' | 'FORBIDDEN' };

/**
 * Authorizes a WebSocket connection once, by its first message.
 *
 * @param connectionParams payload of `connection_init`. A browser sends its token there, because it cannot set headers.
 * @param request the upgrade request.
 */
export type AuthorizeConnection = (
  connectionParams: Readonly<Record<string, unknown>>,
  request: Pick<IncomingMessage, 'headers'>,
) => Authorization | Promise<Authorization>;

/**
 * Authorizes by `authorization` or `x-api-key` in the payload of `connection_init`, in any case, with the values of the HTTP
 * headers of these names. Without either, by the headers of the upgrade request.
 */
export function connectionAuthorizer(authentication: Pick<Authentication, 'viewerOf'>): AuthorizeConnection {
  return async (connectionParams, { headers }) => {
    const params = new Map(
      Object.entries(connectionParams).map(([name, value]) => [name.toLowerCase(), value]),
    );
    const isGiven = params.has('authorization') || params.has('x-api-key');
    const authorization = isGiven ? params.get('authorization') : headers.authorization;
    const apiKey = isGiven ? params.get('x-api-key') : headers['x-api-key'];
    try {
      const credentials = { authorization: asText(authorization), apiKey: asText(apiKey) };
      return { viewer: await authentication.viewerOf(credentials) };
    } catch (error) {
      if (error instanceof BellwetherError && error.code === 'UNAUTHENTICATED') {
        return { rejected: 'UNAUTHENTICATED' };
      }
      throw error;
    }
  };
}

/** Null means the same as leaving a value out. A value of another type becomes an invalid credential. */
function asText(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  return typeof value === 'string' ? value : '';
}
