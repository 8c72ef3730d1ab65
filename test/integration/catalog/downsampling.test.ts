import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/lib/time.js';
import { decay } from '../../support/profile-events.js';
import { pino } from 'pino';
import { Client } from 'pg';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { downsampleSnapshots } from '../../../src/catalog/market-history.js';
import { openDatabase, type Database } from '../../../src/storage/database/client.js';
import { createStore, type Store } from '../../../src/storage/store.js';
import { storedMarket } from '../../support/stored-market.js';
import { createTestDatabase, type TestDatabase } from '../../support/test-database.js';

/** In the middle of an hour, so that 48 hours before is in the middle of an hour too. */
const NOW_MS = Date.UTC(2026, 5, 15, 12, 30);

let testDatabase: TestDatabase;
let database: Database;
let store: Store;
let client: Client;
const statements: string[] = [];

beforeEach(async () => {
  testDatabase = await createTestDatabase();
  database = openDatabase({
    url: testDatabase.url,
    logger: pino({ level: 'silent' }),
    poolSize: 2,
    onStatement: (sql) => statements.push(sql),
  });
  store = createStore(database.prisma, { decay });
  client = new Client({ connectionString: testDatabase.url });
  await client.connect();
  await client.query(
    `insert into markets (id, title, category, category_key, created_at, version, updated_at)
      select id, 't', 'c', 'c', now(), nextval('market_version'), now() from unnest(array['a', 'b', 'c']) id`,
  );
});

afterEach(async () => {
  await client.end();
  await database.close();
  await testDatabase.drop();
});

const downsample = (nowMs = NOW_MS, signal = new AbortController().signal) =>
  downsampleSnapshots({ snapshots: store.snapshots, now: new Date(nowMs), signal });

/** Adds snapshots of these ages. The volume is the age in minutes, so that snapshots differ. */
const add = (marketId: string, ...agesMs: number[]) =>
  store.snapshots.addHistory(
    agesMs.map((ageMs) => ({
      ...{ marketId, at: new Date(NOW_MS - ageMs), probability: 0.5, participantCount: 0 },
      volume24h: ageMs / MINUTE_MS,
    })),
  );

/** The stored snapshots. `resolution`: 0 as recorded, 1 the last of its hour, 2 the last of its day. `at` has no year. */
async function stored(): Promise<{ id: string; at: string; resolution: number }[]> {
  const { rows } = await client.query<{ id: string; at: Date; resolution: number }>(
    'select market_id as id, at, resolution from market_snapshots order by market_id, at',
  );
  return rows.map(({ at, ...row }) => ({ ...row, at: at.toISOString().slice(5, 16) }));
}

it('keeps the last snapshot of each market per hour that ended at least 48 hours ago', async () => {
  const ageAt = (hour: number, minute: number) => NOW_MS - Date.UTC(2026, 5, 13, hour, minute);
  await add('a', ageAt(10, 0), ageAt(10, 59), ageAt(11, 0), ageAt(11, 1), ageAt(12, 0), ageAt(12, 1));
  await add('b', ageAt(10, 30));
  expect(await downsample()).toEqual({ removed: 2, kept: 3 });
  expect(await stored()).toEqual([
    { id: 'a', at: '06-13T10:59', resolution: 1 },
    { id: 'a', at: '06-13T11:01', resolution: 1 },
    // This hour ended less than 48 hours ago.
    { id: 'a', at: '06-13T12:00', resolution: 0 },
    { id: 'a', at: '06-13T12:01', resolution: 0 },
    { id: 'b', at: '06-13T10:30', resolution: 1 },
  ]);
  expect(await downsample()).toEqual({ removed: 0, kept: 0 });
});

it('keeps the last snapshot of each UTC day that ended at least 30 days ago', async () => {
  const ageAt = (day: number, hour: number, minute: number) => NOW_MS - Date.UTC(2026, 4, day, hour, minute);
  await add(
    'a',
    ageAt(1, 0, 0),
    ageAt(1, 0, 5),
    ageAt(14, 7, 0),
    ageAt(14, 23, 58),
    ageAt(14, 23, 59),
    ageAt(15, 0, 0),
    ageAt(16, 12, 0),
  );
  await add('a', ageAt(16, 12, 10), ageAt(16, 13, 0));
  await downsample();
  expect(await stored()).toEqual([
    { id: 'a', at: '05-01T00:05', resolution: 2 },
    { id: 'a', at: '05-14T23:59', resolution: 2 },
    { id: 'a', at: '05-15T00:00', resolution: 2 },
    { id: 'a', at: '05-16T12:10', resolution: 1 },
    { id: 'a', at: '05-16T13:00', resolution: 1 },
  ]);
});

it('downsamples snapshots that an import adds to hours and days already downsampled', async () => {
  const ageAt = (hour: number, minute: number) => NOW_MS - Date.UTC(2026, 4, 1, hour, minute);
  await add('a', ageAt(10, 30));
  await downsample();
  await add('a', ageAt(10, 10), ageAt(9, 0));
  await add('b', ageAt(1, 0));
  // Counts each step: the last snapshots of two hours, then of one day. The snapshot at 10:30 has resolution 2 already.
  expect(await downsample()).toEqual({ removed: 2, kept: 3 });
  expect(await stored()).toEqual([
    { id: 'a', at: '05-01T10:30', resolution: 2 },
    { id: 'b', at: '05-01T01:00', resolution: 2 },
  ]);
  await add('a', ageAt(10, 40), ageAt(11, 0), ageAt(8, 0));
  await downsample();
  expect(await stored()).toEqual([
    { id: 'a', at: '05-01T11:00', resolution: 2 },
    { id: 'b', at: '05-01T01:00', resolution: 2 },
  ]);
});

it('changes no market state at the end of an hour, or at any minute of the last 48 hours', async () => {
  const ages = Array.from({ length: 800 }, (_, index) => index * 11 * MINUTE_MS);
  await add('c', ...ages);
  // 800 snapshots, 11 minutes apart, cover 146 hours.
  const endsOfHours = Array.from(
    { length: 140 },
    (_, hours) => new Date(Math.floor(NOW_MS / HOUR_MS - hours) * HOUR_MS - 1),
  );
  const recent = Array.from({ length: 200 }, (_, index) => new Date(NOW_MS - index * 13 * MINUTE_MS));
  const statesAt = async () => {
    const instants = [...endsOfHours, ...recent];
    const points = [];
    for (const at of instants) {
      points.push(
        await store.snapshots.history(['c'], { from: at, to: new Date(at.getTime() + 1), points: 1 }),
      );
    }
    return points;
  };
  const before = await statesAt();
  expect(before.flat()).toHaveLength(340);
  expect((await downsample()).removed).toBeGreaterThan(100);
  expect(await statesAt()).toEqual(before);
});

it('continues after an interruption, in statements of at most 1,000 snapshots', async () => {
  await add('a', ...Array.from({ length: 2_500 }, (_, index) => 3 * DAY_MS + index * MINUTE_MS));
  const stop = new AbortController();
  const limits: number[] = [];
  const stopped = await downsampleSnapshots({
    snapshots: {
      downsample: (batch) => {
        limits.push(batch.limit);
        stop.abort();
        return store.snapshots.downsample(batch);
      },
    },
    now: new Date(NOW_MS),
    signal: stop.signal,
  });
  expect(limits).toEqual([1_000]);
  expect(stopped.removed + stopped.kept).toBe(1_000);
  const rest = await downsample();
  expect(stopped.removed + rest.removed + stopped.kept + rest.kept).toBe(2_500);
  expect((await stored()).every(({ resolution }) => resolution === 1)).toBe(true);
});

it('continues past snapshots that share the minute at which a statement ended', async () => {
  // More snapshots per minute than the 1,000 of a statement.
  await client.query(
    `insert into markets (id, title, category, category_key, created_at, version, updated_at)
      select 'x' || n, 't', 'c', 'c', now(), nextval('market_version'), now() from generate_series(1, 1200) n`,
  );
  await client.query(
    `insert into market_snapshots (market_id, at, probability, volume_24h, participant_count)
      select 'x' || n, $1::timestamptz + make_interval(mins => m), 0.5, 0, 0
      from generate_series(1, 1200) n, generate_series(0, 1) m`,
    [new Date(NOW_MS - 3 * DAY_MS)],
  );
  expect(await downsample()).toEqual({ removed: 1_200, kept: 1_200 });
});

it('deletes snapshots with their market', async () => {
  await add('a', 0);
  await add('b', 0);
  await client.query(`delete from markets where id = 'a'`);
  expect((await stored()).map(({ id }) => id)).toEqual(['b']);
});

it('stores every snapshot of a market that changes during downsampling', async () => {
  await add('a', ...Array.from({ length: 500 }, (_, index) => 3 * DAY_MS + index * 7 * MINUTE_MS));
  const running = downsample();
  for (let minute = 0; minute < 20; minute += 1) {
    await store.markets.change(['b'], new Date(NOW_MS + minute * MINUTE_MS), () => [
      storedMarket('b', { probability: minute / 20 }),
    ]);
  }
  await running;
  expect((await stored()).filter(({ id }) => id === 'b')).toHaveLength(20);
});

it('uses an index and no sequential scan when most snapshots are downsampled already', async () => {
  await client.query(
    `insert into market_snapshots (market_id, at, volume_24h, participant_count, resolution)
      select id, timestamptz '2020-01-01T23:00:00Z' + n * interval '1 day', 0, 0, 2
      from unnest(array['a', 'b', 'c']) id, generate_series(0, 2000) n`,
  );
  await client.query('analyze market_snapshots');
  await add('a', 50 * HOUR_MS, 50 * HOUR_MS + MINUTE_MS);
  statements.length = 0;
  await downsample();
  const reads = statements.filter((sql) => sql.includes('market_snapshots'));
  // One statement per step: hours, then days.
  expect(reads).toHaveLength(2);
  for (const sql of reads) {
    const { rows } = await client.query<[string]>({
      text: `explain (generic_plan) ${sql}`,
      rowMode: 'array',
    });
    const plan = rows.join('\n');
    expect(plan).toContain('Index');
    expect(plan).not.toContain('Seq Scan on market_snapshots');
  }
});
