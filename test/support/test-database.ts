import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { inject } from 'vitest';

export interface TestDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

/** Creates a database, with all migrations applied or empty. */
export async function createTestDatabase(content: 'migrated' | 'empty' = 'migrated'): Promise<TestDatabase> {
  const template = inject('postgresTemplateUrl');
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  const source = content === 'empty' ? 'template0' : databaseOf(template);
  await administer(template, `CREATE DATABASE ${name} TEMPLATE ${source}`);
  return {
    url: withDatabase(template, name),
    drop: () => administer(template, `DROP DATABASE ${name} WITH (FORCE)`),
  };
}

/** Runs a statement on a connection of its own. */
export async function queryDatabase(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  // A server that stops ends the connection with an error event; the query fails too.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

async function administer(url: string, statement: string): Promise<void> {
  await queryDatabase(withDatabase(url, 'postgres'), statement);
}

function databaseOf(url: string): string {
  return new URL(url).pathname.slice(1);
}

function withDatabase(url: string, name: string): string {
  return Object.assign(new URL(url), { pathname: name }).href;
}
