import { isIPv4 } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Authentication } from '../auth/authenticate.js';
import { reject } from './error-responses.js';
import { HEALTH_PATHS } from './health.js';

/**
 * While the gateway is open, rejects requests whose Host header does not name this machine, except health checks. This
 * protects against DNS rebinding: a page of another site can point its own domain at a loopback address, and the browser
 * then treats this server as part of that page. Only the Host header that the browser sends reveals it.
 */
export function registerLoopbackOnly(
  app: FastifyInstance,
  authentication: Pick<Authentication, 'isOpen'>,
): void {
  app.addHook('onRequest', (request, reply, done) => {
    const { url = '' } = request.routeOptions;
    if (!authentication.isOpen || HEALTH_PATHS.has(url) || namesLoopback(request.headers.host)) done();
    else reject(reply, 403);
  });
}

/** Whether a Host header is localhost, an address in 127.0.0.0/8, or [::1], with or without a port. */
export function namesLoopback(hostHeader: string | undefined): boolean {
  const name = /^(\[[^\]]*\]|[^:]*)(?::\d{0,5})?$/.exec(hostHeader?.toLowerCase() ?? '')?.[1] ?? '';
  return name === 'localhost' || name === '[::1]' || (isIPv4(name) && name.startsWith('127.'));
}
