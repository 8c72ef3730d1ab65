import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { startLiveServer, type LiveServer, type LiveServerOptions } from '../../support/live-server.js';
import { connectLive, openLiveSocket, type LiveSocket } from '../../support/live-socket.js';

const servers: LiveServer[] = [];

async function start(options?: LiveServerOptions): Promise<LiveServer> {
  const server = await startLiveServer(options);
  servers.push(server);
  return server;
}

afterEach(async () => {
  for (const server of servers.splice(0)) await server.app.close();
});

function until(expectation: () => void): Promise<void> {
  return vi.waitFor(expectation, { timeout: 10_000, interval: 5 });
}

describe('a connection', () => {
  it.each<[code: number, cause: string, act: (socket: LiveSocket) => void]>([
    [4400, 'a message that is not JSON', ({ send }) => send('{')],
    [4400, 'a message of an unknown type', ({ send }) => send('{"type":"shout"}')],
    [4400, 'a message that only a server sends', ({ send }) => send('{"type":"next","id":"1","payload":{}}')],
    [
      4401,
      'a subscription before connection_ack',
      ({ subscribe }) => subscribe('1', 'subscription { events }'),
    ],
    [
      4429,
      'a second connection_init',
      ({ send }) => [1, 2].forEach(() => send('{"type":"connection_init"}')),
    ],
    [1003, 'a binary message', ({ socket }) => socket.send(Buffer.from('{"type":"ping"}'))],
    [
      1009,
      'a message over 256 KB',
      ({ send }) => send({ type: 'ping', payload: { x: 'x'.repeat(262_144) } }),
    ],
  ])('is closed with %i for %s', async (code, _cause, act) => {
    const live = await openLiveSocket((await start()).url);
    act(live);
    expect((await live.closed)[0]).toBe(code);
  });

  it('is closed with 4409 for a second subscription with the same id', async () => {
    const live = await connectLive((await start()).url);
    live.subscribe('1', 'subscription { events }');
    live.subscribe('1', 'subscription { events }');
    expect(await live.closed).toEqual([4409, 'Subscriber for 1 already exists']);
  });

  it.each([
    ['another subprotocol', 'graphql-ws'],
    ['no subprotocol', null],
  ])('is closed with 4406 for %s', async (_case, protocol) => {
    const { url } = await start();
    // The WebSocket client rejects a response without the requested subprotocol, so a raw socket is used.
    const live = protocol === null ? await openLiveSocket(url, { protocol }) : await openRaw(url, protocol);
    expect(await live.closed).toEqual([4406, 'Subprotocol not acceptable']);
  });

  it('is closed with 4408 when connection_init does not arrive in time', async () => {
    const live = await openLiveSocket((await start({ limits: { initTimeoutMs: 20 } })).url);
    expect(await live.closed).toEqual([4408, 'Connection initialisation timeout']);
  });

  it.each([
    ['UNAUTHENTICATED', 4401, 'Unauthorized'],
    ['FORBIDDEN', 4403, 'Forbidden'],
  ] as const)('rejected as %s is closed with %i', async (rejected, code, reason) => {
    const params: unknown[] = [];
    const { url } = await start({
      authorize: (connectionParams, { headers }) => {
        params.push(connectionParams, headers['x-from']);
        return { rejected };
      },
    });
    const live = await openLiveSocket(url, { headers: { 'x-from': 'a site' } });
    live.send({ type: 'connection_init', payload: { token: 'wrong' } });
    expect(await live.closed).toEqual([code, reason]);
    expect(params).toEqual([{ token: 'wrong' }, 'a site']);
  });

  it('is closed with 4500 and a masked reason when authorization throws, and the error is logged', async () => {
    const server = await start({ authorize: () => Promise.reject(new Error('secret')) });
    const live = await openLiveSocket(server.url);
    live.send({ type: 'connection_init' });
    expect(await live.closed).toEqual([4500, 'Internal server error']);
    expect(server.lines).toContainEqual(
      expect.objectContaining({ level: 50, msg: 'websocket connection failed' }),
    );
  });

  it('is closed with 1013 when the client does not read', async () => {
    const server = await start();
    const live = await connectSlowClient(server);
    live.socket.resume();
    expect(await live.closed).toEqual([1013, 'Messages are not read fast enough']);
  });

  it('is terminated when the client does not read the close frame either', async () => {
    const server = await start({ limits: { closeTimeoutMs: 20 } });
    const live = await connectSlowClient(server);
    await until(() => expect(server.sourceCount()).toBe(0));
    live.socket.terminate();
  });

  it('is terminated when the client stops answering pings, and not before', async () => {
    const server = await start({ limits: { pingIntervalMs: 50 } });
    const silent = await connectLive(server.url, { autoPong: false });
    const alive = await connectLive(server.url);
    let pings = 0;
    alive.socket.on('ping', () => pings++);
    expect((await silent.closed)[0]).toBe(1006);
    await until(() => expect(pings).toBeGreaterThan(4));
    expect(alive.socket.readyState).toBe(alive.socket.OPEN);
  });

  it('is closed with 1001 when the server stops, within 1.5 s even if a client does not respond', async () => {
    const server = await start();
    const live = await connectLive(server.url);
    live.subscribe('1', 'subscription { events }');
    const frozen = await connectLive(server.url);
    frozen.socket.pause();
    const began = performance.now();
    const closing = server.app.close();
    expect(await live.closed).toEqual([1001, 'Going away']);
    await closing;
    expect(performance.now() - began).toBeLessThan(1_500);
    expect(server.sourceCount()).toBe(0);
    frozen.socket.terminate();
  });
});

/** Connects a client that stops reading the responses to its own messages. */
async function connectSlowClient(server: LiveServer): Promise<LiveSocket> {
  const live = await connectLive(server.url);
  live.subscribe('1', 'subscription { events }');
  await live.roundTrip();
  live.socket.pause();
  const payload = { x: 'x'.repeat(200_000) };
  for (let ping = 0; ping < 200; ping++) live.send({ type: 'ping', payload });
  await until(() =>
    expect(server.lines).toContainEqual(
      expect.objectContaining({ msg: 'closing slow websocket client: too many unsent messages' }),
    ),
  );
  return live;
}

/** Opens a WebSocket with a subprotocol, and accepts a response without it. */
async function openRaw(url: string, protocol: string): Promise<Pick<LiveSocket, 'closed'>> {
  const socket = connectTcp(Number(new URL(url).port), '127.0.0.1');
  socket.write(
    `GET /graphql HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n` +
      `Sec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}\r\nSec-WebSocket-Protocol: ${protocol}\r\n\r\n`,
  );
  let received = Buffer.alloc(0);
  const isClosed = (): boolean => {
    const start = received.indexOf('\r\n\r\n') + 4;
    return start > 3 && received.length > start + 2 && received[start] === 0x88;
  };
  while (!isClosed()) received = Buffer.concat([received, ...((await once(socket, 'data')) as [Buffer])]);
  socket.destroy();
  const frame = received.subarray(received.indexOf('\r\n\r\n') + 4);
  return { closed: Promise.resolve([frame.readUInt16BE(2), frame.subarray(4).toString()] as const) };
}
