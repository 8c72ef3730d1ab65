import { DatabaseError, type Client } from 'pg';
import { connectionTo, openClient } from '../storage/database/connection.js';

/**
 * Who uses the embedded server is known by a lock: each process holds it shared for as long as it lives, on one
 * connection of its own, and PostgreSQL lets go of it when the process dies. Who gets it exclusively is alone.
 * Advisory locks are per database, so all of them are taken in `postgres`.
 */
const presenceLock = 7_230_001;

/** Takes part in the use of the server; waits if somebody is just stopping it, and then fails. */
export async function joinPresence(url: string, timeoutMs: number): Promise<Client> {
  const client = await openClient(connectionTo(url), {
    application_name: 'bellwether presence',
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
    keepAlive: true,
  });
  try {
    await client.query('SELECT pg_advisory_lock_shared($1)', [presenceLock]);
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
}

/** Gives the presence up. True if nobody else is present; then nobody can join while the connection lives. */
export async function leavePresence(client: Client): Promise<boolean> {
  await client.query('SELECT pg_advisory_unlock_shared($1)', [presenceLock]);
  const { rows } = await client.query<{ alone: boolean }>('SELECT pg_try_advisory_lock($1) AS alone', [
    presenceLock,
  ]);
  return rows[0]?.alone === true;
}

/** Whether trying again is of no use: the password is wrong, say. Everything else happens while a server starts or stops. */
export function isRefused(error: unknown): boolean {
  return error instanceof DatabaseError && /^(28|3D)/.test(error.code ?? '');
}
