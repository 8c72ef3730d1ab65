import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestHttpServer, type TestHttpServer } from '../../support/test-http-server.js';

describe('GraphiQL', () => {
  let server: TestHttpServer;
  const get = (path: string, init?: RequestInit) => fetch(`${server.url}${path}`, init);

  beforeAll(async () => {
    server = await startTestHttpServer({
      exampleQueries: [
        { query: 'query Me { user }', variables: {} },
        { query: 'query One($id: ID!) { note(id: $id) { id } }', variables: { id: '7' } },
      ],
    });
  });
  afterAll(() => server.app.close());

  test('is one page with the examples, which loads nothing from another host', async () => {
    const response = await get('/graphiql');
    const html = await response.text();

    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(html).not.toMatch(/<(?:script|link)[^>]+(?:src|href)="https?:/);
    expect(html).toContain('query Me { user }');
    expect(html).toContain(JSON.stringify(JSON.stringify({ id: '7' }, null, 2)));
  });

  test('is compressed only for clients that accept gzip', async () => {
    const compressed = await get('/graphiql', { headers: { 'accept-encoding': 'gzip' } });
    const plain = await get('/graphiql', { headers: { 'accept-encoding': 'identity' } });

    expect(compressed.headers.get('content-encoding')).toBe('gzip');
    expect(Number(compressed.headers.get('content-length'))).toBeLessThan(4_000_000);
    expect(plain.headers.get('content-encoding')).toBeNull();
    expect(await compressed.text()).toBe(await plain.text());
  });

  test.each([
    ['gzip;q=0', null],
    ['identity, gzip;q=0.5', null],
    ['br, gzip;q=0.8', 'gzip'],
    ['*', 'gzip'],
  ])('responds to Accept-Encoding: %s with the encoding %s', async (accepted, encoding) => {
    const response = await get('/graphiql', { headers: { 'accept-encoding': accepted } });
    await response.body?.cancel();

    expect(response.headers.get('content-encoding')).toBe(encoding);
  });

  test('returns 304 for a matching ETag', async () => {
    const first = await get('/graphiql');
    await first.body?.cancel();
    const revalidated = await get('/graphiql', {
      headers: { 'if-none-match': first.headers.get('etag') ?? '' },
    });

    expect([revalidated.status, await revalidated.text()]).toEqual([304, '']);
  });

  test('has a content security policy that allows only its own script', async () => {
    const response = await get('/graphiql');
    const [, script = ''] = /<script>(.*?)<\/script>/s.exec(await response.text()) ?? [];
    const policy = response.headers.get('content-security-policy');

    expect(policy).toContain(`'sha256-${createHash('sha256').update(script).digest('base64')}'`);
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain("script-src 'unsafe-inline'");
  });

  test('is the redirect target of /', async () => {
    const response = await get('/', { redirect: 'manual' });

    expect([response.status, response.headers.get('location')]).toEqual([302, '/graphiql']);
  });
});
