import { Client } from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadRankingConfig } from '../../../src/config/ranking-config.js';
import { DAY_MS, HOUR_MS } from '../../../src/lib/time.js';
import { ensureServedFeedPartitions, OldPartitions } from '../../../src/storage/partitions.js';
import { Retention } from '../../../src/tracking/retention.js';
import { startTestGateway, TEST_NOW_MS, type TestGateway } from '../../support/test-gateway.js';

let gateway: TestGateway;
let client: Client;
let retention: Retention;

beforeEach(async () => {
  gateway = await startTestGateway();
  client = new Client({ connectionString: gateway.databaseUrl });
  await client.connect();
  await gateway.addMarkets({ id: 'm1' });
  retention = retentionWith(5_000);
});

afterEach(async () => {
  await client.end();
  await gateway.close();
});

const defaults = loadRankingConfig(undefined);

function retentionWith(lockTimeoutMs: number, config = defaults): Retention {
  return new Retention({
    store: gateway.backend.store,
    partitions: new OldPartitions({ url: gateway.databaseUrl, lockTimeoutMs }),
    config: () => config,
  });
}

const run = (by = retention, nowMs = TEST_NOW_MS, signal = new AbortController().signal) =>
  by.run({ now: new Date(nowMs), signal });

async function partitionsOf(table: string): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select relname as name from pg_class where relkind = 'r' and relname ~ ('^' || $1 || '_\\d') order by 1`,
    [table],
  );
  return rows.map(({ name }) => name.slice(table.length + 1));
}

const importAt = (...instants: string[]) =>
  gateway.backend.history.importAll(
    instants.map((occurredAt, index) => ({
      ...{ userKey: 'ada', marketId: 'm1', eventType: 'CLICK', occurredAt },
      clientEventId: `import ${index}`,
    })),
  );

const click = (userKey = 'ada', details: { occurredAt?: Date; clientEventId?: string } = {}) =>
  gateway.backend.services.tracking.track({ userKey, marketId: 'm1', eventType: 'CLICK', ...details });

const stateOf = async (userKey: string) => (await gateway.backend.store.profiles.load([userKey]))[0];

const countOf = async (table: string, where = 'true') =>
  (await client.query<{ rows: number }>(`select count(*)::int as rows from ${table} where ${where}`)).rows[0]
    ?.rows;

describe('events', () => {
  it('are dropped by month, once the month ended 180 days ago', async () => {
    await importAt(
      '2024-02-29T12:00:00Z',
      '2025-11-30T23:59:59Z',
      '2025-12-01T00:00:00Z',
      '2026-06-01T00:00:00Z',
    );
    const before = await stateOf('ada');
    // 180 days earlier is 2025-12-17, in the middle of a month.
    expect(await run()).toEqual({
      droppedPartitions: ['interactions_2024_02', 'interactions_2025_11'],
      postponedPartitions: [],
      removedClientEvents: 0,
    });
    expect(await partitionsOf('interactions')).toEqual(['2025_12', '2026_06', '2026_07', '2026_08']);
    expect(await countOf('interactions')).toBe(2);
    expect(await stateOf('ada')).toEqual(before);
    expect(before?.totalInteractions).toBe(4);
    expect(await run()).toMatchObject({ droppedPartitions: [] });
    const keepsFeeds = retentionWith(5_000, {
      ...defaults,
      retention: { ...defaults.retention, rankingsHours: 720 },
    });
    const nowMs = Date.UTC(2026, 5, 30);
    expect(await run(keepsFeeds, nowMs - 1)).toMatchObject({ droppedPartitions: [] });
    expect(await run(keepsFeeds, nowMs)).toMatchObject({ droppedPartitions: ['interactions_2025_12'] });
  });

  it('are recorded after months were dropped, including week-old ones and those of a dropped month', async () => {
    await importAt('2025-01-01T00:00:00Z');
    expect((await run()).droppedPartitions).toEqual(['interactions_2025_01']);
    expect(await click()).toMatchObject({ status: 'RECORDED' });
    expect(await click('ada', { occurredAt: new Date(TEST_NOW_MS - 7 * DAY_MS) })).toMatchObject({
      status: 'RECORDED',
    });
    expect(
      await gateway.backend.history.importAll([
        { userKey: 'ben', marketId: 'm1', eventType: 'CLICK', occurredAt: '2025-01-01T00:00:00Z' },
      ]),
    ).toEqual([{ outcome: 'RECORDED' }]);
  });

  it('are folded into a profile without a state before any of them is dropped', async () => {
    await importAt('2025-01-01T00:00:00Z', '2026-06-01T00:00:00Z');
    const before = await stateOf('ada');
    await client.query('update profiles set state = null');
    await run();
    expect(await countOf('interactions')).toBe(1);
    expect(await countOf('profiles', 'state is null and version > 0')).toBe(0);
    expect(await stateOf('ada')).toEqual(before);
  });

  it('are recorded without failure while months are dropped', async () => {
    const months = Array.from({ length: 12 }, (_, month) =>
      new Date(Date.UTC(2024, month, 15)).toISOString(),
    );
    await importAt(...months);
    const progress = { isDone: false };
    const running = run().finally(() => (progress.isDone = true));
    const writer = async (name: string): Promise<number> => {
      let written = 0;
      for (; !progress.isDone || written < 20; written += 1) {
        expect((await click(name)).status).toBe('RECORDED');
        if (written % 5 === 0) expect((await stateOf(name))?.totalInteractions).toBe(written + 1);
      }
      return written;
    };
    const written = await Promise.all(['ben', 'cleo', 'dan'].map(writer));
    expect((await running).droppedPartitions).toHaveLength(12);
    expect(await countOf('interactions')).toBe(written.reduce((sum, count) => sum + count, 0));
  });

  it('are not blocked when another session uses the table for too long; the next run retries', async () => {
    await importAt('2025-01-01T00:00:00Z', '2025-02-01T00:00:00Z');
    await client.query('begin');
    await client.query('select count(*) from interactions');
    expect(await run(retentionWith(100))).toMatchObject({
      droppedPartitions: [],
      postponedPartitions: ['interactions_2025_01', 'interactions_2025_02'],
    });
    // The second partition is not marked yet: if an operator detached it, it would have to stay.
    const marks = await client.query<{ mark: string | null }>(
      `select obj_description('interactions_2025_02'::regclass, 'pg_class') as mark`,
    );
    expect(marks.rows).toEqual([{ mark: null }]);
    expect(await click('ben')).toMatchObject({ status: 'RECORDED' });
    const { rows } = await client.query('select 1 from pg_inherits where inhdetachpending');
    expect(rows).toHaveLength(1);
    await client.query('commit');
    expect(await run()).toMatchObject({
      droppedPartitions: ['interactions_2025_01', 'interactions_2025_02'],
      postponedPartitions: [],
    });
    expect(await click('ben')).toMatchObject({ status: 'RECORDED' });
  });

  it('of other months are dropped when one month is in use', async () => {
    await importAt('2025-01-01T00:00:00Z', '2025-02-01T00:00:00Z');
    await client.query('begin');
    await client.query('lock table interactions_2025_01 in share mode');
    expect(await run(retentionWith(100))).toMatchObject({
      droppedPartitions: ['interactions_2025_02'],
      postponedPartitions: ['interactions_2025_01'],
    });
    await client.query('commit');
    expect((await run()).droppedPartitions).toEqual(['interactions_2025_01']);
  });

  it('of a month that was detached when the process ended are dropped by the next run', async () => {
    await importAt('2025-03-01T00:00:00Z');
    await client.query(
      `comment on table interactions_2025_03 is 'a part of interactions that is to be dropped'`,
    );
    await client.query('alter table interactions detach partition interactions_2025_03');
    expect((await run()).droppedPartitions).toEqual(['interactions_2025_03']);
    expect(await partitionsOf('interactions')).toEqual(['2026_06', '2026_07', '2026_08']);
  });

  it('of a month that an operator detached stay', async () => {
    await importAt('2025-01-01T00:00:00Z');
    await client.query('alter table interactions detach partition interactions_2025_01');
    expect((await run()).droppedPartitions).toEqual([]);
    expect(await countOf('interactions_2025_01')).toBe(1);
  });

  it('stay when the run is aborted before it begins', async () => {
    await importAt('2025-01-01T00:00:00Z');
    await client.query(`update client_events set received_at = '2020-01-01'`);
    expect(await run(retention, TEST_NOW_MS, AbortSignal.abort())).toEqual({
      droppedPartitions: [],
      postponedPartitions: [],
      removedClientEvents: 0,
    });
  });
});

describe('idempotency keys', () => {
  it('are removed after 7 days, except those of imports', async () => {
    await importAt('2026-06-01T00:00:00Z');
    await click('ada', { clientEventId: 'old' });
    gateway.clock.nowMs = TEST_NOW_MS + DAY_MS;
    await click('ada', { clientEventId: 'young' });
    gateway.clock.nowMs = TEST_NOW_MS + 7 * DAY_MS + 1;
    expect(await run(retention, gateway.clock.nowMs)).toMatchObject({ removedClientEvents: 1 });
    expect(await click('ada', { clientEventId: 'young' })).toMatchObject({ status: 'DUPLICATE' });
    expect(await click('ada', { clientEventId: 'old' })).toMatchObject({ status: 'RECORDED' });
    gateway.clock.nowMs = TEST_NOW_MS + 400 * DAY_MS;
    expect(await run(retention, gateway.clock.nowMs)).toMatchObject({ removedClientEvents: 2 });
    expect(await importAt('2026-06-01T00:00:00Z')).toEqual([{ outcome: 'DUPLICATE' }]);
  });

  it('are removed in any number', async () => {
    await client.query(
      `insert into client_events select 'ada', n, gen_random_uuid(), '2026-01-01' from generate_series(1, 25000) n`,
    );
    expect(await run()).toMatchObject({ removedClientEvents: 25_000 });
  });
});

describe('served feeds', () => {
  const page = Buffer.from('page');
  const rest = Buffer.from('rest');
  const drop = (nowMs = TEST_NOW_MS) =>
    retention.dropServedFeeds(new Date(nowMs), new AbortController().signal);
  const add = async (userKey: string | null, hoursAgo: number) => {
    const feedId = uuidv7();
    const servedAt = new Date(TEST_NOW_MS - hoursAgo * HOUR_MS);
    await gateway.backend.store.servedFeeds.add([{ feedId, userKey, servedAt, page, rest }]);
    return feedId;
  };
  const find = (feedId: string) => gateway.backend.store.servedFeeds.find(feedId, null);
  const exists = async (feedId: string) => (await find(feedId)) !== undefined;
  const hasRest = async (feedId: string) => (await find(feedId))?.rest != null;

  it('are dropped by six-hour partitions that ended 24 hours ago', async () => {
    await ensureServedFeedPartitions(gateway.backend.store.partitions, TEST_NOW_MS - 30 * HOUR_MS);
    const [older, old, young] = [await add('ada', 30.5), await add('ada', 25), await add(null, 23)];
    // The partition of the second feed ended exactly 24 hours ago.
    const { dropped } = await drop();
    expect(dropped.filter((name) => name.startsWith('served_feeds'))).toEqual([
      'served_feeds_2026_06_14_00',
      'served_feeds_2026_06_14_06',
    ]);
    expect(await Promise.all([older, old, young].map(exists))).toEqual([false, false, true]);
    const later = (await drop(TEST_NOW_MS + 6 * HOUR_MS - 1)).dropped;
    expect(later.filter((name) => name.startsWith('served_feeds'))).toEqual([]);
    expect((await drop(TEST_NOW_MS + 6 * HOUR_MS)).dropped).toContain('served_feeds_2026_06_14_12');
  });

  it('lose their rest by one-hour partitions, once paging has expired', async () => {
    const feeds = [await add('ada', 1.6), await add(null, 1.4), await add('ada', 0.9), await add(null, 0.1)];
    // The partition of the first two feeds ended at 11:00, half an hour ago.
    expect((await drop(TEST_NOW_MS - 0.5 * HOUR_MS - 1)).dropped).not.toContain(
      'served_feed_rests_2026_06_15_10',
    );
    expect(await Promise.all(feeds.map(hasRest))).toEqual([true, true, true, true]);
    expect((await drop(TEST_NOW_MS - 0.5 * HOUR_MS)).dropped).toContain('served_feed_rests_2026_06_15_10');
    expect(await Promise.all(feeds.map(hasRest))).toEqual([false, false, true, true]);
    expect(await Promise.all(feeds.map(exists))).toEqual([true, true, true, true]);
  });

  it('can be stored for the next three days after the start, and with a slow clock', async () => {
    expect(await partitionsOf('served_feeds')).toHaveLength(14);
    expect(await partitionsOf('served_feed_rests')).toHaveLength(15);
    await add('ada', 0.9);
    await ensureServedFeedPartitions(gateway.backend.store.partitions, TEST_NOW_MS);
    expect(await partitionsOf('served_feeds')).toHaveLength(14);
    expect(await partitionsOf('served_feed_rests')).toHaveLength(15);
    await add('ada', -71.9);
    expect(await partitionsOf('served_feeds')).toHaveLength(14);
    await add('ada', 24);
    expect(await partitionsOf('served_feeds')).toContain('2026_06_14_12');
    expect(await partitionsOf('served_feed_rests')).toContain('2026_06_14_12');
  });

  it('are stored once when added twice', async () => {
    const feed = { feedId: uuidv7(), userKey: null, servedAt: new Date(TEST_NOW_MS), page, rest };
    const { servedFeeds } = gateway.backend.store;
    await servedFeeds.add([feed]);
    await servedFeeds.add([feed]);
    expect([await countOf('served_feeds'), await countOf('served_feed_rests')]).toEqual([1, 1]);
    const found = await servedFeeds.find(feed.feedId, null);
    expect(found).toMatchObject({
      feedId: feed.feedId,
      userKey: null,
      servedAt: feed.servedAt,
      ranking: null,
    });
    expect([found?.page, found?.rest].map((bytes) => Buffer.from(bytes ?? []).toString())).toEqual([
      'page',
      'rest',
    ]);
  });
});
