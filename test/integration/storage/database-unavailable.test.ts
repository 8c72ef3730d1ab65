import { createServer, type AddressInfo } from 'node:net';
import { Client } from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openDatabase, type Database } from '../../../src/storage/database/client.js';
import { isUnavailable } from '../../../src/storage/database-errors.js';
import { createTestDatabase, type TestDatabase } from '../../support/test-database.js';

const logger = pino({ level: 'silent' });

/** Returns whether the work fails because the database is unavailable. @throws if it succeeds. */
async function failsAsUnavailable(work: Promise<unknown>): Promise<boolean> {
  const [outcome] = await Promise.allSettled([work]);
  if (outcome.status === 'fulfilled') throw new Error('The database answered.');
  return isUnavailable(outcome.reason);
}

/** Returns a local port without a listener. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('with no server at the address', () => {
  let database: Database;

  beforeAll(async () => {
    const url = `postgresql://ada:secret@127.0.0.1:${await closedPort()}/none`;
    database = openDatabase({ url, logger, poolSize: 1, queryTimeoutMs: 500 });
  });

  afterAll(() => database.close());

  it('a statement fails as unavailable', async () => {
    expect(await failsAsUnavailable(database.prisma.$queryRaw`SELECT 1`)).toBe(true);
    expect(await failsAsUnavailable(database.prisma.market.findFirst())).toBe(true);
  });

  it('a transaction fails as unavailable', async () => {
    const work = database.prisma.$transaction((transaction) => transaction.$executeRaw`SELECT 1`);
    expect(await failsAsUnavailable(work)).toBe(true);
  });
});

describe('with a server that closes its connections', () => {
  let testDatabase: TestDatabase;
  let database: Database;
  let statements: string[];

  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    statements = [];
    database = openDatabase({
      url: testDatabase.url,
      logger,
      poolSize: 1,
      queryTimeoutMs: 2_000,
      onStatement: (sql) => statements.push(sql),
    });
  });

  afterAll(async () => {
    await database.close();
    await testDatabase.drop();
  });

  async function endConnections(): Promise<void> {
    const administrator = new Client({ connectionString: testDatabase.url });
    await administrator.connect();
    await administrator.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE application_name = 'bellwether' AND datname = current_database()`,
    );
    await administrator.end();
  }

  async function interrupted(start: () => Promise<unknown>): Promise<boolean> {
    statements.length = 0;
    const result = failsAsUnavailable(start());
    await vi.waitFor(() => expect(statements).toContain('SELECT pg_sleep(1)'));
    await endConnections();
    return result;
  }

  it('a running statement fails as unavailable', async () => {
    expect(await interrupted(() => database.prisma.$executeRaw`SELECT pg_sleep(1)`)).toBe(true);
  });

  it('a running transaction fails as unavailable', async () => {
    const work = () =>
      database.prisma.$transaction((transaction) => transaction.$executeRaw`SELECT pg_sleep(1)`);
    expect(await interrupted(work)).toBe(true);
  });

  it('a statement that times out fails as unavailable', async () => {
    expect(await failsAsUnavailable(database.prisma.$executeRaw`SELECT pg_sleep(5)`)).toBe(true);
  });

  it('a statement with a value that PostgreSQL rejects does not fail as unavailable', async () => {
    expect(await failsAsUnavailable(database.prisma.$executeRaw`SELECT 1 / 0`)).toBe(false);
  });
});
