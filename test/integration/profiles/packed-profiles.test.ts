import { readdir, readFile } from 'node:fs/promises';
import { Client } from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDatabase } from '../../../src/storage/database/client.js';
import { createStore } from '../../../src/storage/store.js';
import { decay } from '../../support/profile-events.js';
import { createTestDatabase, type TestDatabase } from '../../support/test-database.js';

const migrationsFolder = new URL('../../../prisma/migrations/', import.meta.url);

let testDatabase: TestDatabase;

beforeAll(async () => {
  testDatabase = await createTestDatabase('empty');
});

afterAll(() => testDatabase.drop());

it('builds profiles from before the packed format from the interactions', async () => {
  const client = new Client({ connectionString: testDatabase.url });
  await client.connect();
  const entries = await readdir(migrationsFolder, { withFileTypes: true });
  const migrations = entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
  const packed = migrations.indexOf('20261121084000_packed_profiles');
  const apply = async (names: readonly string[]): Promise<void> => {
    for (const name of names) {
      await client.query(await readFile(new URL(`${name}/migration.sql`, migrationsFolder), 'utf8'));
    }
  };
  await apply(migrations.slice(0, packed));
  await client.query(
    `select ensure_interaction_partitions(array[timestamptz '2026-06-01']);
    insert into markets (id, title, category, category_key, created_at, version, updated_at)
      values ('m1', 't', 'Politics', 'politics', now(), nextval('market_version'), now());
    insert into interactions (id, user_key, market_id, event_type, weight, occurred_at, received_at)
      select gen_random_uuid(), 'ada', 'm1', 'CLICK', 2, at, at
      from generate_series(timestamptz '2026-06-01', '2026-06-04', '1 day') at;
    -- One from before profiles had versions, and one without events.
    insert into profiles (user_key, version) values ('ada', 0), ('ben', 3)`,
  );
  await apply(migrations.slice(packed));
  await client.end();

  const database = openDatabase({ url: testDatabase.url, logger: pino({ level: 'silent' }), poolSize: 2 });
  const [ada, ben, unknown] = await createStore(database.prisma, { decay }).profiles.load([
    ...['ada', 'ben', 'unknown'],
  ]);
  await database.close();
  expect(ada).toMatchObject({ version: 1, totalInteractions: 4, lastActiveAtMs: Date.UTC(2026, 5, 4) });
  expect(ada?.lifetime.topics.get('CATEGORY:politics')?.points).toBe(8);
  expect(ben).toMatchObject({ version: 4, totalInteractions: 0 });
  expect(unknown).toMatchObject({ version: 0, totalInteractions: 0 });
});
