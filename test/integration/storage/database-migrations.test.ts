import { fork } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Client } from 'pg';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  applyMigrations,
  checksumOf,
  migrationsFolder,
  migrationStatus,
} from '../../../src/storage/database/migrations.js';
import { OperatorError } from '../../../src/lib/errors.js';
import { createTestDatabase, queryDatabase, type TestDatabase } from '../../support/test-database.js';

const logger = pino({ level: 'silent' });
const program = fileURLToPath(new URL('../../support/database-process.ts', import.meta.url));
const first = '20300101000000_first';
const second = '20300102000000_second';
const firstSql = 'CREATE TABLE a (n int);\nINSERT INTO a VALUES (1);\n';

let database: TestDatabase;
let directory: string;
let folder: URL;

beforeEach(async () => {
  database = await createTestDatabase('empty');
  directory = await mkdtemp(path.join(tmpdir(), 'bellwether-migrations-'));
  folder = pathToFileURL(`${directory}/`);
  await write(first, firstSql);
});

afterEach(async () => {
  await database.drop();
  await rm(directory, { recursive: true, force: true });
});

async function write(name: string, sql: string): Promise<void> {
  await mkdir(path.join(directory, name), { recursive: true });
  await writeFile(path.join(directory, name, 'migration.sql'), sql);
}

async function connect(): Promise<Client> {
  const client = new Client({ connectionString: database.url });
  await client.connect();
  return client;
}

async function states(): Promise<[string, string][]> {
  return (await migrationStatus(database.url, folder)).map(({ name, state }) => [name, state]);
}

async function errorOf(url = database.url, lockTimeoutMs = 60_000): Promise<string> {
  const error: unknown = await applyMigrations(url, { logger, folder, lockTimeoutMs }).catch(
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(OperatorError);
  return (error as OperatorError).message;
}

describe('applyMigrations', () => {
  it('applies pending migrations in order, and records them as Prisma does', async () => {
    expect(await states()).toEqual([[first, 'pending']]);
    expect(await applyMigrations(database.url, { logger, folder })).toEqual([first]);
    await write(second, 'ALTER TABLE a ADD COLUMN m int;');
    expect(await states()).toEqual([
      [first, 'applied'],
      [second, 'pending'],
    ]);
    expect(await applyMigrations(database.url, { logger, folder })).toEqual([second]);
    expect(await applyMigrations(database.url, { logger, folder })).toEqual([]);
    const recorded = await queryDatabase(
      database.url,
      `SELECT migration_name, checksum, applied_steps_count AS steps, finished_at >= started_at AS finished, logs,
         rolled_back_at, length(id) AS id_length
       FROM _prisma_migrations ORDER BY started_at`,
    );
    const shared = { steps: 1, finished: true, logs: null, rolled_back_at: null, id_length: 36 };
    expect(recorded).toEqual([
      { ...shared, migration_name: first, checksum: checksumOf(firstSql) },
      { ...shared, migration_name: second, checksum: checksumOf('ALTER TABLE a ADD COLUMN m int;') },
    ]);
    expect((await migrationStatus(database.url, folder))[0]?.appliedAt).toBeInstanceOf(Date);
  });

  it('applies each migration once when two processes start at the same time', async () => {
    await write(second, 'SELECT pg_sleep(0.3); INSERT INTO a VALUES (2);');
    const processes = [1, 2].map(() =>
      fork(program, ['migrate', database.url, folder.href], { execArgv: [] }),
    );
    await Promise.all(processes.map((child) => once(child, 'message')));
    const results = processes.map((child) => once(child, 'message'));
    for (const child of processes) child.send('go');
    const applied = ((await Promise.all(results)) as [{ applied: string[] }][]).flatMap(
      ([{ applied: names }]) => names,
    );
    expect(applied).toEqual([first, second]);
    expect(await queryDatabase(database.url, 'SELECT n FROM a ORDER BY n')).toEqual([{ n: 1 }, { n: 2 }]);
  });

  it('rolls back a migration that fails, and keeps earlier ones', async () => {
    await write(second, 'CREATE TABLE b (n int); INSERT INTO nowhere VALUES (1);');
    expect(await errorOf()).toMatch(
      /20300102000000_second failed and was rolled back.*"nowhere" does not exist/,
    );
    expect(await queryDatabase(database.url, `SELECT to_regclass('b') AS b`)).toEqual([{ b: null }]);
    expect(await states()).toEqual([
      [first, 'applied'],
      [second, 'pending'],
    ]);
  });

  it('rejects an applied migration that was edited, but not one with other line ends', async () => {
    await applyMigrations(database.url, { logger, folder });
    await write(first, firstSql.replaceAll('\n', '\r\n'));
    expect(await states()).toEqual([[first, 'applied']]);
    await write(first, `${firstSql}-- edited\n`);
    await write(second, 'CREATE TABLE b (n int)');
    expect(await errorOf()).toMatch(/20300101000000_first was edited.*Restore its file/);
    expect(await states()).toEqual([
      [first, 'modified'],
      [second, 'pending'],
    ]);
  });

  it('rejects a database that a newer version has used', async () => {
    await write(second, 'CREATE TABLE b (n int)');
    await applyMigrations(database.url, { logger, folder });
    await rm(path.join(directory, second), { recursive: true });
    expect(await states()).toEqual([
      [first, 'applied'],
      [second, 'missing file'],
    ]);
    expect(await errorOf()).toMatch(/20300102000000_second, which this version .* does not know/);
  });

  it('rejects a database while an attempt of another tool is unresolved', async () => {
    await applyMigrations(database.url, { logger, folder });
    await queryDatabase(database.url, 'UPDATE _prisma_migrations SET finished_at = NULL');
    expect(await errorOf()).toMatch(/did not finish.*prisma migrate resolve/);
    await queryDatabase(database.url, 'UPDATE _prisma_migrations SET rolled_back_at = now()');
    expect(await states()).toEqual([[first, 'pending']]);
  });

  it('stops waiting for another process after the lock timeout', async () => {
    const other = await connect();
    await other.query('SELECT pg_advisory_lock(72707369)');
    expect(await errorOf(database.url, 50)).toMatch(/Another process.*more than 0.05 s/);
    await other.end();
  });

  it('names the address of an unreachable database without the password', async () => {
    const url = Object.assign(new URL(database.url), { port: '1', password: 'secret' }).href;
    const message = await errorOf(url);
    expect(message).toMatch(/at 127.0.0.1:1 cannot be reached: .*ECONNREFUSED.*DATABASE_URL/);
    expect(message).not.toContain('secret');
  });
});

describe('the migrations of this version', () => {
  it('reject values outside the range of the formulas', async () => {
    await cp(fileURLToPath(migrationsFolder), directory, { recursive: true });
    await rm(path.join(directory, first), { recursive: true });
    await applyMigrations(database.url, { logger, folder });
    const insert = (column: string, value: string) =>
      queryDatabase(
        database.url,
        `INSERT INTO markets (id, title, category, category_key, created_at, version, updated_at, ${column})
         VALUES (gen_random_uuid(), 't', 'c', 'c', now(), nextval('market_version'), now(), ${value})`,
      );
    await insert('probability', '1');
    await insert('probability', 'NULL');
    const invalid = [
      ['probability', '1.01'],
      ['probability', `'NaN'`],
      ['editorial_boost', '-0.1'],
      ['volume_24h', '-1'],
      ['volume_24h', `'Infinity'`],
      ['volume_total', `'NaN'`],
      ['participant_count', '-1'],
    ] as const;
    for (const [column, value] of invalid) {
      await expect(insert(column, value)).rejects.toThrow(`markets_${column}_range`);
    }
  });
});
