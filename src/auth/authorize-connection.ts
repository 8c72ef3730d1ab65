import type { IncomingMessage } from 'node:http';

/** Who is at the other end of a connection: without authentication one who may do everything. */
export interface Viewer {
  readonly role: 'OPEN';
}

/** Whether a connection may be used, and by whom. */
export type Admission =
  | { readonly viewer: Viewer; readonly refused?: never }
  | { readonly viewer?: never; readonly refused: 'UNAUTHENTICATED' | 'FORBIDDEN' };

/**
 * Judges a live connection once, by what the client says first.
 *
 * @param connectionParams the payload of `connection_init`, where a browser, which can set no headers, puts its token.
 * @param request the upgrade.
 */
export type AuthorizeConnection = (
  connectionParams: Readonly<Record<string, unknown>>,
  request: IncomingMessage,
) => Admission | Promise<Admission>;

/** Lets everybody in: the port is reachable from this machine only. The place where tokens will be checked. */
export const authorizeConnection: AuthorizeConnection = () => ({ viewer: { role: 'OPEN' } });
