import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { OPEN } from '../../support/open-authentication.js';
import { startTestHttpServer, type TestHttpServer } from '../../support/test-http-server.js';

interface RawResponse {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** Sends raw header lines, because fetch sets its own Host header. */
async function send(
  server: TestHttpServer,
  requestLine: string,
  lines: readonly string[],
  content = '',
): Promise<RawResponse> {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  socket.write([requestLine, ...lines, 'Connection: close', '', content].join('\r\n'));
  const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n', 2);
  return { status: Number(head.split(' ')[1]), head: head.toLowerCase(), body };
}

describe('a server in development mode', () => {
  let server: TestHttpServer;
  const withHost = (host: string) => send(server, 'GET /nothing HTTP/1.1', [`Host: ${host}`]);

  beforeAll(async () => {
    server = await startTestHttpServer();
  });
  afterAll(() => server.app.close());

  test.each([
    'localhost',
    'localhost:4000',
    'LOCALHOST:4000',
    'LocalHost',
    '127.0.0.1',
    '127.0.0.1:1',
    '127.255.0.254:65535',
    '[::1]',
    '[::1]:4000',
  ])('accepts the Host %s', async (host) => {
    expect(await withHost(host)).toMatchObject({ status: 404 });
  });

  test.each([
    'evil.example',
    'evil.example:4000',
    '127.0.0.1.evil.example',
    '127.0.0.1.evil.example:4000',
    'localhost.evil.example',
    'evil-localhost',
    'localhost.',
    'localhost@evil.example',
    'localhost:4000:evil.example',
    'localhost:evil',
    'localhost, evil.example',
    'evil.example localhost',
    '127.0.0.256',
    '127.0.0',
    '128.0.0.1',
    '0.0.0.0',
    '10.0.0.7:4000',
    '::1',
    '[::1',
    '[::2]:4000',
    '[::1].evil.example',
    '[localhost]',
    '[]',
    ':4000',
    '',
    '\u00ff\u00fe',
  ])('rejects the Host "%s"', async (host) => {
    const { status, head, body } = await withHost(host);

    expect(status).toBe(403);
    expect(head).toContain('content-type: application/json');
    expect(head).toContain('x-request-id: request-');
    expect(JSON.parse(body)).toEqual({
      errors: [
        {
          message:
            'The Host header must be localhost, 127.0.0.1 or [::1], because this gateway has no authentication configured.',
          extensions: { code: 'FORBIDDEN' },
        },
      ],
    });
  });

  test('rejects a request without a Host', async () => {
    expect(await send(server, 'GET /nothing HTTP/1.0', [])).toMatchObject({ status: 403 });
  });

  test('ignores forwarded host headers', async () => {
    const forwarded = ['X-Forwarded-Host: localhost', 'Forwarded: host=localhost'];

    expect(await send(server, 'GET /nothing HTTP/1.1', ['Host: evil.example', ...forwarded])).toMatchObject({
      status: 403,
    });
  });

  test.each(['/livez', '/readyz'])('accepts any Host at %s', async (path) => {
    expect(await send(server, `GET ${path} HTTP/1.1`, ['Host: evil.example'])).toMatchObject({ status: 200 });
  });

  test.each(['/graphql', '/graphiql', '/', '/nothing'])('rejects another Host at %s', async (path) => {
    expect(await send(server, `GET ${path} HTTP/1.1`, ['Host: evil.example'])).toMatchObject({
      status: 403,
    });
  });

  test('executes no operation of a rejected request', async () => {
    const body = JSON.stringify({ query: 'mutation { write(text: "a") }' });
    const post = (host: string) =>
      send(
        server,
        'POST /graphql HTTP/1.1',
        [`Host: ${host}`, 'Content-Type: application/json', `Content-Length: ${body.length}`],
        body,
      );

    expect(await post('evil.example')).toMatchObject({ status: 403 });
    expect(server.writes).toEqual([]);
    expect(await post('localhost')).toMatchObject({ status: 200 });
    expect(server.writes).toEqual(['a']);
  });
});

test('a server with authentication accepts any Host', async () => {
  const server = await startTestHttpServer({ authentication: { ...OPEN, isOpen: false } });
  try {
    expect(await send(server, 'GET /nothing HTTP/1.1', ['Host: bellwether.example'])).toMatchObject({
      status: 404,
    });
  } finally {
    await server.app.close();
  }
});
