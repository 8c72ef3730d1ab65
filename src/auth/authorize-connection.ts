import type { IncomingMessage } from 'node:http';
import { OPEN_VIEWER, type Viewer } from './viewer.js';

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
  request: IncomingMessage,
) => Authorization | Promise<Authorization>;

/** Accepts every connection, because the port is reachable from this machine only. Tokens will be checked here. */
export const authorizeConnection: AuthorizeConnection = () => ({ viewer: OPEN_VIEWER });
