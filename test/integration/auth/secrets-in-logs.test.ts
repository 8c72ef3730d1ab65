import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openBackend, type Backend } from '../../../src/app/backend.js';
import { startGateway, type Gateway } from '../../../src/app/gateway.js';
import { createApiKey } from '../../../src/auth/api-key.js';
import { readSettings } from '../../../src/config/settings.js';
import { addApiKey } from '../../support/callers.js';
import { freePort } from '../../support/free-port.js';
import { openLiveSocket } from '../../support/live-socket.js';
import { recordingLogger } from '../../support/log-lines.js';
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.js';
import { createTestDatabase, type TestDatabase } from '../../support/test-database.js';
import { startTokenIssuer, type TokenIssuer } from '../../support/token-issuer.js';

const REDIS_PASSWORD = 'redis-hunter2';

let issuer: TokenIssuer;
let database: TestDatabase;
let proxy: TcpProxy;
let backend: Backend;
let gateway: Gateway;
/** Credentials that were sent, and the passwords of the settings. */
const secrets = new Set<string>([REDIS_PASSWORD]);
const { logger, lines } = recordingLogger();

beforeAll(async () => {
  issuer = await startTokenIssuer(Date.now);
  database = await createTestDatabase();
  const url = new URL(database.url);
  proxy = await startTcpProxy({ host: url.hostname, port: Number(url.port) });
  url.port = String(proxy.port);
  secret(url.password);
  expect(secrets).toContain(url.password);
  const settings = readSettings({
    ...{ DATABASE_URL: url.href, PORT: '0', NODE_ENV: 'test' },
    REDIS_URL: `redis://:${REDIS_PASSWORD}@127.0.0.1:${await freePort()}`,
    ...{ BELLWETHER_JWT_JWKS_URL: issuer.jwksUrl, BELLWETHER_JWT_ISSUER: issuer.issuer },
    BELLWETHER_JWT_AUDIENCE: issuer.audience,
  });
  const options = { settings, logger, clock: Date.now };
  backend = await openBackend(options);
  gateway = await startGateway(backend, options);
});
afterAll(async () => {
  await proxy.restore();
  await gateway.stop();
  await backend.close();
  await proxy.close();
  await database.drop();
  await issuer.close();
});

/** Remembers a secret, and for a token also each of its parts. */
function secret(value: string): string {
  for (const part of [value, ...value.split('.')]) if (part.length >= 16) secrets.add(part);
  return value;
}

async function callers(): Promise<Record<string, string>[]> {
  const { key } = await addApiKey({ backend }, 'SERVICE');
  const { key: revoked, id } = await addApiKey({ backend }, 'ADMIN');
  await backend.store.apiKeys.revoke(id, new Date());
  await backend.apiKeys.refresh();
  const tokens = await Promise.all([
    issuer.sign(),
    issuer.sign({ claims: { exp: 1 } }),
    issuer.sign({ claims: { sub: ['ann'] } }),
    issuer.sign({ claims: { aud: 'another' } }),
    issuer.sign({ header: { kid: 'other' } }),
  ]);
  const keys = [key, revoked, createApiKey(), `${createApiKey()}0`];
  return [
    ...tokens.map((token) => ({ authorization: `Bearer ${secret(token)}` })),
    ...tokens.slice(0, 1).map((token) => ({ authorization: token })),
    ...keys.map((value) => ({ 'x-api-key': secret(value) })),
    ...keys.map((value) => ({ authorization: `Bearer ${value}` })),
  ];
}

const BODIES = [
  '{ "query": "{ feed(limit: 1) { id hero { market { description } } } viewer { id } }" }',
  '{ "query": "mutation { trackInteraction(input: { userKey: \\"bob\\", marketId: \\"m1\\", eventType: CLICK }) { status } }" }',
  '{ "query": "{ jobs { name } }" }',
  '{ "query": "{ unknown }" }',
  '{ "query": "{" }',
  '{ "interactions": [{ "userKey": "ann", "marketId": "m1", "eventType": "CLICK" }] }',
  '{ no JSON',
];

async function sendAll(headers: Readonly<Record<string, string>>): Promise<void> {
  const sent = BODIES.flatMap((body) =>
    ['/graphql', '/track'].map((path) =>
      fetch(`${gateway.url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body,
      }),
    ),
  );
  const paths = [
    '/livez',
    '/readyz',
    '/nothing',
    '/graphql?query={viewer{id}}',
    `/graphql?token=${secret(createApiKey())}`,
  ];
  for (const response of await Promise.all([
    ...sent,
    ...paths.map((path) => fetch(`${gateway.url}${path}`, { headers })),
  ])) {
    await response.arrayBuffer();
  }
}

async function connectWith(payload: Readonly<Record<string, string>>): Promise<void> {
  const live = await openLiveSocket(gateway.url);
  live.send({ type: 'connection_init', payload });
  live.subscribe('1', 'subscription { feedChanged(userKey: "bob") { userKey } }');
  live.send('{ no JSON');
  await live.closed;
}

async function sendMalformed(headers: Readonly<Record<string, string>>): Promise<void> {
  const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
  socket.on('error', () => undefined);
  socket.end(
    ['POST /graphql HTTP/1.1', 'Host: localhost', ...fields, 'Content-Length: x', '', ''].join('\r\n'),
  );
  await text(socket).catch(() => '');
}

function leaked(): string[] {
  const log = JSON.stringify(lines);
  return [...secrets].filter((value) => log.includes(value));
}

describe('no secret is in the log', () => {
  it('after requests with valid and invalid credentials', async () => {
    for (const headers of await callers()) {
      await sendAll(headers);
      await connectWith(headers);
      await sendMalformed(headers);
    }
    expect(lines.filter(({ msg }) => msg === 'token rejected').length).toBeGreaterThan(4);
    expect(lines.filter(({ msg }) => msg === 'request completed').length).toBeGreaterThan(100);
    expect(leaked()).toEqual([]);
  });

  it('while the JWKS URL and Redis fail', async () => {
    issuer.respondWith(500);
    await sendAll({ authorization: `Bearer ${secret(await issuer.sign({ header: { kid: 'new' } }))}` });
    expect(leaked()).toEqual([]);
  });

  it('while the database cannot be reached', async () => {
    const headers = await callers();
    await proxy.cut();
    for (const caller of headers.slice(0, 3)) await sendAll(caller);
    await vi.waitFor(
      () => expect(lines.filter(({ task }) => task === 'API keys').length).toBeGreaterThan(0),
      { timeout: 15_000 },
    );
    expect(lines.filter(({ level }) => (level as number) >= 40).length).toBeGreaterThan(0);
    expect(leaked()).toEqual([]);
  });
});
