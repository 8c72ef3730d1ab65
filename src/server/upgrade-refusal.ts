import { STATUS_CODES, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { namesLoopback } from './loopback-only.js';

/** Why a connection is not made a WebSocket, as the HTTP answer says it. */
export interface UpgradeRefusal {
  readonly status: 403 | 404 | 503;
  readonly code: string;
  readonly message: string;
}

export interface UpgradePolicy {
  /** Where WebSockets are served. */
  readonly path: string;
  /** Whether the Host header must name this machine. */
  readonly loopbackOnly: boolean;
  /** Origins, such as `https://example.org`, whose pages may connect besides those of this host itself. */
  readonly allowedOrigins: readonly string[];
}

export const TOO_MANY_CONNECTIONS: UpgradeRefusal = {
  status: 503,
  code: 'UNAVAILABLE',
  message:
    'There are as many live connections as this server takes, or it is about to stop. Try again later.',
};

/** Whether a client asks to speak WebSocket from now on. */
export function isWebSocketUpgrade({ upgrade }: IncomingHttpHeaders): boolean {
  return upgrade?.toLowerCase() === 'websocket';
}

/**
 * What speaks against an upgrade. A browser lets any page on the web open a WebSocket to anywhere, so the server is to
 * look whose page it is; who sends no Origin is no browser.
 */
export function upgradeFault(request: IncomingMessage, policy: UpgradePolicy): UpgradeRefusal | undefined {
  const { host, origin } = request.headers;
  if (policy.loopbackOnly && !namesLoopback(host)) {
    return forbidden('Without authentication this gateway answers only at localhost, 127.0.0.1 or [::1].');
  }
  if (
    origin !== undefined &&
    !policy.allowedOrigins.includes(origin) &&
    hostOf(origin) !== host?.toLowerCase()
  ) {
    return forbidden('Pages of this origin may not connect here.');
  }
  if (request.url?.split('?', 1)[0] !== policy.path) {
    return { status: 404, code: 'NOT_FOUND', message: 'No WebSocket is served at this path.' };
  }
  return undefined;
}

/** Answers with HTTP, and hangs up. */
export function refuseUpgrade(socket: Duplex, { status, code, message }: UpgradeRefusal): void {
  const body = JSON.stringify({ errors: [{ message, extensions: { code } }] });
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Connection: close',
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  // The client may be gone already, which is as good.
  socket.on('error', () => socket.destroy());
  socket.once('finish', () => socket.destroy());
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

function forbidden(message: string): UpgradeRefusal {
  return { status: 403, code: 'FORBIDDEN', message };
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
