import { STATUS_CODES, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { LIMIT_EXCEEDED } from '../lib/errors.js';
import { LOOPBACK_ONLY } from './error-responses.js';
import { namesLoopback } from './loopback-only.js';

/** HTTP response to a rejected WebSocket upgrade. */
export interface UpgradeRejection {
  readonly status: 403 | 404 | 429 | 503;
  readonly code: string;
  readonly message: string;
}

export interface UpgradePolicy {
  /** Path of the WebSocket endpoint. */
  readonly path: string;
  /** Whether the Host header must name this machine. */
  readonly loopbackOnly: boolean;
  /** Origins, such as `https://example.org`, that may connect in addition to the origin of the Host header. */
  readonly allowedOrigins: readonly string[];
}

export const TOO_MANY_CONNECTIONS: UpgradeRejection = {
  status: 503,
  code: 'UNAVAILABLE',
  message:
    'This gateway has reached its limit of WebSocket connections, or it is shutting down. Retry later.',
};

export const TOO_MANY_OF_ADDRESS: UpgradeRejection = {
  status: 429,
  code: LIMIT_EXCEEDED,
  message:
    'This address has reached its limit of WebSocket connections. Close one, or share it between pages.',
};

/** Whether the client requests an upgrade to WebSocket. */
export function isWebSocketUpgrade({ upgrade }: IncomingHttpHeaders): boolean {
  return upgrade?.toLowerCase() === 'websocket';
}

/**
 * Returns the reason to reject an upgrade, or undefined to accept it. Checks the Origin header, because a browser lets
 * any page open a WebSocket to any host. A client without an Origin header is not a browser.
 */
export function upgradeRejection(
  request: IncomingMessage,
  policy: UpgradePolicy,
): UpgradeRejection | undefined {
  const { host, origin } = request.headers;
  if (policy.loopbackOnly && !namesLoopback(host)) return forbidden(LOOPBACK_ONLY);
  if (
    origin !== undefined &&
    !policy.allowedOrigins.includes(origin) &&
    hostOf(origin) !== host?.toLowerCase()
  ) {
    return forbidden('The Origin header must match the Host header. Connect from a page of this host.');
  }
  if (request.url?.split('?', 1)[0] !== policy.path) {
    return {
      status: 404,
      code: 'NOT_FOUND',
      message: `No WebSocket endpoint exists at this path. Connect to ${policy.path}.`,
    };
  }
  return undefined;
}

/** Sends the rejection as an HTTP response, and closes the connection. */
export function rejectUpgrade(socket: Duplex, { status, code, message }: UpgradeRejection): void {
  const body = JSON.stringify({ errors: [{ message, extensions: { code } }] });
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Connection: close',
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  // If the client has already disconnected, there is nothing left to do.
  socket.on('error', () => socket.destroy());
  socket.once('finish', () => socket.destroy());
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

function forbidden(message: string): UpgradeRejection {
  return { status: 403, code: 'FORBIDDEN', message };
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
