import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { print } from 'graphql';
import { pino } from 'pino';
import { openBackend, type Backend } from '../../src/app/backend.js';
import { startGateway } from '../../src/app/gateway.js';
import type { MarketInput } from '../../src/catalog/market-input.js';
import { readSettings } from '../../src/config/settings.js';
import { createTestDatabase, type TestDatabase } from './test-database.js';

/** Response of the GraphQL endpoint. */
export interface Answer<Data> {
  readonly status: number;
  readonly data?: Data | null;
  readonly errors?: readonly {
    readonly message: string;
    readonly path?: readonly (string | number)[];
    readonly extensions?: Readonly<Record<string, unknown>>;
  }[];
}

/** Gateway on its own database, with a fixed clock that tests can advance. */
export interface TestGateway {
  readonly url: string;
  readonly databaseUrl: string;
  readonly backend: Backend;
  /** SQL statements so far, without transaction control. Set its length to 0 to clear it. */
  readonly statements: string[];
  readonly clock: { nowMs: number };
  /** Sends a typed document. */
  run<Data, Variables>(
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
  ): Promise<Answer<Data>>;
  /** Sends a query as text. */
  query(text: string, variables?: Record<string, unknown>): Promise<Answer<Record<string, unknown>>>;
  /** Stores markets, with a default title and category. */
  addMarkets(...markets: (Partial<MarketInput> & { id: string })[]): Promise<void>;
  close(): Promise<void>;
}

export const TEST_NOW_MS = Date.UTC(2026, 5, 15, 12);

/** @param existing database to use, dropped by `close`. Default: a new, empty one. */
export async function startTestGateway(
  env: Readonly<Record<string, string>> = {},
  existing?: TestDatabase,
): Promise<TestGateway> {
  const database = existing ?? (await createTestDatabase());
  const statements: string[] = [];
  const clock = { nowMs: TEST_NOW_MS };
  const options = {
    settings: readSettings({ DATABASE_URL: database.url, PORT: '0', NODE_ENV: 'test', ...env }),
    logger: pino({ level: 'silent' }),
    clock: () => clock.nowMs,
    onStatement: (sql: string) => {
      if (!/^(BEGIN|COMMIT|ROLLBACK)/i.test(sql)) statements.push(sql);
    },
  };
  const backend = await openBackend(options);
  const gateway = await startGateway(backend, { ...options, backgroundWork: false });
  const query = async <Data>(text: string, variables: unknown): Promise<Answer<Data>> => {
    const response = await fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json' },
      body: JSON.stringify({ query: text, variables }),
    });
    return { status: response.status, ...((await response.json()) as object) };
  };
  return {
    url: gateway.url,
    databaseUrl: database.url,
    backend,
    statements,
    clock,
    run: (document, variables) => query(print(document), variables),
    query: (text, variables) => query(text, variables),
    addMarkets: async (...markets) => {
      const results = await backend.services.catalog.upsert(
        markets.map((market) => ({ title: `Will ${market.id} happen?`, category: 'Politics', ...market })),
      );
      const rejected = results.find(({ problem }) => problem !== null);
      if (rejected)
        throw new Error(`The market ${rejected.id} was rejected: ${rejected.problem?.message ?? ''}`);
    },
    close: async () => {
      await gateway.stop();
      await backend.close();
      await database.drop();
    },
  };
}

/** Opens another replica of a gateway, without HTTP, on its database and with its clock. */
export function openReplica(
  { databaseUrl, clock }: TestGateway,
  env: Readonly<Record<string, string>> = {},
): Promise<Backend> {
  return openBackend({
    settings: readSettings({ DATABASE_URL: databaseUrl, ...env }),
    logger: pino({ level: 'silent' }),
    clock: () => clock.nowMs,
  });
}
