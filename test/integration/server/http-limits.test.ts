import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { postGraphQL, startTestHttpServer, type TestHttpServer } from '../../support/test-http-server.js';

describe('the HTTP layer', () => {
  let server: TestHttpServer;
  const json = { 'content-type': 'application/json' };
  const request = (path: string, init?: RequestInit) => fetch(`${server.url}${path}`, init);
  const codeOf = async (response: Response) => {
    expect(response.headers.get('content-type')).toContain('application/json');
    const body = (await response.json()) as { errors: { extensions: { code: string } }[] };
    return body.errors[0]?.extensions.code;
  };

  beforeAll(async () => {
    server = await startTestHttpServer();
  });
  afterAll(() => server.app.close());

  test('rejects a body of 2 MB with 413, and accepts one just below 1 MB', async () => {
    const body = (bytes: number) =>
      JSON.stringify({ query: '{ user }', extensions: { pad: 'x'.repeat(bytes) } });
    const large = await request('/graphql', { method: 'POST', headers: json, body: body(2 * 1024 * 1024) });
    const small = await request('/graphql', { method: 'POST', headers: json, body: body(1024 * 1024 - 100) });

    expect([large.status, await codeOf(large)]).toEqual([413, 'PAYLOAD_TOO_LARGE']);
    expect([small.status, await small.json()]).toEqual([200, { data: { user: 'ada' } }]);
  });

  test('accepts a document of 2,000 tokens, and rejects a longer one', async () => {
    const query = (numbers: number) => `{ echo(numbers: [${'1 '.repeat(numbers)}]) }`;
    const longest = await postGraphQL(server.url, { query: query(1_991) });
    const tooLong = await postGraphQL(server.url, { query: query(1_992) });

    expect([longest.status, longest.body.errors]).toEqual([200, undefined]);
    expect(tooLong.status).toBe(400);
    expect(tooLong.body.errors).toMatchObject([{ extensions: { code: 'LIMIT_EXCEEDED' } }]);
  });

  test('returns at most five validation errors', async () => {
    const query = `{ ${Array.from({ length: 50 }, (_, i) => `nothing${i}`).join(' ')} }`;
    const { body } = await postGraphQL(server.url, { query });

    expect(body.errors?.at(-1)?.message).toContain('Too many validation errors');
    expect(body.errors).toHaveLength(6);
  });

  test.each([
    ['JSON that does not parse', '{"query": ', json, 400, 'BAD_REQUEST'],
    ['JSON that would set a prototype', '{"query":"{ user }","__proto__":{}}', json, 400, 'BAD_REQUEST'],
    ['an empty body', '', json, 400, 'BAD_REQUEST'],
    ['text', '{ user }', { 'content-type': 'text/plain' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    [
      'a form',
      'query=x',
      { 'content-type': 'application/x-www-form-urlencoded' },
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    ['a batch of operations', '[{"query":"{ user }"}]', json, 400, 'BAD_REQUEST'],
  ])('rejects %s', async (_name, body, headers, status, code) => {
    const response = await request('/graphql', { method: 'POST', headers, body });

    expect([response.status, await codeOf(response)]).toEqual([status, code]);
  });

  test('rejects a GET request that any page can make a browser send', async () => {
    const bare = await request('/graphql?query={user}');
    const preflighted = await request('/graphql?query={user}', {
      headers: { 'apollo-require-preflight': '1' },
    });

    expect([bare.status, await codeOf(bare)]).toEqual([400, 'BAD_REQUEST']);
    expect(await preflighted.json()).toEqual({ data: { user: 'ada' } });
  });

  test('rejects a mutation by GET without executing it', async () => {
    const query = encodeURIComponent('mutation { write(text: "a") }');
    const response = await request(`/graphql?query=${query}`, {
      headers: { 'apollo-require-preflight': '1' },
    });

    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
    expect(server.writes).toEqual([]);
  });

  test('sends no CORS headers', async () => {
    const headers = { origin: 'https://other.example', 'access-control-request-method': 'POST' };
    const preflight = await request('/graphql', { method: 'OPTIONS', headers });
    const post = await request('/graphql', {
      method: 'POST',
      headers: { ...json, ...headers },
      body: '{"query":"{ user }"}',
    });

    expect(preflight.status).toBe(405);
    for (const response of [preflight, post]) {
      expect([...response.headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([]);
    }
  });

  test('returns JSON errors for unknown paths and unsupported methods', async () => {
    const missing = await request('/nothing');
    const wrongMethod = await request('/graphql?a=b', { method: 'DELETE' });
    const undecodable = await request('/%ff');

    expect([missing.status, await codeOf(missing)]).toEqual([404, 'NOT_FOUND']);
    expect([wrongMethod.status, await codeOf(wrongMethod)]).toEqual([405, 'METHOD_NOT_ALLOWED']);
    expect(wrongMethod.headers.get('allow')).toBe('GET, POST');
    expect([undecodable.status, await codeOf(undecodable)]).toEqual([400, 'BAD_REQUEST']);
  });

  test.each(['/graphql', '/livez', '/readyz', '/nothing', '/%ff', '/graphiql'])(
    'returns the x-request-id of the request from %s',
    async (path) => {
      const response = await request(path, { headers: { 'x-request-id': 'abc-123' } });
      await response.body?.cancel();

      expect(response.headers.get('x-request-id')).toBe('abc-123');
    },
  );

  test.each(['x'.repeat(65), 'a b', 'a"b', ''])('creates a request id instead of "%s"', async (given) => {
    const response = await request('/livez', { headers: { 'x-request-id': given } });

    expect(response.headers.get('x-request-id')).toMatch(/^request-\d+$/);
  });

  test('logs no query string', async () => {
    await request('/graphql?query={user}&secret=value-of-secret');

    await expect.poll(() => JSON.stringify(server.log)).toContain('request completed');
    expect(JSON.stringify(server.log)).not.toContain('value-of-secret');
  });
});
