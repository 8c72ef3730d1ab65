import { afterEach, describe, expect, test } from 'vitest';
import type { HealthCheck } from '../../../src/server/health.js';
import { startTestHttpServer, type TestHttpServer } from '../../support/test-http-server.js';

describe('health endpoints', () => {
  let server: TestHttpServer | undefined;
  const start = async (checks: Record<string, HealthCheck>) => {
    server = await startTestHttpServer({ checks });
    return async (path: string) => {
      const response = await fetch(`${server?.url ?? ''}${path}`);
      return { status: response.status, body: (await response.json()) as unknown };
    };
  };
  const passing: HealthCheck = () => Promise.resolve({ ok: true, detail: { ageSeconds: 4 } });
  const failing: HealthCheck = () => Promise.resolve({ ok: false, detail: 'stale' });

  afterEach(() => server?.app.close());

  test('/livez returns 200 when a check fails', async () => {
    const get = await start({ catalog: failing });

    expect(await get('/livez')).toEqual({ status: 200, body: { status: 'ok' } });
  });

  test('/readyz returns 200 with the report of each check', async () => {
    const get = await start({ database: () => Promise.resolve({ ok: true }), catalog: passing });

    expect(await get('/readyz')).toEqual({
      status: 200,
      body: {
        status: 'ready',
        checks: { database: { ok: true }, catalog: { ok: true, detail: { ageSeconds: 4 } } },
      },
    });
  });

  test('/readyz returns 503 when one of several checks fails', async () => {
    const get = await start({ database: failing, catalog: passing });

    expect(await get('/readyz')).toMatchObject({
      status: 503,
      body: {
        status: 'unready',
        checks: { database: { ok: false, detail: 'stale' }, catalog: { ok: true } },
      },
    });
  });

  test('/readyz returns 503 when a check throws, and logs the reason without returning it', async () => {
    const get = await start({
      database: () => Promise.reject(new Error('password authentication failed')),
      catalog: () => {
        throw new Error('not loaded');
      },
    });

    expect(await get('/readyz')).toEqual({
      status: 503,
      body: {
        status: 'unready',
        checks: { database: { ok: false, detail: 'failed' }, catalog: { ok: false, detail: 'failed' } },
      },
    });
    expect(server?.log.flatMap(({ err }) => err?.message ?? []).sort()).toEqual([
      'not loaded',
      'password authentication failed',
    ]);
  });

  test('/readyz runs hanging checks concurrently, and times out after one second', async () => {
    const hanging: HealthCheck = () => new Promise(() => undefined);
    const get = await start({ one: hanging, two: hanging, three: hanging, catalog: passing });
    const began = performance.now();
    const { status, body } = await get('/readyz');

    expect(performance.now() - began).toBeLessThan(2_000);
    expect(status).toBe(503);
    expect(body).toMatchObject({
      checks: { one: { ok: false, detail: 'no result in 1000 ms' }, catalog: { ok: true } },
    });
  });

  test('/readyz returns 503 once draining begins, while other requests are still served', async () => {
    const get = await start({ catalog: passing });
    server?.beginDrain();

    expect(await get('/readyz')).toEqual({ status: 503, body: { status: 'draining' } });
    expect(await get('/livez')).toEqual({ status: 200, body: { status: 'ok' } });
  });
});
