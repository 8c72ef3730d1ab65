import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DAY_MS } from '../../../src/lib/time.js';
import { migrationsFolder } from '../../../src/storage/database/migrations.js';
import { ensureUpcomingPartitions, eventMonths } from '../../../src/storage/partitions.js';
import { runCommand } from '../../support/command.js';
import { createTestDatabase, type TestDatabase } from '../../support/test-database.js';
import { startTestGateway, type TestGateway } from '../../support/test-gateway.js';

async function partitionsOf(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select inhrelid::regclass::text as name from pg_inherits
      where inhparent = 'interactions'::regclass order by 1`,
  );
  return rows.map(({ name }) => name);
}

async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  await client.connect();
  return client;
}

describe('events', () => {
  let gateway: TestGateway;
  let other: Client;
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'bellwether-partitions-'));
    gateway = await startTestGateway();
    other = await connect(gateway.databaseUrl);
    await gateway.addMarkets({ id: 'm1' });
  });

  afterEach(async () => {
    await other.end();
    await gateway.close();
    await rm(folder, { recursive: true });
  });

  const importAt = (...instants: string[]) =>
    gateway.backend.history.importAll(
      instants.map((occurredAt) => ({ userKey: 'ada', marketId: 'm1', eventType: 'CLICK', occurredAt })),
    );

  it('of an import are stored in the partitions of their UTC months, which are created if missing', async () => {
    const before = await partitionsOf(other);
    expect(before).toEqual(['interactions_2026_06', 'interactions_2026_07', 'interactions_2026_08']);
    const results = await importAt(
      ...['1999-12-31T23:59:59.999Z', '2000-01-01T00:00:00Z', '2000-01-01T01:30:00+02:00'],
      ...['2024-02-29T12:00:00Z', '2026-06-01T00:00:00Z'],
    );
    expect(results.map(({ outcome }) => outcome)).toEqual(Array.from({ length: 5 }, () => 'RECORDED'));
    const { rows } = await other.query(
      'select tableoid::regclass::text as partition, count(*)::int as rows from interactions group by 1 order by 1',
    );
    expect(rows).toEqual([
      { partition: 'interactions_1999_12', rows: 2 },
      { partition: 'interactions_2000_01', rows: 1 },
      { partition: 'interactions_2024_02', rows: 1 },
      { partition: 'interactions_2026_06', rows: 1 },
    ]);
    expect(await partitionsOf(other)).toEqual([
      ...['interactions_1999_12', 'interactions_2000_01', 'interactions_2024_02'],
      ...before,
    ]);
  });

  it('of live traffic have their month, up to 7 days back', async () => {
    gateway.clock.nowMs = Date.UTC(2026, 8, 2);
    await gateway.backend.store.partitions.ensureForEvents(eventMonths(gateway.clock.nowMs));
    for (const occurredAt of ['2026-08-26T00:00:01Z', '2026-09-02T00:00:00Z']) {
      const { data } = await gateway.query(
        `mutation ($at: DateTime) { trackInteraction(input: {
          userKey: "ada", marketId: "m1", eventType: CLICK, occurredAt: $at }) { status } }`,
        { at: occurredAt },
      );
      expect(data).toEqual({ trackInteraction: { status: 'RECORDED' } });
    }
    const { rows } = await other.query(
      'select tableoid::regclass::text as name from interactions order by seq',
    );
    expect(rows).toEqual([{ name: 'interactions_2026_08' }, { name: 'interactions_2026_09' }]);
  });

  it('have a partition for each of the next two months when several replicas create them at once', async () => {
    const { partitions } = gateway.backend.store;
    const decemberMs = Date.UTC(2026, 11, 31, 23);
    await Promise.all(Array.from({ length: 8 }, () => partitions.ensureForEvents(eventMonths(decemberMs))));
    await partitions.ensureForEvents(eventMonths(decemberMs));
    expect(await partitionsOf(other)).toEqual([
      ...['interactions_2026_06', 'interactions_2026_07', 'interactions_2026_08'],
      ...['interactions_2026_12', 'interactions_2027_01', 'interactions_2027_02'],
    ]);
  });

  const track = async (): Promise<unknown> =>
    (
      await gateway.query(
        `mutation { trackInteraction(input: { userKey: "ada", marketId: "m1", eventType: CLICK }) { status } }`,
      )
    ).data;
  const RECORDED = { trackInteraction: { status: 'RECORDED' } };

  it('are recorded when the partition of their month is missing', async () => {
    await other.query('drop table interactions_2026_06');
    expect(await track()).toEqual(RECORDED);
    expect(await partitionsOf(other)).toContain('interactions_2026_06');
  });

  it.each(['2026-01-29', '2026-01-31', '2026-03-31', '2026-05-31', '2026-08-31', '2026-10-31'])(
    'are recorded from %s on, in every month after it',
    async (day) => {
      const start = Date.parse(`${day}T12:00:00Z`);
      for (const daysLater of [0, 1, 15, 32, 45]) {
        gateway.clock.nowMs = start + daysLater * DAY_MS;
        if (daysLater === 0) await gateway.backend.store.partitions.ensureForEvents(eventMonths(start));
        gateway.statements.length = 0;
        expect(await track()).toEqual(RECORDED);
        expect(gateway.statements.filter((sql) => sql.includes('ensure_interaction_partitions'))).toEqual([]);
      }
    },
  );

  it('are recorded while a partition is created during a transaction that reads the table', async () => {
    await other.query('begin');
    await other.query('select count(*) from interactions');
    const { partitions } = gateway.backend.store;
    await partitions.ensureForEvents([new Date('2031-01-15T00:00:00Z')]);
    expect(await track()).toEqual(RECORDED);
    await other.query('rollback');
    expect(await partitionsOf(other)).toContain('interactions_2031_01');
  });

  it('are recorded while the creation of a partition waits for a lock, times out, and is retried', async () => {
    await other.query('begin');
    await other.query('lock table interactions in share update exclusive mode');
    const { partitions } = gateway.backend.store;
    const creation = ensureUpcomingPartitions(partitions, Date.UTC(2032, 0, 1), pino({ level: 'silent' }));
    let isCreated = false;
    void creation.then(() => (isCreated = true));
    while (!(await waitsForLock())) expect(isCreated).toBe(false);
    expect(await track()).toEqual(RECORDED);
    expect(isCreated).toBe(false);
    await creation;
    await other.query('rollback');
    expect(await partitionsOf(other)).not.toContain('interactions_2032_01');
    await ensureUpcomingPartitions(partitions, Date.UTC(2032, 0, 1), pino({ level: 'silent' }));
    expect(await partitionsOf(other)).toContain('interactions_2032_01');
  });

  const waitsForLock = async (): Promise<boolean> => {
    // Within a transaction, PostgreSQL returns the snapshot of the first query.
    await other.query('select pg_stat_clear_snapshot()');
    const { rowCount } = await other.query(
      `select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
    );
    return rowCount !== 0;
  };

  it('get partitions with the same indexes, defaults and persistence as those of a migration', async () => {
    const describe = async (name: string) => {
      const { rows } = await other.query(
        `select c.relpersistence, (select array_agg(regexp_replace(pg_get_indexdef(indexrelid), '\\d{4}_\\d\\d', 'M', 'g')
             order by 1) from pg_index where indrelid = c.oid) as indexes,
           (select array_agg(pg_get_expr(adbin, adrelid) order by adnum) from pg_attrdef where adrelid = c.oid) as defaults
         from pg_class c where oid = to_regclass($1)`,
        [name],
      );
      return rows[0] as { indexes: string[]; defaults: string[] };
    };
    const created = await describe('interactions_2026_06');
    await other.query(
      `create table by_hand partition of interactions for values from ('2040-01-01') to ('2040-02-01')`,
    );
    const byHand = await describe('by_hand');
    expect(created.indexes).toHaveLength(byHand.indexes.length);
    expect(created.defaults).toEqual(byHand.defaults);
  });

  it('are all recorded when two processes import the same months during live traffic', async () => {
    const lines = Array.from({ length: 24 }, (_, month) => ({
      ...{ type: 'interaction', userKey: 'ada', marketId: 'm1', eventType: 'CLICK' },
      occurredAt: new Date(Date.UTC(2020, month, 1)),
    }));
    const file = path.join(folder, 'months.jsonl');
    await writeFile(file, lines.map((line) => JSON.stringify(line)).join('\n'));
    const imports = [1, 2].map(() =>
      runCommand(['import', file, '--format', 'jsonl'], { DATABASE_URL: gateway.databaseUrl }, folder),
    );
    const { tracking } = gateway.backend.services;
    const event = { userKey: 'ben', marketId: 'm1', eventType: 'CLICK' };
    const progress = { imported: false };
    const done = Promise.all(imports).finally(() => (progress.imported = true));
    while (!progress.imported) expect((await tracking.track(event)).status).toBe('RECORDED');
    for (const { code, stderr } of await done) expect(code, stderr).toBe(0);
    expect((await partitionsOf(other)).filter((name) => /_202[01]_/.test(name))).toHaveLength(24);
    const { rows } = await other.query(
      `select count(*)::int as events from interactions where user_key = 'ada'`,
    );
    expect(rows).toEqual([{ events: 24 }]);
    const [ada] = await gateway.backend.store.profiles.load(['ada']);
    expect(ada?.totalInteractions).toBe(24);
  });
});

describe('migration of a database without partitions', () => {
  let database: TestDatabase;
  let client: Client;

  beforeEach(async () => {
    database = await createTestDatabase('empty');
    client = await connect(database.url);
    await apply('20261121061350_init');
  });

  afterEach(async () => {
    await client.end();
    await database.drop();
  });

  async function apply(name: string): Promise<void> {
    await client.query(await readFile(new URL(`${name}/migration.sql`, migrationsFolder), 'utf8'));
  }

  const columns = `id, user_key, market_id, event_type, weight, dwell_ms, section, position, country, session_id, feed_id,
    stake, context, client_event_id, probability, occurred_at, received_at, clamped`;
  const allRows = async () =>
    (await client.query(`select ${columns} from interactions order by received_at, occurred_at, id`))
      .rows as unknown[];

  it.each(['UTC', 'Asia/Tokyo', 'America/Los_Angeles'])(
    'keeps every event, in the order received, on a server that lives in %s',
    async (timeZone) => {
      await client.query(`set timezone to '${timeZone}'`);
      await client.query(
        `insert into markets (id, title, category, category_key, created_at, version, updated_at)
          values ('m1', 't', 'c', 'c', now(), nextval('market_version'), now());
        insert into profiles (user_key) values ('ada');
        insert into interactions (${columns})
          select gen_random_uuid(), 'ada', 'm1', 'PARTICIPATE', 6, 5000, 'GRID', n, 'IL', 's', 'f', n + 0.5,
            '{"a":[1]}', 'event-' || n, 0.25,
            timestamptz '2025-11-15T12:00:00Z' + n * interval '11 hours', timestamptz '2026-06-01T00:00:00Z' + n * interval '1 s',
            n % 2 = 0
          from generate_series(1, 400) n;
        insert into interactions (${columns})
          select gen_random_uuid(), 'ada', 'm1', 'CLICK', 2, null, null, null, null, null, null, null, null, null, null,
            at, at, false
          from unnest(array['1999-12-31T23:30:00Z', '2024-03-01T00:30:00Z', '2024-05-31T23:30:00Z']::timestamptz[]) at`,
      );
      const before = await allRows();
      expect(before).toHaveLength(403);
      await apply('20261121064935_track_events');
      expect(await allRows()).toEqual(before);
      const inOrder = await client.query(`select id from interactions order by seq`);
      expect(inOrder.rows.map((row: { id: string }) => row.id)).toEqual(
        before.map((row) => (row as { id: string }).id),
      );
      expect(await partitionsOf(client)).toEqual(
        expect.arrayContaining(['interactions_1999_12', 'interactions_2024_03', 'interactions_2024_05']),
      );
      const misplaced = await client.query(
        `select 1 from interactions
          where tableoid::regclass::text <> 'interactions_' || to_char(occurred_at at time zone 'UTC', 'YYYY_MM')`,
      );
      expect(misplaced.rows).toEqual([]);
    },
  );

  it('works for an empty database', async () => {
    await apply('20261121064935_track_events');
    expect(await partitionsOf(client)).toEqual([]);
  });
});
