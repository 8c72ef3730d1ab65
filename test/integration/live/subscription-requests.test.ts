import { afterEach, describe, expect, it, vi } from 'vitest';
import { startLiveServer, type LiveServer, type LiveServerOptions } from '../../support/live-server.js';
import { connectLive, type LiveSocket } from '../../support/live-socket.js';

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

describe('a subscription request', () => {
  const deep = (levels: number) =>
    `subscription { nested ${'{ self '.repeat(levels)}{ name }${' }'.repeat(levels)} }`;
  const wide = Array.from({ length: 201 }, (_, index) => `a${index}: name`).join(' ');

  it.each([
    ['a syntax error', 'GRAPHQL_PARSE_FAILED', 'subscription {'],
    ['an unknown field', 'GRAPHQL_VALIDATION_FAILED', 'subscription { unknown }'],
    ['two fields at the root', 'GRAPHQL_VALIDATION_FAILED', 'subscription { events context }'],
    ['too many levels', 'LIMIT_EXCEEDED', deep(12)],
    ['too many aliases', 'LIMIT_EXCEEDED', `subscription { nested { ${wide} } }`],
    ['too many tokens', 'LIMIT_EXCEEDED', `subscription { nested { ${'name '.repeat(2_001)} } }`],
    ['a missing variable', 'BAD_USER_INPUT', 'subscription ($b: Int!) { large(bytes: $b) }'],
    ['a query', 'BAD_REQUEST', '{ ok }'],
    [
      'two operations without operationName',
      'OPERATION_RESOLUTION_FAILURE',
      'subscription A { events } subscription B { events }',
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
    for (let id = 1; id <= 21; id++) live.subscribe(String(id), 'subscription { events }');
    expect(await live.received(1)).toMatchObject([
      { type: 'error', id: '21', payload: [{ extensions: { code: 'LIMIT_EXCEEDED' } }] },
    ]);
    live.send({ type: 'complete', id: '1' });
    live.subscribe('22', 'subscription { events }');
    await live.roundTrip();
    expect(server.sourceCount()).toBe(20);
  });

  it.each([
    'subscription { events @include(if: true) }',
    'subscription { events @skip(if: false) }',
    'subscription ($if: Boolean!) { events @include(if: $if) }',
    'subscription ($if: Boolean = true) { ... @include(if: $if) { events } }',
    'subscription { ...F @include(if: true) } fragment F on Subscription { events }',
    'subscription { ...F } fragment F on Subscription { events @skip(if: false) }',
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
    await live.roundTrip();
    server.emit();
    expect(await live.received(1)).toMatchObject([{ payload: { data: { nested: { name: 'self' } } } }]);
  });

  it.each(['crashAtOnce', 'crashLater'])('gets a masked error when a resolver throws: %s', async (field) => {
    const server = await start();
    const live = await connectLive(server.url);
    live.subscribe('1', `subscription { ${field} }`);
    await live.roundTrip();
    server.emit();
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
    await live.roundTrip();
    server.emit();
    server.emit();
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
        subscribe('bad', 'subscription ($if: Boolean!) { events @include(if: $if) }', { if: true }),
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
      'LIMIT_EXCEEDED',
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
      'LIMIT_EXCEEDED',
      ({ send }) =>
        send(
          `{"type":"subscribe","id":"bad","payload":{"query":"subscription { events }","variables":{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}}}`,
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
    live.subscribe('good', 'subscription { events }');
    act(live);
    await live.roundTrip();
    server.emit();
    await live.received(2);
    server.emit();
    await until(() => expect(live.messages.filter(({ id }) => id === 'good')).toHaveLength(2));
    const failure = live.messages.find(({ id }) => id === 'bad');
    const { errors = failure?.payload } = failure?.payload as { errors?: unknown };
    expect([failure?.type, errors]).toMatchObject([type, [{ extensions: { code } }]]);
    expect(live.socket.readyState).toBe(live.socket.OPEN);
  });

  it('a source that throws when its subscription is completed', async () => {
    const server = await start();
    const live = await connectLive(server.url);
    live.subscribe('good', 'subscription { events }');
    live.subscribe('bad', 'subscription { crashOnEnd }');
    await live.roundTrip();
    live.send({ type: 'complete', id: 'bad' });
    await live.roundTrip();
    server.emit();
    expect(await live.received(1)).toMatchObject([{ type: 'next', id: 'good' }]);
    expect(live.socket.readyState).toBe(live.socket.OPEN);
  });

  it('large results that the client reads slowly', async () => {
    const server = await start();
    const live = await connectLive(server.url);
    const ids = Array.from({ length: 20 }, (_, index) => String(index));
    for (const id of ids) live.subscribe(id, 'subscription { large(bytes: 1000000) }');
    await live.roundTrip();
    live.socket.pause();
    server.emit();
    server.emit();
    live.socket.resume();
    expect(await live.received(40)).toHaveLength(40);
    expect(live.socket.readyState).toBe(live.socket.OPEN);
  });
});

it('executes each event in a new context with the viewer of the connection', async () => {
  const server = await start();
  const live = await connectLive(server.url);
  live.subscribe('1', 'subscription { context }');
  await live.roundTrip();
  server.emit();
  server.emit();
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
    body: JSON.stringify({ query: 'subscription { events }' }),
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
    'subscription { events @include(if: true) }',
    'subscription ($if: Boolean!) { events @include(if: $if) }',
    'subscription ($if: Boolean!) { ...F } fragment F on Subscription { events @skip(if: $if) }',
  ])('is rejected with 400 when the request selects the subscription: %s', async (query) => {
    expect(await send({ query, variables: { if: true } })).toMatchObject([
      400,
      { errors: [{ message: expect.stringContaining('WebSocket') as string }] },
    ]);
  });

  it('runs when the request selects its query', async () => {
    const query = 'subscription S ($if: Boolean!) { events @include(if: $if) } query Q { ok }';
    expect(await send({ query, operationName: 'Q' })).toEqual([200, { data: { ok: 'ok' } }]);
  });
});
