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
    [4400, 'a message that is not JSON', ({ say }) => say('{')],
    [4400, 'a message of an unknown type', ({ say }) => say('{"type":"shout"}')],
    [4400, 'a message that only a server sends', ({ say }) => say('{"type":"next","id":"1","payload":{}}')],
    [
      4401,
      'a subscription before connection_ack',
      ({ subscribe }) => subscribe('1', 'subscription { beats }'),
    ],
    [4429, 'a second connection_init', ({ say }) => [1, 2].forEach(() => say('{"type":"connection_init"}'))],
    [1003, 'a binary message', ({ socket }) => socket.send(Buffer.from('{"type":"ping"}'))],
    [1009, 'a message over 256 KB', ({ say }) => say({ type: 'ping', payload: { x: 'x'.repeat(262_144) } })],
  ])('is closed with %i for %s', async (code, _cause, act) => {
    const live = await openLiveSocket((await start()).url);
    act(live);
    expect((await live.closed)[0]).toBe(code);
  });

  it('is closed with 4409 for a second subscription with the same id', async () => {
    const live = await connectLive((await start()).url);
    live.subscribe('1', 'subscription { beats }');
    live.subscribe('1', 'subscription { beats }');
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
    live.say({ type: 'connection_init', payload: { token: 'wrong' } });
    expect(await live.closed).toEqual([code, reason]);
    expect(params).toEqual([{ token: 'wrong' }, 'a site']);
  });

  it('is closed with 4500 and a masked reason when authorization throws, and the error is logged', async () => {
    const server = await start({ authorize: () => Promise.reject(new Error('secret')) });
    const live = await openLiveSocket(server.url);
    live.say({ type: 'connection_init' });
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
    await until(() => expect(server.listeners()).toBe(0));
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
    live.subscribe('1', 'subscription { beats }');
    const frozen = await connectLive(server.url);
    frozen.socket.pause();
    const began = performance.now();
    const closing = server.app.close();
    expect(await live.closed).toEqual([1001, 'Going away']);
    await closing;
    expect(performance.now() - began).toBeLessThan(1_500);
    expect(server.listeners()).toBe(0);
    frozen.socket.terminate();
  });
});

describe('a subscription request', () => {
  const deep = (levels: number) =>
    `subscription { nested ${'{ self '.repeat(levels)}{ name }${' }'.repeat(levels)} }`;
  const wide = Array.from({ length: 201 }, (_, index) => `a${index}: name`).join(' ');

  it.each([
    ['a syntax error', 'GRAPHQL_PARSE_FAILED', 'subscription {'],
    ['an unknown field', 'GRAPHQL_VALIDATION_FAILED', 'subscription { beat }'],
    ['two fields at the root', 'GRAPHQL_VALIDATION_FAILED', 'subscription { beats context }'],
    ['too many levels', 'GRAPHQL_VALIDATION_FAILED', deep(12)],
    ['too many aliases', 'GRAPHQL_VALIDATION_FAILED', `subscription { nested { ${wide} } }`],
    ['too many tokens', 'GRAPHQL_PARSE_FAILED', `subscription { nested { ${'name '.repeat(2_001)} } }`],
    ['a missing variable', 'BAD_USER_INPUT', 'subscription ($b: Int!) { large(bytes: $b) }'],
    ['a query', 'BAD_REQUEST', '{ ok }'],
    [
      'two operations without operationName',
      'OPERATION_RESOLUTION_FAILURE',
      'subscription A { beats } subscription B { beats }',
    ],
  ])('with %s is rejected with %s', async (_case, code, query) => {
    const live = await connectLive((await start()).url);
    live.subscribe('1', query);
    const [message] = await live.received(1);
    expect(message).toMatchObject({ type: 'error', id: '1', payload: [{ extensions: { code } }] });
    expect(JSON.stringify(message)).not.toContain('Did you mean');
  });

  it('beyond 20 concurrent ones gets an error, and the others continue', async () => {
    const server = await start();
    const live = await connectLive(server.url);
    for (let id = 1; id <= 21; id++) live.subscribe(String(id), 'subscription { beats }');
    expect(await live.received(1)).toMatchObject([
      { type: 'error', id: '21', payload: [{ extensions: { code: 'BAD_REQUEST' } }] },
    ]);
    live.say({ type: 'complete', id: '1' });
    live.subscribe('22', 'subscription { beats }');
    await live.heard();
    expect(server.listeners()).toBe(20);
  });

  it.each([
    'subscription { beats @include(if: true) }',
    'subscription { beats @skip(if: false) }',
    'subscription ($if: Boolean!) { beats @include(if: $if) }',
    'subscription ($if: Boolean = true) { ... @include(if: $if) { beats } }',
    'subscription { ...F @include(if: true) } fragment F on Subscription { beats }',
    'subscription { ...F } fragment F on Subscription { beats @skip(if: false) }',
  ])('with a condition at the root is rejected with GRAPHQL_VALIDATION_FAILED: %s', async (query) => {
    const live = await connectLive((await start()).url);
    live.subscribe('1', query, { if: true });
    expect(await live.received(1)).toMatchObject([
      {
        type: 'error',
        id: '1',
        payload: [
          {
            message:
              '@skip and @include are not allowed at the root of a subscription, only on fields below it.',
            extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
          },
        ],
      },
    ]);
  });

  it('may have a condition below the root', async () => {
    const server = await start();
    const live = await connectLive(server.url);
    live.subscribe('1', 'subscription { nested { name self @include(if: false) { name } } }');
    await live.heard();
    server.beat();
    expect(await live.received(1)).toMatchObject([{ payload: { data: { nested: { name: 'self' } } } }]);
  });

  it.each(['crashAtOnce', 'crashLater'])('gets a masked error when a resolver throws: %s', async (field) => {
    const server = await start();
    const live = await connectLive(server.url);
    live.subscribe('1', `subscription { ${field} }`);
    await live.heard();
    server.beat();
    const [message] = await live.received(1);
    expect(message).toMatchObject({
      payload: {
        errors: [
          {
            message: 'Internal server error',
            path: [field],
            extensions: { code: 'INTERNAL_SERVER_ERROR', correlationId: 'an id' },
          },
        ],
      },
    });
    expect(JSON.stringify(message)).not.toContain('secret');
    expect(server.lines).toContainEqual(expect.objectContaining({ level: 50, correlationId: 'an id' }));
  });

  it('continues after one event fails', async () => {
    const server = await start();
    const live = await connectLive(server.url);
    live.subscribe('1', 'subscription { crashLater }');
    await live.heard();
    server.beat();
    server.beat();
    expect(await live.received(2)).toHaveLength(2);
  });
});

describe('the other subscriptions of a connection stay open after', () => {
  it.each<[failure: string, type: string, code: string, act: (live: LiveSocket) => void]>([
    [
      'a condition at the root',
      'error',
      'GRAPHQL_VALIDATION_FAILED',
      ({ subscribe }) =>
        subscribe('bad', 'subscription ($if: Boolean!) { beats @include(if: $if) }', { if: true }),
    ],
    [
      'a field without an event source',
      'error',
      'INTERNAL_SERVER_ERROR',
      ({ subscribe }) => subscribe('bad', 'subscription { noEvents }'),
    ],
    [
      'a field that throws when subscribed to',
      'next',
      'INTERNAL_SERVER_ERROR',
      ({ subscribe }) => subscribe('bad', 'subscription { crashAtOnce }'),
    ],
    [
      'a resolver that throws',
      'next',
      'INTERNAL_SERVER_ERROR',
      ({ subscribe }) => subscribe('bad', 'subscription { crashLater }'),
    ],
    [
      'a result over 1 MB',
      'error',
      'BAD_REQUEST',
      ({ subscribe }) => subscribe('bad', 'subscription { large(bytes: 1048576) }'),
    ],
    [
      'a variable of the wrong type',
      'error',
      'BAD_USER_INPUT',
      ({ subscribe }) => subscribe('bad', 'subscription ($b: Int!) { large(bytes: $b) }', { b: 'x' }),
    ],
    [
      'variables that nest too deep',
      'error',
      'BAD_REQUEST',
      ({ say }) =>
        say(
          `{"type":"subscribe","id":"bad","payload":{"query":"subscription { beats }","variables":{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}}}`,
        ),
    ],
    [
      'a variable of 250 KB',
      'error',
      'BAD_USER_INPUT',
      ({ subscribe }) =>
        subscribe('bad', 'subscription ($b: Int!) { large(bytes: $b) }', { b: 'x'.repeat(250_000) }),
    ],
  ])('%s', async (_failure, type, code, act) => {
    const server = await start();
    const live = await connectLive(server.url);
    live.subscribe('good', 'subscription { beats }');
    act(live);
    await live.heard();
    server.beat();
    await live.received(2);
    server.beat();
    await until(() => expect(live.messages.filter(({ id }) => id === 'good')).toHaveLength(2));
    const failure = live.messages.find(({ id }) => id === 'bad');
    const { errors = failure?.payload } = failure?.payload as { errors?: unknown };
    expect([failure?.type, errors]).toMatchObject([type, [{ extensions: { code } }]]);
    expect(live.socket.readyState).toBe(live.socket.OPEN);
  });

  it('a source that throws when its subscription is completed', async () => {
    const server = await start();
    const live = await connectLive(server.url);
    live.subscribe('good', 'subscription { beats }');
    live.subscribe('bad', 'subscription { crashOnEnd }');
    await live.heard();
    live.say({ type: 'complete', id: 'bad' });
    await live.heard();
    server.beat();
    expect(await live.received(1)).toMatchObject([{ type: 'next', id: 'good' }]);
    expect(live.socket.readyState).toBe(live.socket.OPEN);
  });

  it('large results that the client reads slowly', async () => {
    const server = await start();
    const live = await connectLive(server.url);
    const ids = Array.from({ length: 20 }, (_, index) => String(index));
    for (const id of ids) live.subscribe(id, 'subscription { large(bytes: 1000000) }');
    await live.heard();
    live.socket.pause();
    server.beat();
    server.beat();
    live.socket.resume();
    expect(await live.received(40)).toHaveLength(40);
    expect(live.socket.readyState).toBe(live.socket.OPEN);
  });
});

it('executes each event in a new context with the viewer of the connection', async () => {
  const server = await start();
  const live = await connectLive(server.url);
  live.subscribe('1', 'subscription { context }');
  await live.heard();
  server.beat();
  server.beat();
  const contexts = (await live.received(2)).map(
    ({ payload }) => (payload as { data: { context: string } }).data.context,
  );
  expect(contexts.map((context) => JSON.parse(context) as unknown)).toEqual([
    { number: 2, viewer: { role: 'OPEN' } },
    { number: 3, viewer: { role: 'OPEN' } },
  ]);
});

it('rejects subscriptions over HTTP with the WebSocket endpoint', async () => {
  const { url } = await start();
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: 'subscription { beats }' }),
  });
  expect([response.status, await response.json()]).toMatchObject([
    400,
    {
      errors: [
        { message: expect.stringContaining('WebSocket') as string, extensions: { code: 'BAD_REQUEST' } },
      ],
    },
  ]);
});

describe('a document over HTTP with conditions at the root of a subscription', () => {
  const send = async (body: object) => {
    const { url } = await start();
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return [response.status, (await response.json()) as unknown];
  };

  it.each([
    'subscription { beats @include(if: true) }',
    'subscription ($if: Boolean!) { beats @include(if: $if) }',
    'subscription ($if: Boolean!) { ...F } fragment F on Subscription { beats @skip(if: $if) }',
  ])('is rejected with 400 when the request selects the subscription: %s', async (query) => {
    expect(await send({ query, variables: { if: true } })).toMatchObject([
      400,
      { errors: [{ message: expect.stringContaining('WebSocket') as string }] },
    ]);
  });

  it('runs when the request selects its query', async () => {
    const query = 'subscription S ($if: Boolean!) { beats @include(if: $if) } query Q { ok }';
    expect(await send({ query, operationName: 'Q' })).toEqual([200, { data: { ok: 'ok' } }]);
  });
});

/** Connects a client that stops reading the responses to its own messages. */
async function connectSlowClient(server: LiveServer): Promise<LiveSocket> {
  const live = await connectLive(server.url);
  live.subscribe('1', 'subscription { beats }');
  await live.heard();
  live.socket.pause();
  const payload = { x: 'x'.repeat(200_000) };
  for (let ping = 0; ping < 200; ping++) live.say({ type: 'ping', payload });
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
