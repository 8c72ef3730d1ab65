import { connectionTo, openClient } from './connection.js';

/** Statements on one connection, outside any transaction. */
export interface OwnSession {
  /** The rows; rejects as PostgreSQL does, with its code. */
  query<Row extends object>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
}

const CONNECT_MS = 5_000;

/** A server that does not answer for so long is given up. */
const STATEMENT_MS = 60_000;

/**
 * Runs work on a connection of its own: for statements that PostgreSQL refuses within a transaction, or that need
 * settings of the session, neither of which a shared pool can give.
 *
 * @param options.lockTimeoutMs how long a statement waits for each lock; then it fails with 55P03.
 */
export async function withOwnSession<Result>(
  { url, lockTimeoutMs }: { readonly url: string; readonly lockTimeoutMs: number },
  work: (session: OwnSession) => Promise<Result>,
): Promise<Result> {
  const client = await openClient(connectionTo(url, { lock_timeout: lockTimeoutMs }), {
    application_name: 'bellwether',
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: STATEMENT_MS,
  });
  try {
    return await work({
      query: async <Row extends object>(sql: string, values: readonly unknown[] = []) =>
        (await client.query<Row>(sql, [...values])).rows,
    });
  } finally {
    await client.end();
  }
}
