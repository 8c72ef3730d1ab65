import type { Client } from 'pg';
import { OperatorError } from '../../lib/errors.js';
import { openClient, type DatabaseConnection } from './connection.js';
import { databaseLabel } from './database-label.js';
import { errorMessage } from './error-message.js';
import { requireOwnSessions } from './pooler.js';

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
 * @throws {OperatorError} in one sentence, when the server cannot be reached, rejects the login, is older than
 *   PostgreSQL 15, or is behind a pooler that shares sessions.
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
  throw new OperatorError(`The database server is PostgreSQL ${server.version}; 15 or newer is needed.`);
}
