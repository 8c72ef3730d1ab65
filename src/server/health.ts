import type { FastifyInstance } from 'fastify';
import type { Logger } from '../lib/logger.js';

export interface HealthReport {
  readonly ok: boolean;
  /** What an operator should know, as JSON; whoever reaches the port can read it. */
  readonly detail?: unknown;
}

export type HealthCheck = () => Promise<HealthReport>;

export interface HealthOptions {
  /** What must work before this replica should get traffic, by name. */
  readonly checks: Readonly<Record<string, HealthCheck>>;
  readonly isDraining: () => boolean;
  readonly logger: Pick<Logger, 'warn'>;
  /** After this time a check counts as failed. Default 1,000. */
  readonly timeoutMs?: number;
}

/**
 * `GET /livez` answers 200 while the process can answer at all: nothing outside it may cause a restart.
 * `GET /readyz` answers 200 while every check passes, and 503 otherwise and from the start of draining on.
 */
export function registerHealthRoutes(app: FastifyInstance, options: HealthOptions): void {
  const { checks, isDraining, logger, timeoutMs = 1_000 } = options;

  app.get('/livez', (_request, reply) => reply.header('cache-control', 'no-store').send({ status: 'ok' }));

  app.get('/readyz', async (_request, reply) => {
    reply.header('cache-control', 'no-store');
    if (isDraining()) return reply.code(503).send({ status: 'draining' });

    const reports = await Promise.all(
      Object.entries(checks).map(async ([name, check]) => {
        const report = await bounded(check, timeoutMs).catch((error: unknown): HealthReport => {
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

async function bounded(check: HealthCheck, timeoutMs: number): Promise<HealthReport> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<HealthReport>((resolve) => {
    timer = setTimeout(() => resolve({ ok: false, detail: `no answer in ${timeoutMs} ms` }), timeoutMs);
  });
  try {
    return await Promise.race([check(), timeout]);
  } finally {
    clearTimeout(timer);
  }
}
