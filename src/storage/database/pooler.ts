import { Client } from 'pg';
import { OperatorError } from '../../lib/errors.js';
import type { DatabaseConnection } from './connection.js';
import { databaseLabel } from './database-label.js';

/** Bounds each answer of a pooler, which may wait for a free server session. */
const ANSWER_MS = 5_000;

const ROUNDS = 3;

/**
 * Rejects a connection pooler that shares server sessions among clients, as PgBouncer does in transaction mode. There,
 * session settings, LISTEN, and session locks are lost or reach other clients.
 *
 * @throws {OperatorError} when a pooler shares sessions, or has fewer than two.
 */
export async function requireOwnSessions(connection: DatabaseConnection): Promise<void> {
  const client = await connect(connection);
  try {
    // A server announces the number of the session; PgBouncer announces a number of its own.
    const { processID } = client as { processID?: number | null };
    if ((await sessionOf(client)) === processID) return;
    if (!(await sharesSessions(client, connection))) return;
  } finally {
    await client.end();
  }
  throw new OperatorError(
    `The connection pooler of the ${databaseLabel(connection)} shares server sessions among clients: use its ` +
      'session mode with a pool of at least 30 sessions per replica, or connect straight to PostgreSQL.',
  );
}

/**
 * Whether one client gets several sessions, or two get the same one. While the second has a transaction open, the
 * first needs another session than the one the second took, which is usually the one that the first has returned last.
 */
async function sharesSessions(first: Client, connection: DatabaseConnection): Promise<boolean> {
  const second = await connect(connection);
  const ofFirst = new Set<number | undefined>();
  const ofSecond = new Set<number | undefined>();
  try {
    for (let round = 0; round < ROUNDS; round++) {
      ofFirst.add(await sessionOf(first));
      await second.query('begin');
      ofSecond.add(await sessionOf(second));
      ofFirst.add(await sessionOf(first));
      await second.query('commit');
    }
  } catch {
    // Statement mode rejects transactions, and a pool of one session lets the first client wait.
    return true;
  } finally {
    await second.end();
  }
  return ofFirst.size > 1 || ofSecond.size > 1 || [...ofSecond].some((session) => ofFirst.has(session));
}

/** Without session settings, which would reach other clients of a pooler that shares sessions. */
async function connect({ address }: DatabaseConnection): Promise<Client> {
  const client = new Client({
    application_name: 'bellwether pooler check',
    connectionTimeoutMillis: ANSWER_MS,
    query_timeout: ANSWER_MS,
    ...address,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
}

async function sessionOf(client: Client): Promise<number | undefined> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  return rows[0]?.pid;
}
