import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { postGraphQL, startTestHttpServer, type TestHttpServer } from '../../support/test-http-server.js';

/** Opens a keep-alive connection that is idle after one response. */
async function idleSocket({ url }: TestHttpServer): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.write('GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n');
  const [response] = (await once(socket, 'data')) as [Buffer];
  expect(response.toString()).toContain('200 OK');
  return socket;
}

test('close() completes requests in flight, and does not wait for idle keep-alive connections', async () => {
  const server = await startTestHttpServer();
  const idle = await idleSocket(server);
  const inFlight = postGraphQL(server.url, { query: '{ wait }' });
  await server.waiting;

  const began = performance.now();
  let closed = false;
  const closing = server.app.close().then(() => {
    closed = true;
  });
  await once(idle, 'close');
  expect(closed).toBe(false);

  server.release();
  expect((await inFlight).body).toEqual({ data: { wait: 'done' } });
  await closing;
  expect(performance.now() - began).toBeLessThan(1_500);
  await expect(postGraphQL(server.url, { query: '{ user }' })).rejects.toThrow();
});

test('closes while a client is connected that has not sent a request', async () => {
  const server = await startTestHttpServer();
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  const ended = once(socket, 'close');
  await server.app.close();
  await ended;
});
