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

describe('a connection is closed', () => {
  it.each<[code: number, why: string, act: (socket: LiveSocket) => void]>([
    [4400, 'for what is not JSON', ({ say }) => say('{')],
    [4400, 'for what is no message', ({ say }) => say('{"type":"shout"}')],
    [
      4400,
      'for a message that only a server sends',
      ({ say }) => say('{"type":"next","id":"1","payload":{}}'),
    ],
    [
      4401,
      'for subscribing before it is let in',
      ({ subscribe }) => subscribe('1', 'subscription { beats }'),
    ],
    [
      4429,
      'for asking twice to be let in',
      ({ say }) => [1, 2].forEach(() => say('{"type":"connection_init"}')),
    ],
    [1003, 'for a message that is not text', ({ socket }) => socket.send(Buffer.from('{"type":"ping"}'))],
    [
      1009,
      'for a message over 256 KB',
      ({ say }) => say({ type: 'ping', payload: { x: 'x'.repeat(262_144) } }),
    ],
  ])('with %i %s', async (code, _why, act) => {
    const live = await openLiveSocket((await start()).url);
    act(live);
    expect((await live.closed)[0]).toBe(code);
  });

  it('with 4409 for a second subscription of one id', async () => {
    const live = await connectLive((await start()).url);
    live.subscribe('1', 'subscription { beats }');
    live.subscribe('1', 'subscription { beats }');
    expect(await live.closed).toEqual([4409, 'Subscriber for 1 already exists']);
  });

  it.each([
    ['another subprotocol', 'graphql-ws'],
    ['no subprotocol', null],
  ])('with 4406 for %s', async (_what, protocol) => {
    const { url } = await start();
    // The client would itself refuse an answer without the protocol it asked for.
    const live = protocol === null ? await openLiveSocket(url, { protocol }) : await openRaw(url, protocol);
    expect(await live.closed).toEqual([4406, 'Subprotocol not acceptable']);
  });

  it('with 4408 when it does not ask in time to be let in', async () => {
    const live = await openLiveSocket((await start({ limits: { initWithinMs: 20 } })).url);
    expect(await live.closed).toEqual([4408, 'Connection initialisation timeout']);
  });

  it.each([
    ['UNAUTHENTICATED', 4401, 'Unauthorized'],
    ['FORBIDDEN', 4403, 'Forbidden'],
  ] as const)('to whom is %s with %i', async (refused, code, reason) => {
    const params: unknown[] = [];
    const { url } = await start({
      authorize: (connectionParams, { headers }) => {
        params.push(connectionParams, headers['x-from']);
        return { refused };
      },
    });
    const live = await openLiveSocket(url, { headers: { 'x-from': 'a site' } });
    live.say({ type: 'connection_init', payload: { token: 'wrong' } });
    expect(await live.closed).toEqual([code, reason]);
    expect(params).toEqual([{ token: 'wrong' }, 'a site']);
  });

  it('with 4500, telling nothing of it, when we fail, and that is logged', async () => {
    const server = await start({ authorize: () => Promise.reject(new Error('secret')) });
    const live = await openLiveSocket(server.url);
    live.say({ type: 'connection_init' });
    expect(await live.closed).toEqual([4500, 'Internal server error']);
    expect(server.lines).toContainEqual(
      expect.objectContaining({ level: 50, msg: 'websocket connection failed' }),
    );
  });

  it('with 1013 when it does not read', async () => {
    const server = await start();
    const live = await fallBehind(server);
    live.socket.resume();
    expect(await live.closed).toEqual([1013, 'Messages are not read fast enough']);
  });

  it('and cut off when it does not read that either, so that nothing is kept for it', async () => {
    const server = await start({ limits: { closeWithinMs: 20 } });
    const live = await fallBehind(server);
    await until(() => expect(server.listeners()).toBe(0));
    live.socket.terminate();
  });

  it('when it no longer answers pings, and not before', async () => {
    const server = await start({ limits: { pingEveryMs: 50 } });
    const silent = await connectLive(server.url, { autoPong: false });
    const alive = await connectLive(server.url);
    let pings = 0;
    alive.socket.on('ping', () => pings++);
    expect((await silent.closed)[0]).toBe(1006);
    await until(() => expect(pings).toBeGreaterThan(4));
    expect(alive.socket.readyState).toBe(alive.socket.OPEN);
  });

  it('with 1001 when the server stops, which takes no longer for those who do not answer', async () => {
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

describe('a request to subscribe is answered as over HTTP:', () => {
  const deep = (levels: number) =>
    `subscription { nested ${'{ self '.repeat(levels)}{ name }${' }'.repeat(levels)} }`;
  const wide = Array.from({ length: 201 }, (_, index) => `a${index}: name`).join(' ');

  it.each([
    ['what cannot be parsed', 'GRAPHQL_PARSE_FAILED', 'subscription {'],
    ['an unknown field', 'GRAPHQL_VALIDATION_FAILED', 'subscription { beat }'],
    ['two fields at the root', 'GRAPHQL_VALIDATION_FAILED', 'subscription { beats context }'],
    ['too many levels', 'GRAPHQL_VALIDATION_FAILED', deep(12)],
    ['too many aliases', 'GRAPHQL_VALIDATION_FAILED', `subscription { nested { ${wide} } }`],
    ['too many tokens', 'GRAPHQL_PARSE_FAILED', `subscription { nested { ${'name '.repeat(2_001)} } }`],
    ['a missing variable', 'BAD_USER_INPUT', 'subscription ($b: Int!) { large(bytes: $b) }'],
    ['a query', 'BAD_REQUEST', '{ ok }'],
    [
      'no name for one of two',
      'OPERATION_RESOLUTION_FAILURE',
      'subscription A { beats } subscription B { beats }',
    ],
  ])('%s with %s', async (_what, code, query) => {
    const live = await connectLive((await start()).url);
    live.subscribe('1', query);
    const [answer] = await live.received(1);
    expect(answer).toMatchObject({ type: 'error', id: '1', payload: [{ extensions: { code } }] });
    expect(JSON.stringify(answer)).not.toContain('Did you mean');
  });

  it('more than 20 at a time with an error, and the others go on', async () => {
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
  ])('a condition at the root with GRAPHQL_VALIDATION_FAILED: %s', async (query) => {
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

  it('a condition below the root as in a query', async () => {
    const server = await start();
    const live = await connectLive(server.url);
    live.subscribe('1', 'subscription { nested { name self @include(if: false) { name } } }');
    await live.heard();
    server.beat();
    expect(await live.received(1)).toMatchObject([{ payload: { data: { nested: { name: 'self' } } } }]);
  });

  it.each(['crashAtOnce', 'crashLater'])('a fault of ours is masked: %s', async (field) => {
    const server = await start();
    const live = await connectLive(server.url);
    live.subscribe('1', `subscription { ${field} }`);
    await live.heard();
    server.beat();
    const [answer] = await live.received(1);
    expect(answer).toMatchObject({
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
    expect(JSON.stringify(answer)).not.toContain('secret');
    expect(server.lines).toContainEqual(expect.objectContaining({ level: 50, correlationId: 'an id' }));
  });

  it('the others go on after one event failed', async () => {
    const server = await start();
    const live = await connectLive(server.url);
    live.subscribe('1', 'subscription { crashLater }');
    await live.heard();
    server.beat();
    server.beat();
    expect(await live.received(2)).toHaveLength(2);
  });
});

describe('an operation that fails leaves the other subscriptions of its connection open:', () => {
  it.each<[what: string, type: string, code: string, act: (live: LiveSocket) => void]>([
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
  ])('%s', async (_what, type, code, act) => {
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

it('runs each event in a context of its own, with the viewer whom the connection was let in for', async () => {
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

it('refuses subscriptions over HTTP, saying where they are served', async () => {
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

describe('over HTTP, a document with conditions at the root of a subscription', () => {
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
  ])('is rejected with 400 when it runs the subscription: %s', async (query) => {
    expect(await send({ query, variables: { if: true } })).toMatchObject([
      400,
      { errors: [{ message: expect.stringContaining('WebSocket') as string }] },
    ]);
  });

  it('runs its query', async () => {
    const query = 'subscription S ($if: Boolean!) { beats @include(if: $if) } query Q { ok }';
    expect(await send({ query, operationName: 'Q' })).toEqual([200, { data: { ok: 'ok' } }]);
  });
});

/** A client that stopped reading the answers to its own messages. */
async function fallBehind(server: LiveServer): Promise<LiveSocket> {
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

/** Opens a WebSocket with a subprotocol, and accepts an answer without it. */
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
