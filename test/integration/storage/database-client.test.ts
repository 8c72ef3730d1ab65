import { Client } from 'pg';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openDatabase, type Database } from '../../../src/storage/database/client.js';
import { sqlStateOf } from '../../../src/storage/database-errors.js';
import { createTestDatabase, type TestDatabase } from '../../support/test-database.js';

const logger = pino({ level: 'silent' });

let testDatabase: TestDatabase;
let database: Database;
let statements: string[];

beforeEach(async () => {
  statements = [];
  testDatabase = await createTestDatabase();
  database = openDatabase({
    url: testDatabase.url,
    logger,
    poolSize: 2,
    queryTimeoutMs: 500,
    onStatement: (sql) => statements.push(sql),
  });
});

afterEach(async () => {
  await database.close();
  await testDatabase.drop();
});

describe('the database client', () => {
  it('reports each statement that it sends, including those of transactions', async () => {
    await database.prisma.market.findMany({ where: { title: 'none' } });
    expect(statements).toEqual([expect.stringMatching(/^SELECT .* FROM "public"."markets"/)]);
    statements.length = 0;
    await database.prisma.$transaction(async (transaction) => {
      await transaction.$executeRaw`SELECT 1`;
      await transaction.$queryRaw`SELECT 2 AS two`;
    });
    expect(statements).toEqual(['BEGIN', 'SELECT 1', 'SELECT 2 AS two', 'COMMIT']);
  });

  it('closes the connection of a statement that times out', async () => {
    const slow = Array.from({ length: 2 }, () => database.prisma.$executeRaw`SELECT pg_sleep(30)`);
    for (const result of await Promise.allSettled(slow)) expect(result.status).toBe('rejected');
    expect(await database.prisma.$queryRaw`SELECT 1 AS one`).toEqual([{ one: 1 }]);
  });

  it('closes the connection of a transaction that times out', async () => {
    const slow = Array.from({ length: 2 }, () =>
      database.prisma.$transaction((transaction) => transaction.$executeRaw`SELECT pg_sleep(30)`),
    );
    for (const result of await Promise.allSettled(slow)) expect(result.status).toBe('rejected');
    expect(await database.prisma.$queryRaw`SELECT 1 AS one`).toEqual([{ one: 1 }]);
  });

  it('lets the server cancel a statement before the client times out', async () => {
    const slow = await database.prisma.$executeRaw`SELECT pg_sleep(30)`.catch((error: unknown) => error);
    expect(sqlStateOf(slow)).toBe('57014');
    await vi.waitFor(async () => {
      const rows = await database.prisma.$queryRaw`
        SELECT FROM pg_stat_activity WHERE datname = current_database() AND state = 'active'
          AND query LIKE '%pg_sleep(30)%' AND pid <> pg_backend_pid()`;
      expect(rows).toEqual([]);
    });
  });

  it('reconnects after the loss of its connections, idle or not', async () => {
    await database.prisma.$queryRaw`SELECT 1`;
    const busy = expect(database.prisma.$executeRaw`SELECT pg_sleep(0.4)`).rejects.toThrow();
    await vi.waitFor(() => expect(statements).toContain('SELECT pg_sleep(0.4)'));
    const administrator = new Client({ connectionString: testDatabase.url });
    await administrator.connect();
    await administrator.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE application_name = 'bellwether' AND datname = current_database()`,
    );
    await administrator.end();
    await busy;
    expect(await database.prisma.$queryRaw`SELECT 1 AS one`).toEqual([{ one: 1 }]);
  });
});
