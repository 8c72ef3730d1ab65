import { Client } from 'pg';
import { errorMessage, OperatorError } from '../../lib/errors.js';
import { databaseLabel, openClient, type DatabaseConnection } from './connection.js';

/** `server_version_num` of PostgreSQL 15. */
const OLDEST_SERVER = 150_000;

const ADVICE: Readonly<Record<string, string>> = {
  '28P01': 'check the user and the password in DATABASE_URL',
  '28000': 'check the user in DATABASE_URL, and which users the server admits',
  '3D000': 'create it, or name another one in DATABASE_URL',
  ENOTFOUND: 'check the host in DATABASE_URL',
};

/**
 * Opens the first connection to a database, and checks that the gateway can work there.
 *
 * @throws {OperatorError} if the server cannot be reached, rejects the login, is older than PostgreSQL 15, or is behind a
 *   pooler that shares sessions.
 */
export async function reachDatabase(connection: DatabaseConnection): Promise<Client> {
  const client = await connect(connection);
  try {
    await requireServerVersion(client);
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
}

async function connect(connection: DatabaseConnection): Promise<Client> {
  try {
    await requireOwnSessions(connection);
    return await openClient(connection, {
      application_name: 'bellwether migrations',
      connectionTimeoutMillis: 10_000,
      keepAlive: true,
    });
  } catch (cause) {
    if (cause instanceof OperatorError) throw cause;
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    const advice = ADVICE[code] ?? 'check that the server runs and that DATABASE_URL is right';
    throw new OperatorError(
      `The ${databaseLabel(connection)} cannot be reached: ${errorMessage(cause)}; ${advice}.`,
      { cause },
    );
  }
}

async function requireServerVersion(client: Client): Promise<void> {
  const { rows } = await client.query<{ number: number; version: string }>(
    `SELECT current_setting('server_version_num')::int AS number, current_setting('server_version') AS version`,
  );
  const [server] = rows;
  if (server === undefined || server.number >= OLDEST_SERVER) return;
  throw new OperatorError(`The database server is PostgreSQL ${server.version}; 15 or newer is required.`);
}

/** Bounds each answer of a pooler, which may wait for a free server session. */
const POOLER_ANSWER_MS = 5_000;

/** Number of attempts to observe a shared session, because a pooler may assign the same sessions by chance. */
const POOLER_ROUNDS = 3;

/**
 * Rejects a connection pooler that shares server sessions among clients, as PgBouncer does in transaction mode. There,
 * session settings, LISTEN, and session locks are lost or reach other clients.
 *
 * @throws {OperatorError} if a pooler shares sessions, or has fewer than two.
 */
async function requireOwnSessions(connection: DatabaseConnection): Promise<void> {
  const client = await connectPlainly(connection);
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
      'session mode with a pool of at least 39 sessions per replica, or connect straight to PostgreSQL.',
  );
}

/**
 * Returns whether one client gets several sessions, or two clients get the same one. While the second client has a
 * transaction open, the first one needs another session. The second client usually took the session that the first one
 * returned last.
 */
async function sharesSessions(first: Client, connection: DatabaseConnection): Promise<boolean> {
  const second = await connectPlainly(connection);
  const ofFirst = new Set<number | undefined>();
  const ofSecond = new Set<number | undefined>();
  try {
    for (let round = 0; round < POOLER_ROUNDS; round++) {
      ofFirst.add(await sessionOf(first));
      await second.query('begin');
      ofSecond.add(await sessionOf(second));
      ofFirst.add(await sessionOf(first));
      await second.query('commit');
    }
  } catch {
    // Statement mode rejects transactions, and in a pool of one session the first client waits until it times out.
    return true;
  } finally {
    await second.end();
  }
  return ofFirst.size > 1 || ofSecond.size > 1 || [...ofSecond].some((session) => ofFirst.has(session));
}

/** Connects without session settings, which would reach other clients of a pooler that shares sessions. */
async function connectPlainly({ address }: DatabaseConnection): Promise<Client> {
  const client = new Client({
    application_name: 'bellwether pooler check',
    connectionTimeoutMillis: POOLER_ANSWER_MS,
    query_timeout: POOLER_ANSWER_MS,
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
