import { createServer, type AddressInfo } from 'node:net';
import { Client } from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openDatabase, type Database } from '../../../src/storage/database/client.js';
import { isUnavailable } from '../../../src/storage/unavailable.js';
import { createTestDatabase, type TestDatabase } from '../../support/test-database.js';

const logger = pino({ level: 'silent' });

/** Whether a failure counts as want of a database; fails when there is none. */
async function failsForWantOfDatabase(work: Promise<unknown>): Promise<boolean> {
  const [outcome] = await Promise.allSettled([work]);
  if (outcome.status === 'fulfilled') throw new Error('The database answered.');
  return isUnavailable(outcome.reason);
}

/** A port of this machine on which nobody listens. */
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

  it('a statement fails for want of a database', async () => {
    expect(await failsForWantOfDatabase(database.prisma.$queryRaw`SELECT 1`)).toBe(true);
    expect(await failsForWantOfDatabase(database.prisma.market.findFirst())).toBe(true);
  });

  it('a transaction fails for want of a database', async () => {
    const work = database.prisma.$transaction((transaction) => transaction.$executeRaw`SELECT 1`);
    expect(await failsForWantOfDatabase(work)).toBe(true);
  });
});

describe('with a server that goes away', () => {
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
    const result = failsForWantOfDatabase(start());
    await vi.waitFor(() => expect(statements).toContain('SELECT pg_sleep(1)'));
    await endConnections();
    return result;
  }

  it('a statement under way fails for want of a database', async () => {
    expect(await interrupted(() => database.prisma.$executeRaw`SELECT pg_sleep(1)`)).toBe(true);
  });

  it('a transaction under way fails for want of a database', async () => {
    const work = () =>
      database.prisma.$transaction((transaction) => transaction.$executeRaw`SELECT pg_sleep(1)`);
    expect(await interrupted(work)).toBe(true);
  });

  it('a statement that takes too long fails for want of a database', async () => {
    expect(await failsForWantOfDatabase(database.prisma.$executeRaw`SELECT pg_sleep(5)`)).toBe(true);
  });

  it('a statement with a value that PostgreSQL rejects does not count as unavailable', async () => {
    expect(await failsForWantOfDatabase(database.prisma.$executeRaw`SELECT 1 / 0`)).toBe(false);
  });
});
