import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { SignJWT } from 'jose';
import { apiKeyHash, createApiKey } from '../../src/auth/api-key.js';
import { openLiveSocket, type LiveMessage, type LiveSocket } from './live-socket.js';
import { startTestGateway, TEST_NOW_MS, type TestGateway } from './test-gateway.js';

const SECRET = 'a shared secret of thirty-two bytes or more';
const ISSUER = 'https://login.site.example';
const AUDIENCE = 'bellwether';

/** Response of an HTTP request to the gateway. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly { readonly message: string; readonly extensions: Record<string, unknown> }[];
}

/** A gateway with production settings, which accepts tokens. */
export interface ProtectedGateway extends TestGateway {
  /** Posts JSON, by default a GraphQL request without credentials. */
  post(body: unknown, headers?: Record<string, string>, route?: string): Promise<HttpAnswer>;
  /** Connects by WebSocket and waits for `connection_ack`. */
  connect(headers?: Record<string, string>): Promise<LiveSocket>;
}

export interface ProtectedGatewayOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Ranking config as YAML. */
  readonly config?: string;
}

export async function startProtectedGateway({
  env = {},
  config = '',
}: ProtectedGatewayOptions = {}): Promise<ProtectedGateway> {
  const folder = await mkdtemp(path.join(tmpdir(), 'bellwether-protected-'));
  const file = path.join(folder, 'ranking.yaml');
  await writeFile(file, config);
  const gateway = await startTestGateway({
    NODE_ENV: 'production',
    BELLWETHER_CONFIG: file,
    BELLWETHER_JWT_SECRET: SECRET,
    BELLWETHER_JWT_ISSUER: ISSUER,
    BELLWETHER_JWT_AUDIENCE: AUDIENCE,
    BELLWETHER_JWT_ROLE_CLAIM: 'role',
    ...env,
  });
  return {
    ...gateway,
    post: async (body, headers = {}, route = '/graphql') => {
      const response = await fetch(`${gateway.url}${route}`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'application/graphql-response+json, application/json',
          ...headers,
        },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });
      const { status, headers: received } = response;
      return { status, headers: received, ...((await response.json()) as object) };
    },
    connect: async (headers = {}) => {
      const live = await openLiveSocket(gateway.url);
      live.send({ type: 'connection_init', payload: headers });
      await live.received(1);
      (live.messages as LiveMessage[]).length = 0;
      return live;
    },
    close: async () => {
      await gateway.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** Creates an API key of a service, which the gateway accepts at once. Returns its id and the header with it. */
export async function createServiceKey({
  backend,
}: TestGateway): Promise<{ readonly id: string; readonly headers: { 'x-api-key': string } }> {
  const key = createApiKey();
  const id = `service-${key.slice(-8)}`;
  await backend.store.apiKeys.add({
    ...{ id, hash: apiKeyHash(key), name: 'service', role: 'SERVICE' as const },
    ...{ ending: key.slice(-4), createdAt: new Date() },
  });
  await backend.apiKeys.refresh();
  return { id, headers: { 'x-api-key': key } };
}

/** Returns the header with a token, by default of a client. It is valid for an hour of the test clock. */
export async function bearer(
  sub: string,
  { role = 'CLIENT', validSeconds = 3_600 }: { readonly role?: string; readonly validSeconds?: number } = {},
): Promise<{ authorization: string }> {
  const iat = TEST_NOW_MS / 1_000;
  const token = await new SignJWT({ iss: ISSUER, aud: AUDIENCE, sub, role, iat, exp: iat + validSeconds })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(Buffer.from(SECRET));
  return { authorization: `Bearer ${token}` };
}
