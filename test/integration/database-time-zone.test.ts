import { Client } from 'pg';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openDatabase, type Database } from '../../src/database/client.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

let testDatabase: TestDatabase;
let database: Database;

beforeEach(async () => {
  testDatabase = await createTestDatabase();
  const administrator = new Client({ connectionString: testDatabase.url });
  await administrator.connect();
  const name = new URL(testDatabase.url).pathname.slice(1);
  await administrator.query(`alter database ${name} set timezone to 'Asia/Tokyo'`);
  await administrator.end();
  database = openDatabase({ url: testDatabase.url, logger: pino({ level: 'silent' }), poolSize: 1 });
});

afterEach(async () => {
  await database.close();
  await testDatabase.drop();
});

it('means the same instants as a server that lives in another time zone', async () => {
  const instant = new Date('2026-06-15T12:00:00Z');
  const rows = await database.prisma.$queryRaw`
    select extract(epoch from ${instant}::timestamptz)::float8 * 1000 as written,
      '2026-06-15T12:00:00Z'::timestamptz as read`;
  expect(rows).toEqual([{ written: instant.getTime(), read: instant }]);
});
