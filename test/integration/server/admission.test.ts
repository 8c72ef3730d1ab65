import { Client } from 'undici';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { postGraphQL, startTestHttpServer, type TestHttpServer } from '../../support/test-http-server.js';

describe('a process with as many reads as it can serve', () => {
  let server: TestHttpServer;
  let inProgress = 0;
  const release: (() => void)[] = [];
  let waiting: Promise<unknown>[];

  beforeAll(async () => {
    server = await startTestHttpServer({
      reads: {
        tryBegin: () => inProgress < 2 && ++inProgress > 0,
        end: () => {
          inProgress -= 1;
        },
      },
      buildContext: ({ headers }, viewer) =>
        headers['x-wait'] === undefined
          ? { user: 'ada', viewer, address: '' }
          : new Promise((resolve) => release.push(() => resolve({ user: 'ada', viewer, address: '' }))),
    });
    waiting = [1, 2].map(() => postGraphQL(server.url, { query: '{ user }' }, { 'x-wait': 'yes' }));
    await vi.waitFor(() => expect(release).toHaveLength(2));
  });
  afterAll(() => server.app.close());

  it('rejects another with 503, Retry-After, and the code UNAVAILABLE', async () => {
    const { status, headers, body } = await postGraphQL(server.url, { query: '{ user }' });
    expect(status).toBe(503);
    expect(headers.get('retry-after')).toBe('1');
    expect(body).toEqual({
      errors: [
        {
          message: 'The gateway has as many requests as it can serve; retry after retryAfterMs.',
          extensions: { code: 'UNAVAILABLE', retryAfterMs: 1_000 },
        },
      ],
    });
  });

  it('delays the rejection of a read that follows another one on its connection at once', async () => {
    const connections = [new Client(server.url), new Client(server.url)] as const;
    const read = async (connection: Client) => {
      const { statusCode, body } = await connection.request({
        ...{ path: '/graphql', method: 'POST', headers: { 'content-type': 'application/json' } },
        body: JSON.stringify({ query: '{ user }' }),
      });
      await body.dump();
      expect(statusCode).toBe(503);
      return connection;
    };
    await read(connections[0]);
    const responses: Client[] = [];
    await Promise.all(connections.map(async (connection) => responses.push(await read(connection))));
    expect(responses).toEqual([connections[1], connections[0]]);
    await Promise.all(connections.map((connection) => connection.close()));
  });

  it.each(['/livez', '/readyz'])('responds at %s', async (path) => {
    expect((await fetch(`${server.url}${path}`)).status).toBe(200);
  });

  it('executes writes', async () => {
    const { status } = await postGraphQL(server.url, { query: 'mutation { __typename }' });
    expect(status).toBe(200);
  });

  it.each([
    ['A', 503],
    ['B', 200],
    ['C', 503],
    [null, 503],
  ])('goes by the operation that operationName selects: %s', async (operationName, expected) => {
    const query = 'query A { user } mutation B { __typename }';
    const { status } = await postGraphQL(server.url, { query, operationName });
    expect(status).toBe(expected);
  });

  it('does not take a read for a write because of its text', async () => {
    const { status } = await postGraphQL(server.url, { query: 'query mutation { user }' });
    expect(status).toBe(503);
  });

  it('accepts reads again when one ends', async () => {
    release.forEach((end) => end());
    await Promise.all(waiting);
    expect((await postGraphQL(server.url, { query: '{ user }' })).status).toBe(200);
  });
});
