import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseError, type Client } from 'pg';
import type { Logger } from 'pino';
import { errorMessage, OperatorError } from '../../lib/errors.js';
import { SESSION_LOCKS } from './advisory-locks.js';
import { connectionTo, databaseLabel, type DatabaseConnection } from './connection.js';
import { ensureSchemas } from './ensure-schemas.js';
import { accessChanges, grantSchema, type AccessChange } from './grant-access.js';
import { reachDatabase } from './reach-database.js';
import { ensureRoles } from './roles.js';

type MigrationState =
  | 'applied'
  | 'pending'
  /** Applied, but its file was edited afterwards. */
  | 'modified'
  /** Applied, but without a file: probably by a newer version. */
  | 'missing file'
  /** Started by Prisma's own tool, and neither finished nor rolled back. */
  | 'failed';

/** One `prisma/migrations/<yyyymmddhhmmss>_<name>/migration.sql`. */
interface MigrationFile {
  /** Name of its folder. */
  readonly name: string;
  readonly sql: string;
}

/** The same path from `src` and from `dist`. */
export const migrationsFolder = new URL('../../../prisma/migrations/', import.meta.url);

interface MigrationStatus {
  readonly name: string;
  readonly appliedAt: Date | null;
  readonly state: MigrationState;
}

/**
 * Returns every migration, applied or not, in order.
 *
 * @throws {OperatorError} if the database cannot be reached.
 */
export async function migrationStatus(url: string, folder = migrationsFolder): Promise<MigrationStatus[]> {
  const files = await readMigrationFiles(folder);
  return withConnection(url, (client) => readStatus(client, files));
}

/**
 * Applies the pending migrations, each in its own transaction, and records them as Prisma does. Before, it creates the roles
 * that requests and jobs run as; afterwards, it gives them their access. If several processes call it at the same time, one
 * does the work and the others wait for it.
 *
 * @returns the names of the migrations that this call applied.
 * @throws {OperatorError} if the database cannot be reached, is too old, is ahead of this version, or was migrated
 *   differently; if a migration fails; or if another process migrates for longer than `lockTimeoutMs`.
 */
export async function applyMigrations(
  url: string,
  options: { readonly logger: Logger; readonly folder?: URL; readonly lockTimeoutMs?: number },
): Promise<string[]> {
  const { logger, folder = migrationsFolder, lockTimeoutMs = 60_000 } = options;
  const files = await readMigrationFiles(folder);
  return withConnection(url, async (client, connection) => {
    await takeLock(client, connection.schema, lockTimeoutMs);
    await ensureSchemas(client, connection);
    await ensureRoles(client, connection.schema);
    const status = await readStatus(client, files);
    requireOwnMigrations(status, connection);
    const problem = status.map(problemOf).find((sentence) => sentence !== undefined);
    if (problem !== undefined) throw new OperatorError(problem);
    const pending = status.filter(({ state }) => state === 'pending').map(({ name }) => name);
    await client.query(createMigrationsTable);
    for (const file of files.filter(({ name }) => pending.includes(name))) {
      await apply(client, file);
      logger.info({ migration: file.name }, 'database migration applied');
    }
    await grantSchema(client, connection.schema);
    for (const change of await accessChanges(client, connection.schema)) await applyAccess(client, change);
    return pending;
  });
}

async function withConnection<T>(
  url: string,
  work: (client: Client, connection: DatabaseConnection) => Promise<T>,
): Promise<T> {
  const connection = connectionTo(url);
  const client = await reachDatabase(connection);
  try {
    return await work(client, connection);
  } catch (cause) {
    if (!(cause instanceof DatabaseError)) throw cause;
    throw new OperatorError(`The ${databaseLabel(connection)} rejected a statement: ${cause.message}.`, {
      cause,
    });
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Takes the migration lock until the connection ends. */
async function takeLock(client: Client, schema: string, lockTimeoutMs: number): Promise<void> {
  try {
    await client.query(`SET lock_timeout = ${lockTimeoutMs}`);
    // Other schemas of the database are migrated independently.
    await client.query(
      `SELECT pg_advisory_lock(CASE $2 WHEN 'public' THEN $1::bigint ELSE hashtextextended($2, $1::bigint) END)`,
      [SESSION_LOCKS.migrations, schema],
    );
    await client.query('RESET lock_timeout');
  } catch (cause) {
    if (!isLockTimeout(cause)) throw cause;
    throw new OperatorError(
      `Another process has been migrating the database for more than ${lockTimeoutMs / 1_000} s. ` +
        'Wait until it has finished, or stop it, then start again.',
      { cause },
    );
  }
}

/**
 * Attempts to get the table locks of a migration. While a statement waits for a lock, every other user of the table waits
 * behind it. So each attempt waits briefly, and pauses to let the others proceed.
 */
const LOCK_ATTEMPTS = 5;
const LOCK_TIMEOUT_MS = 2_000;
const LOCK_PAUSE_MS = 500;

async function apply(client: Client, file: MigrationFile): Promise<void> {
  const { name, sql } = file;
  try {
    await retryLocked(() =>
      inTransaction(client, async () => {
        // A statement on rows that the owner cannot see fails instead of skipping them.
        await client.query('SET LOCAL row_security = off');
        await client.query(sql);
        await client.query(recordMigration, [checksumOf(sql), name]);
      }),
    );
  } catch (cause) {
    throw failureOf(`The migration ${name}`, cause);
  }
}

async function applyAccess(client: Client, { relation, statements }: AccessChange): Promise<void> {
  try {
    await retryLocked(() =>
      inTransaction(client, async () => {
        for (const statement of statements) await client.query(statement);
      }),
    );
  } catch (cause) {
    throw failureOf(`The change of the access to ${relation}`, cause);
  }
}

async function retryLocked(work: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await work();
      return;
    } catch (error) {
      if (!isLockTimeout(error) || attempt === LOCK_ATTEMPTS) throw error;
      await sleep(LOCK_PAUSE_MS);
    }
  }
}

async function inTransaction(client: Client, work: () => Promise<void>): Promise<void> {
  try {
    await client.query('BEGIN');
    await client.query(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`);
    await work();
    await client.query('COMMIT');
  } catch (cause) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw cause;
  }
}

function isLockTimeout(error: unknown): boolean {
  return error instanceof DatabaseError && error.code === '55P03';
}

/** @param change subject of the sentence. */
function failureOf(change: string, cause: unknown): OperatorError {
  const message = isLockTimeout(cause)
    ? `${change} was rolled back because other sessions lock a table that it changes. ` +
      'End their transactions (listed in the view pg_stat_activity), then start again.'
    : `${change} failed and was rolled back: ${errorMessage(cause)}. Fix the cause, then start again.`;
  return new OperatorError(message, { cause });
}

/**
 * Rejects the tables of another application that uses Prisma, which records its migrations in a table of the same name.
 *
 * @throws {OperatorError} if all recorded migrations are unknown to this version.
 */
function requireOwnMigrations(status: readonly MigrationStatus[], connection: DatabaseConnection): void {
  const recorded = status.filter(({ state }) => state !== 'pending');
  const [first] = recorded;
  if (first === undefined || recorded.some(({ state }) => state !== 'missing file')) return;
  throw new OperatorError(
    `The schema ${connection.schema} contains the tables of another application (its migration ${first.name}): give ` +
      'Bellwether its own schema with a parameter in DATABASE_URL, such as ?schema=bellwether.',
  );
}

async function readMigrationFiles(folder: URL): Promise<MigrationFile[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(
    names.sort().map(async (name) => ({
      name,
      sql: await readFile(new URL(`${name}/migration.sql`, folder), 'utf8'),
    })),
  );
}

/** Returns the checksum that Prisma records: SHA-256 of the file, in hexadecimal. */
export function checksumOf(sql: string): string {
  return createHash('sha256').update(sql).digest('hex');
}

/** Returns whether the checksum is of this file, with line ends of any operating system. */
function matchesChecksum({ sql }: MigrationFile, checksum: string): boolean {
  const unix = sql.replaceAll('\r\n', '\n');
  return [sql, unix, unix.replaceAll('\n', '\r\n')].some((text) => checksumOf(text) === checksum);
}

interface MigrationRow {
  readonly migration_name: string;
  readonly checksum: string;
  readonly finished_at: Date | null;
}

async function readStatus(client: Client, files: readonly MigrationFile[]): Promise<MigrationStatus[]> {
  const table = await client.query<{ exists: boolean }>(
    `SELECT to_regclass('_prisma_migrations') IS NOT NULL AS exists`,
  );
  const { rows } =
    table.rows[0]?.exists === true
      ? await client.query<MigrationRow>(selectMigrations)
      : { rows: [] as MigrationRow[] };
  const recorded = new Map(rows.map((row) => [row.migration_name, row]));
  const byName = new Map(files.map((file) => [file.name, file]));
  return [...new Set([...byName.keys(), ...recorded.keys()])].sort().map((name) => {
    const row = recorded.get(name);
    return { name, appliedAt: row?.finished_at ?? null, state: stateOf(byName.get(name), row) };
  });
}

function stateOf(file: MigrationFile | undefined, row: MigrationRow | undefined): MigrationState {
  if (row === undefined) return 'pending';
  if (row.finished_at === null) return 'failed';
  if (file === undefined) return 'missing file';
  return matchesChecksum(file, row.checksum) ? 'applied' : 'modified';
}

function problemOf({ name, state }: MigrationStatus): string | undefined {
  switch (state) {
    case 'applied':
    case 'pending':
      return undefined;
    case 'modified':
      return (
        `The migration ${name} was edited after it had been applied to this database. ` +
        'Restore its file, and put the change into a new migration.'
      );
    case 'missing file':
      return (
        `The database has the migration ${name}, which this version of Bellwether does not know, so a newer version ` +
        'has used the database. Start that version, or give this one its own schema (?schema=name in DATABASE_URL).'
      );
    case 'failed':
      return (
        `The migration ${name} was started with another tool and did not finish. ` +
        'Resolve it with "prisma migrate resolve", then start again.'
      );
  }
}

const createMigrationsTable = `
  CREATE TABLE IF NOT EXISTS _prisma_migrations (
    id                  VARCHAR(36) PRIMARY KEY NOT NULL,
    checksum            VARCHAR(64) NOT NULL,
    finished_at         TIMESTAMPTZ,
    migration_name      VARCHAR(255) NOT NULL,
    logs                TEXT,
    rolled_back_at      TIMESTAMPTZ,
    started_at          TIMESTAMPTZ NOT NULL DEFAULT now(),
    applied_steps_count INTEGER NOT NULL DEFAULT 0
  )`;

// now() is the start of the transaction, clock_timestamp() the time of this statement.
const recordMigration = `
  INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
  VALUES (gen_random_uuid()::text, $1, $2, now(), clock_timestamp(), 1)`;

// Prisma's tool keeps the rows of failed attempts; the latest row that was not rolled back counts.
const selectMigrations = `
  SELECT DISTINCT ON (migration_name) migration_name, checksum, finished_at
  FROM _prisma_migrations
  WHERE rolled_back_at IS NULL
  ORDER BY migration_name, started_at DESC`;
