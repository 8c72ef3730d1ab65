import type { FastifyInstance } from 'fastify';
import type { Logger } from '../lib/logger.js';
import { TimeoutError, withTimeout } from '../lib/timeout.js';

interface HealthReport {
  readonly ok: boolean;
  /** JSON details for an operator. Public: every client that reaches the port can read them. */
  readonly detail?: unknown;
}

export type HealthCheck = () => Promise<HealthReport>;

export interface HealthOptions {
  /** Checks by name. All must pass before this replica gets traffic. */
  readonly checks: Readonly<Record<string, HealthCheck>>;
  readonly isDraining: () => boolean;
  readonly logger: Pick<Logger, 'warn'>;
}

/** Container runtimes and load balancers call these under any host name, and without credentials. */
export const HEALTH_PATHS: ReadonlySet<string> = new Set(['/livez', '/readyz']);

/** A check without a result after this time has failed. */
const TIMEOUT_MS = 1_000;

/**
 * - `GET /livez` returns 200 while the process responds. It checks nothing else, because an external failure must not
 *   cause a restart.
 * - `GET /readyz` returns 200 while every check passes, otherwise 503, and 503 once draining has begun.
 */
export function registerHealthRoutes(app: FastifyInstance, options: HealthOptions): void {
  const { checks, isDraining, logger } = options;

  app.get('/livez', (_request, reply) => reply.header('cache-control', 'no-store').send({ status: 'ok' }));

  app.get('/readyz', async (_request, reply) => {
    reply.header('cache-control', 'no-store');
    if (isDraining()) return reply.code(503).send({ status: 'draining' });

    const reports = await Promise.all(
      Object.entries(checks).map(async ([name, check]) => {
        const report = await withTimeout(check, TIMEOUT_MS).catch((error: unknown): HealthReport => {
          if (error instanceof TimeoutError) return { ok: false, detail: `no result in ${TIMEOUT_MS} ms` };
          logger.warn({ err: error, check: name }, 'health check failed');
          return { ok: false, detail: 'failed' };
        });
        return [name, report] as const;
      }),
    );
    const ready = reports.every(([, { ok }]) => ok);
    return reply
      .code(ready ? 200 : 503)
      .send({ status: ready ? 'ready' : 'unready', checks: Object.fromEntries(reports) });
  });
}
