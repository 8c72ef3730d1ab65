import { readFile } from 'node:fs/promises';
import { Client } from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDatabase } from '../../src/database/client.js';
import { foldHistory } from '../../src/profiles/fold-history.js';
import { createStore } from '../../src/repositories/store.js';
import { memory } from '../support/profile-events.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const migrationsFolder = new URL('../../prisma/migrations/', import.meta.url);

let test: TestDatabase;

beforeAll(async () => {
  test = await createTestDatabase('empty');
});

afterAll(() => test.drop());

it('profiles from before they were packed are those of the events that were stored', async () => {
  const client = new Client({ connectionString: test.url });
  await client.connect();
  const apply = async (name: string) =>
    client.query(await readFile(new URL(`${name}/migration.sql`, migrationsFolder), 'utf8'));
  await apply('20261121061350_init');
  await apply('20261121064935_track_events');
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
  await apply('20261121084000_packed_profiles');
  await client.end();

  const database = openDatabase({ url: test.url, logger: pino({ level: 'silent' }), poolSize: 2 });
  const [ada, ben, nobody] = await createStore(database.prisma, foldHistory(memory)).profiles.load([
    ...['ada', 'ben', 'nobody'],
  ]);
  await database.close();
  expect(ada).toMatchObject({ version: 1, totalInteractions: 4, lastActiveAtMs: Date.UTC(2026, 5, 4) });
  expect(ada?.topics.get('CATEGORY:politics')?.points).toBe(8);
  expect(ben).toMatchObject({ version: 4, totalInteractions: 0 });
  expect(nobody).toMatchObject({ version: 0, totalInteractions: 0 });
});
