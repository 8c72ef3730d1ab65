import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { createHttpServer, type HttpServer, type HttpServerOptions } from '../../src/server/server.js';
import { OPEN } from './open-authentication.js';
import { openLimits } from './open-limits.js';
import { createTestSchema, type TestContext, type TestSchema } from './test-schema.js';

interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly correlationId?: string;
  readonly err?: { readonly message: string };
}

export interface TestHttpServer extends TestSchema, HttpServer {
  readonly url: string;
  readonly log: readonly LogLine[];
}

/** Starts the HTTP server with the test schema on a free loopback port. */
export async function startTestHttpServer(
  overrides: Partial<HttpServerOptions<TestContext>> = {},
): Promise<TestHttpServer> {
  const testSchema = createTestSchema();
  const log: LogLine[] = [];
  let requests = 0;
  const server = await createHttpServer<TestContext>({
    schema: testSchema.schema,
    buildContext: (_request, viewer) => ({ user: 'ada', viewer, address: '' }),
    authentication: OPEN,
    limits: openLimits,
    logger: pino({ level: 'debug' }, { write: (line: string) => void log.push(JSON.parse(line) as LogLine) }),
    production: true,
    checks: {},
    newRequestId: () => `request-${++requests}`,
    ...overrides,
  });
  await server.app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = server.app.server.address() as AddressInfo;
  return { ...testSchema, ...server, log, url: `http://127.0.0.1:${port}` };
}

export interface GraphQLResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly body: {
    readonly data?: Record<string, unknown> | null;
    readonly errors?: readonly {
      readonly message: string;
      readonly path?: readonly (string | number)[];
      readonly extensions?: Readonly<Record<string, unknown>>;
    }[];
  };
}

/** Posts an operation, by default with the media type of the GraphQL over HTTP specification. */
export async function postGraphQL(
  url: string,
  body: { query?: unknown; variables?: unknown; operationName?: unknown },
  headers: Readonly<Record<string, string>> = { accept: 'application/graphql-response+json' },
): Promise<GraphQLResponse> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as GraphQLResponse['body'],
  };
}
