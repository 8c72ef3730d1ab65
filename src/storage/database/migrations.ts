import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseError, type Client } from 'pg';
import type { Logger } from 'pino';
import { OperatorError } from '../../lib/errors.js';
import { connectionTo, type DatabaseConnection } from './connection.js';
import { databaseLabel } from './database-label.js';
import { ensureSchemas } from './ensure-schemas.js';
import { errorMessage } from './error-message.js';
import { checksumOf, matchesChecksum, migrationsFolder, readMigrationFiles } from './migration-files.js';
import type { MigrationFile } from './migration-files.js';
import { reachDatabase } from './reach-database.js';

export type MigrationState =
  | 'applied'
  | 'pending'
  /** Applied, but its file was edited since. */
  | 'modified'
  /** Applied, but there is no such file: by a newer version, most likely. */
  | 'missing file'
  /** Begun by Prisma's own tool, and neither finished nor rolled back. */
  | 'failed';

export interface MigrationStatus {
  readonly name: string;
  readonly appliedAt: Date | null;
  readonly state: MigrationState;
}

/** The lock of Prisma's own tool, so that it and the gateway never migrate the schema `public` at once. */
const prismaMigrationLock = 72_707_369;

/**
 * Every migration, applied or not, in order.
 * @throws {OperatorError} if the database can not be reached.
 */
export async function migrationStatus(url: string, folder = migrationsFolder): Promise<MigrationStatus[]> {
  const files = await readMigrationFiles(folder);
  return withConnection(url, (client) => readStatus(client, files));
}

/**
 * Brings the database to the state that this version expects: each pending migration in a transaction of its own,
 * recorded as Prisma does. Of several processes that do so at once, one does the work and the others wait for it.
 * @returns the names of the migrations applied by this call.
 * @throws {OperatorError} if the database can not be reached, is too old, is ahead of this version or was migrated
 *   differently, if a migration fails, or if the wait is longer than `lockTimeoutMs`.
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
    const status = await readStatus(client, files);
    requireOwnMigrations(status, connection);
    const refusal = status.map(refusalOf).find((sentence) => sentence !== undefined);
    if (refusal !== undefined) throw new OperatorError(refusal);
    const pending = status.filter(({ state }) => state === 'pending').map(({ name }) => name);
    await client.query(createMigrationsTable);
    for (const file of files.filter(({ name }) => pending.includes(name))) {
      await apply(client, file);
      logger.info({ migration: file.name }, 'database migration applied');
    }
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

/** Held until the connection ends. */
async function takeLock(client: Client, schema: string, lockTimeoutMs: number): Promise<void> {
  try {
    await client.query(`SET lock_timeout = ${lockTimeoutMs}`);
    // Other schemas of the database are migrated independently.
    await client.query(
      `SELECT pg_advisory_lock(CASE $2 WHEN 'public' THEN $1::bigint ELSE hashtextextended($2, $1::bigint) END)`,
      [prismaMigrationLock, schema],
    );
    await client.query('RESET lock_timeout');
  } catch (cause) {
    if (!isLockTimeout(cause)) throw cause;
    throw new OperatorError(
      `Another process has been migrating the database for more than ${lockTimeoutMs / 1_000} s. ` +
        'Wait until it has finished, or end it, and start again.',
      { cause },
    );
  }
}

/**
 * Attempts to get the locks of a migration. While a statement waits for a lock, everything that uses the table waits
 * behind it, so it waits briefly and lets the others go first.
 */
const LOCK_ATTEMPTS = 5;
const LOCK_TIMEOUT_MS = 2_000;
const LOCK_PAUSE_MS = 500;

async function apply(client: Client, file: MigrationFile): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await applyOnce(client, file);
      return;
    } catch (cause) {
      if (!isLockTimeout(cause) || attempt === LOCK_ATTEMPTS) throw failureOf(file, cause);
      await sleep(LOCK_PAUSE_MS);
    }
  }
}

async function applyOnce(client: Client, { name, sql }: MigrationFile): Promise<void> {
  try {
    await client.query('BEGIN');
    await client.query(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`);
    await client.query(sql);
    await client.query(recordMigration, [checksumOf(sql), name]);
    await client.query('COMMIT');
  } catch (cause) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw cause;
  }
}

function isLockTimeout(error: unknown): boolean {
  return error instanceof DatabaseError && error.code === '55P03';
}

function failureOf({ name }: MigrationFile, cause: unknown): OperatorError {
  const message = isLockTimeout(cause)
    ? `The migration ${name} was undone because other sessions lock a table that it changes. ` +
      'End their transactions (the view pg_stat_activity lists them), and start again.'
    : `The migration ${name} failed and was undone; the database is as it was before: ${errorMessage(cause)}. ` +
      'Fix the cause and start again.';
  return new OperatorError(message, { cause });
}

/**
 * Another application that uses Prisma records its migrations in a table of the same name.
 *
 * @throws {OperatorError} when all recorded migrations are unknown here.
 */
function requireOwnMigrations(status: readonly MigrationStatus[], connection: DatabaseConnection): void {
  const recorded = status.filter(({ state }) => state !== 'pending');
  const [first] = recorded;
  if (first === undefined || recorded.some(({ state }) => state !== 'missing file')) return;
  throw new OperatorError(
    `The schema ${connection.schema} holds the tables of another application (its migration ${first.name}): give ` +
      'Bellwether a schema of its own with a parameter in DATABASE_URL, such as ?schema=bellwether.',
  );
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

function refusalOf({ name, state }: MigrationStatus): string | undefined {
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
        `The database has the migration ${name}, which this version of Bellwether does not know: ` +
        'a newer version has used it. Start that version, or give this one a schema of its own (?schema=name in ' +
        'DATABASE_URL).'
      );
    case 'failed':
      return (
        `The migration ${name} was begun with another tool and did not finish. ` +
        'Settle it with "prisma migrate resolve", and start again.'
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

// now() is when the transaction began, clock_timestamp() the moment of this statement.
const recordMigration = `
  INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
  VALUES (gen_random_uuid()::text, $1, $2, now(), clock_timestamp(), 1)`;

// Prisma's tool keeps the rows of failed attempts; the latest row that was not rolled back counts.
const selectMigrations = `
  SELECT DISTINCT ON (migration_name) migration_name, checksum, finished_at
  FROM _prisma_migrations
  WHERE rolled_back_at IS NULL
  ORDER BY migration_name, started_at DESC`;
