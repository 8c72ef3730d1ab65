import { Client } from 'pg';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadRankingConfig } from '../../../src/config/ranking-config.js';
import { openDatabase } from '../../../src/storage/database/client.js';
import { OldPartitions } from '../../../src/storage/partitions.js';
import { createStore } from '../../../src/storage/store.js';
import { Retention } from '../../../src/tracking/retention.js';
import { decay } from '../../support/profile-events.js';
import { createTestDatabase, type TestDatabase } from '../../support/test-database.js';

let testDatabase: TestDatabase;
/** A session with an old snapshot, such as a backup: rows removed meanwhile cannot be vacuumed. */
let backup: Client;

beforeEach(async () => {
  testDatabase = await createTestDatabase();
  backup = new Client({ connectionString: testDatabase.url });
  await backup.connect();
});

afterEach(async () => {
  await backup.end();
  await testDatabase.drop();
});

const IDS = 60_000;

it('removes idempotency keys in steps that do not read rows that earlier steps removed', async () => {
  await backup.query(
    `insert into client_events
     select 'ada', n, gen_random_uuid(), timestamptz '2026-01-01' + n * interval '1 ms' from generate_series(1, $1) n`,
    [IDS],
  );
  await backup.query('analyze client_events');
  await backup.query('begin isolation level repeatable read');
  await backup.query('select count(*) from client_events');
  const database = openDatabase({ url: testDatabase.url, logger: pino({ level: 'silent' }), poolSize: 1 });
  const retention = new Retention({
    store: createStore(database.prisma, { decay }),
    partitions: new OldPartitions({ url: testDatabase.url }),
    config: () => loadRankingConfig(undefined),
  });
  const { removedClientEvents } = await retention.run({
    now: new Date('2026-06-15'),
    signal: new AbortController().signal,
  });
  expect(removedClientEvents).toBe(IDS);
  // A session flushes its statistics when it ends.
  await database.close();
  const reads = async () => {
    const client = new Client({ connectionString: testDatabase.url });
    await client.connect();
    const { rows } = await client.query<{ reads: number }>(
      `select idx_tup_read::int as reads from pg_stat_user_indexes where indexrelname = 'client_events_received_at_idx'`,
    );
    await client.end();
    return rows[0]?.reads ?? 0;
  };
  await expect.poll(reads, { timeout: 10_000 }).toBeGreaterThanOrEqual(IDS);
  // Steps from the start would read 10,000 + 20,000 + … + 60,000 = 210,000 rows or more.
  expect(await reads()).toBeLessThan(1.2 * IDS);
});
