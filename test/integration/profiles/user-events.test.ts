import { Client } from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDatabase, type Database } from '../../../src/storage/database/client.js';
import { createStore, type Store } from '../../../src/storage/store.js';
import { decay } from '../../support/profile-events.js';
import { createTestDatabase, type TestDatabase } from '../../support/test-database.js';

const OTHER_EVENTS = 200_000;
const MONTHS = ['2026-04-01', '2026-05-01', '2026-06-01'];
/** 38 buckets of 262,144. */
const SEQ_STEP = 50;

let testDatabase: TestDatabase;
let client: Client;
let database: Database;
let store: Store;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  client = new Client({ connectionString: testDatabase.url });
  await client.connect();
  database = openDatabase({ url: testDatabase.url, logger: pino({ level: 'silent' }), poolSize: 1 });
  store = createStore(database.prisma, { decay });
  await client.query(
    `insert into markets (id, title, category, category_key, probability, volume_24h, created_at, version, updated_at)
     values ('m1', 'One', 'Topic', 'topic', 0.5, 1, now(), 1, now())`,
  );
  await store.partitions.ensureForEvents(MONTHS.map((month) => new Date(month)));
  await client.query('alter table interactions disable trigger user');
});

afterAll(async () => {
  await client.end();
  await database.close();
  await testDatabase.drop();
});

/** Adds an event of a user after every `every` events of other users. Its weight is its number among those. */
const addEvents = (userKey: string, every: number) =>
  client.query(
    `insert into interactions (id, seq, user_key, market_id, event_type, weight, occurred_at, received_at)
     select gen_random_uuid(), n * ${SEQ_STEP} + length($1), $1, 'm1', 'CLICK', n,
       ($2::timestamptz[])[1 + n * 3 / ${OTHER_EVENTS + 1}] + n * interval '1 s', now()
     from generate_series(${every}, ${OTHER_EVENTS}, ${every}) n`,
    [userKey, MONTHS],
  );

const numbersOf = async (userKey: string, afterSeq = 0n, limit = 5_000) =>
  (await store.interactions.historyOf(userKey, afterSeq, limit)).map(({ event }) => event.weight);

const multiplesOf = (every: number) =>
  Array.from({ length: OTHER_EVENTS / every }, (_, index) => (index + 1) * every);

it('finds no events in an empty table', async () => {
  expect(await numbersOf('ada')).toEqual([]);
});

it('reads the events of one user without reading those of other users', async () => {
  await client.query(
    `insert into interactions (id, seq, user_key, market_id, event_type, weight, occurred_at, received_at)
     select gen_random_uuid(), n * ${SEQ_STEP}, 'other ' || n % 20000, 'm1', 'CLICK', 2,
       ($1::timestamptz[])[1 + n * 3 / ${OTHER_EVENTS + 1}] + n * interval '1 s', now()
     from generate_series(1, ${OTHER_EVENTS}) n`,
    [MONTHS],
  );
  await addEvents('ada', 1_000);
  expect(await numbersOf('ada')).toEqual(multiplesOf(1_000));
  for (const when of ['without statistics', 'with statistics']) {
    const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: Record<string, number> }] }>(
      `explain (analyze, buffers, format json)
       select * from events_of_user('ada', 0, ${OTHER_EVENTS * SEQ_STEP + SEQ_STEP}, 5000)`,
    );
    const plan = rows[0]?.['QUERY PLAN'][0].Plan ?? {};
    expect(plan['Actual Rows'], when).toBe(200);
    // 39 buckets in 3 partitions, and 200 rows on as many pages. The whole table has more than 4,000 pages.
    const buffers = (plan['Shared Hit Blocks'] ?? NaN) + (plan['Shared Read Blocks'] ?? NaN);
    expect(buffers, when).toBeLessThan(1_000);
    await client.query('analyze interactions');
  }
}, 60_000);

it('continues after an event, with at most the given number of events', async () => {
  const events: number[] = [];
  for (let afterSeq = 0n, length = 33; length === 33;) {
    const page = await store.interactions.historyOf('ada', afterSeq, 33);
    events.push(...page.map(({ event }) => event.weight));
    length = page.length;
    afterSeq = page.at(-1)?.seq ?? afterSeq;
  }
  expect(events).toEqual(multiplesOf(1_000));
});

it('distinguishes users whose keys have the same hash', async () => {
  const { rows } = await client.query<{ keys: [string, string] }>(
    `select array_agg(key order by key) as keys from (select 'user ' || n as key from generate_series(1, 300000) n) k
     group by hashtext(key) having count(*) = 2 and min(length(key)) < max(length(key)) limit 1`,
  );
  const [one, two] = rows[0]?.keys ?? ['', ''];
  await addEvents(one, 40_000);
  await addEvents(two, 50_000);
  expect(await numbersOf(one)).toEqual(multiplesOf(40_000));
  expect(await numbersOf(two)).toEqual(multiplesOf(50_000));
});

it('skips events whose market is not stored, and continues after them', async () => {
  await addEvents('evelyn', 50_000);
  await client.query(
    `update interactions set market_id = 'gone' where user_key = 'evelyn' and weight < 150000`,
  );
  expect(await numbersOf('evelyn', 0n, 1)).toEqual([150_000]);
  expect(await numbersOf('evelyn')).toEqual([150_000, 200_000]);
});

it('returns events after a gap in the numbers that takes several statements', async () => {
  const seq = 2_000_000_000;
  await client.query(
    `insert into interactions (id, seq, user_key, market_id, event_type, weight, occurred_at, received_at)
     values (gen_random_uuid(), ${seq}, 'ada', 'm1', 'CLICK', 7, '2026-04-03', now())`,
  );
  expect(await numbersOf('ada', BigInt(198_000 * SEQ_STEP + 'ada'.length))).toEqual([199_000, 200_000, 7]);
  expect(await numbersOf('ada', BigInt(seq))).toEqual([]);
});
