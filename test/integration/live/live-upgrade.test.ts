import { connect as connectTcp } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { startLiveServer, type LiveServer, type LiveServerOptions } from '../../support/live-server.js';
import {
  connectLive,
  openLiveSocket,
  rejectedUpgrade,
  type LiveSocketOptions,
} from '../../support/live-socket.js';

const servers: LiveServer[] = [];

async function start(options?: LiveServerOptions): Promise<LiveServer> {
  const server = await startLiveServer(options);
  servers.push(server);
  return server;
}

afterEach(async () => {
  for (const server of servers.splice(0)) await server.app.close();
});

describe('a WebSocket upgrade', () => {
  it.each<[request: string, status: number, options: LiveSocketOptions]>([
    ['from a page of another origin', 403, { origin: 'https://other.example' }],
    ['with the origin null', 403, { origin: 'null' }],
    ['from a page on another port of this machine', 403, { origin: 'http://127.0.0.1:1' }],
    ['with the Host header of another machine', 403, { headers: { host: 'other.example' } }],
    ['at another path', 404, { path: '/other' }],
  ])('%s is rejected with %i', async (_request, status, options) => {
    const { url } = await start();
    expect(await rejectedUpgrade(url, options)).toMatchObject({
      status,
      body: { errors: [{ extensions: { code: status === 403 ? 'FORBIDDEN' : 'NOT_FOUND' } }] },
    });
  });

  it('is rejected with 503 at the connection limit, until a connection closes', async () => {
    const { url } = await start({ limits: { connections: 2 } });
    const [first] = [await openLiveSocket(url), await openLiveSocket(url)];
    expect(await rejectedUpgrade(url)).toMatchObject({
      status: 503,
      body: { errors: [{ extensions: { code: 'UNAVAILABLE' } }] },
    });
    first.socket.close();
    await first.closed;
    await openLiveSocket(url);
  });

  it('from a page of this host or of an allowed origin is accepted', async () => {
    const { url } = await start({ allowedOrigins: ['https://site.example'] });
    await connectLive(url, { origin: url });
    await connectLive(url, { origin: 'https://site.example' });
  });

  it('to another protocol is ignored and served over HTTP/1.1', async () => {
    const { url } = await start();
    const socket = connectTcp(Number(new URL(url).port), '127.0.0.1');
    socket.write(
      'GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n',
    );
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 OK/);
  });
});
