import { isIPv4 } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { refuse } from './error-replies.js';

/**
 * Refuses requests that do not name this machine in their Host header. A page elsewhere on the web can
 * point a name of its own at a loopback address (DNS rebinding), and its visitor's browser then counts
 * this server as part of that page; the name that the browser sends is what gives it away.
 */
export function registerLoopbackOnly(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    if (namesLoopback(request.headers.host)) done();
    else refuse(reply, 403);
  });
}

/** Whether a Host header names localhost, an address in 127.0.0.0/8, or [::1], with any port or none. */
export function namesLoopback(hostHeader: string | undefined): boolean {
  const name = /^(\[[^\]]*\]|[^:]*)(?::\d{0,5})?$/.exec(hostHeader?.toLowerCase() ?? '')?.[1] ?? '';
  return name === 'localhost' || name === '[::1]' || (isIPv4(name) && name.startsWith('127.'));
}
