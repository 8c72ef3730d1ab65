import { HOUR_MS } from '../../../src/lib/time.js';
import { decay } from '../../support/profile-events.js';
import { pino } from 'pino';
import { Client } from 'pg';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Catalog } from '../../../src/catalog/catalog.js';
import { MarketWriter } from '../../../src/catalog/market-writer.js';
import { openDatabase, type Database } from '../../../src/storage/database/client.js';
import { createStore, type Store } from '../../../src/storage/store.js';
import { createTestDatabase, type TestDatabase } from '../../support/test-database.js';

const logger = pino({ level: 'silent' });

let testDatabase: TestDatabase;
let database: Database;
let store: Store;
let client: Client;
let nowMs = Date.UTC(2026, 5, 15, 12);
let writer: Catalog;

beforeEach(async () => {
  testDatabase = await createTestDatabase();
  database = openDatabase({ url: testDatabase.url, logger, poolSize: 2 });
  store = createStore(database.prisma, { decay });
  client = new Client({ connectionString: testDatabase.url });
  await client.connect();
  writer = catalogOf();
});

afterEach(async () => {
  await client.end();
  await database.close();
  await testDatabase.drop();
});

function catalogOf(): Catalog {
  const clock = () => nowMs;
  const marketWriter = new MarketWriter({ markets: store.markets, clock });
  return new Catalog({
    ...{ markets: store.markets, lists: store.markets, writer: marketWriter, clock, logger },
  });
}

const add = (count: number) =>
  writer.upsert(
    Array.from({ length: count }, (_, n) => ({ id: `m${n}`, title: `Market ${n}`, tags: ['a', `t${n}`] })),
  );

async function rowsOf(sql: string): Promise<string> {
  return JSON.stringify((await client.query(sql)).rows);
}

it('writes neither the market nor its tags if only figures change', async () => {
  await add(3);
  const untouched =
    'select (select array_agg(xmin) from markets) m, (select array_agg(xmin) from market_tags) t';
  const before = await rowsOf(untouched);
  await writer.upsert([
    { id: 'm0', probability: 0.25, volume24h: 5 },
    { id: 'm1', participantCount: 7 },
  ]);
  expect(await rowsOf(untouched)).toBe(before);
  const [first, second, third] = await store.markets.findByIds(['m0', 'm1', 'm2']);
  expect(
    [first, second, third].map((market) => [market?.id, market?.probability, market?.participantCount]),
  ).toEqual([
    ['m0', 0.25, null],
    ['m1', null, 7],
    ['m2', null, null],
  ]);
});

it('writes tags only if they differ, and the search vector only if the text differs', async () => {
  await add(2);
  const tags = await rowsOf('select xmin, * from market_tags order by market_id, position');
  const search = await rowsOf('select search from markets order by id');
  await writer.upsert([{ id: 'm0', editorialBoost: 0.5 }]);
  expect(await rowsOf('select xmin, * from market_tags order by market_id, position')).toBe(tags);
  expect(await rowsOf('select search from markets order by id')).toBe(search);
  await writer.upsert([{ id: 'm0', title: 'Volcano?', tags: ['t0', 'a'] }]);
  expect(await rowsOf('select label from market_tags where market_id = $$m0$$ order by position')).toBe(
    '[{"label":"t0"},{"label":"a"}]',
  );
  expect(await rowsOf('select search::text from markets where id = $$m0$$')).toContain('volcano');
});

it('delivers every change to a reader, for any page size', async () => {
  await add(40);
  const reader = catalogOf();
  await reader.refresh();
  let version = await store.markets.newestVersion();
  for (let round = 1; round <= 12; round += 1) {
    const ids = Array.from({ length: 40 }, (_, n) => n).filter((n) => (n * round) % 5 < 2);
    await writer.upsert(ids.map((n) => ({ id: `m${n}`, probability: round / 100 })));
    if (round % 3 === 0) await writer.upsert([{ id: `m${round}`, title: `Renamed in ${round}` }]);
    if (round % 4 === 0) await writer.upsert([{ id: `m${round}`, status: 'CLOSED' }]);
  }
  const stored = new Map((await store.markets.open('', 100)).map((market) => [market.id, market]));
  const seen = new Map<string, unknown>();
  for (let hasMore = true; hasMore;) {
    const page = await store.markets.changedSince(version, 3);
    for (const market of page?.markets ?? []) seen.set(market.id, market);
    expect(page?.markets.length).toBeLessThanOrEqual(40 + 3);
    ({ version, hasMore } = page ?? { version, hasMore: false });
  }
  for (const [id, market] of seen) if (stored.has(id)) expect(market).toEqual(stored.get(id));
  expect(version).toBe(await store.markets.newestVersion());
  await reader.refresh();
  expect(new Map(reader.snapshot.entries.map(({ market }) => [market.id, market]))).toEqual(stored);
});

it('reloads all markets in a process that did not refresh for more than an hour', async () => {
  await add(3);
  const reader = catalogOf();
  await reader.refresh();
  const notified: string[][] = [];
  reader.onChange((markets) => void notified.push(markets.map(({ id, status }) => `${id} ${status}`).sort()));
  await writer.upsert([{ id: 'm1', probability: 0.1 }]);
  await writer.upsert([{ id: 'm2', status: 'CLOSED' }]);
  nowMs += 2 * HOUR_MS;
  for (const probability of [0.2, 0.3, 0.4]) await writer.upsert([{ id: 'm0', probability }]);
  nowMs += 2 * HOUR_MS;
  await writer.upsert([{ id: 'm0', probability: 0.5 }]);
  expect((await client.query('select from market_figure_changes')).rowCount).toBe(2);
  await reader.refresh();
  expect(reader.snapshot.entries.map(({ market }) => [market.id, market.probability])).toEqual([
    ['m0', 0.5],
    ['m1', 0.1],
  ]);
  expect(notified).toEqual([['m0 OPEN', 'm1 OPEN', 'm2 CLOSED']]);
});

it('reads figures written by SQL statements on markets', async () => {
  await add(1);
  await client.query(`update markets set probability = 0.75, version = nextval('market_version')`);
  expect((await store.markets.findByIds(['m0']))[0]?.probability).toBe(0.75);
});

it('writes less than 600 bytes of WAL per price change', async () => {
  await add(500);
  const prices = (round: number) =>
    writer.upsert(
      Array.from({ length: 500 }, (_, n) => ({ id: `m${n}`, probability: ((n * 7 + round) % 97) / 97 })),
    );
  const walPosition = async (): Promise<number> => {
    const { rows } = await client.query<{ bytes: string }>(`select pg_current_wal_lsn() - '0/0' as bytes`);
    return Number(rows[0]?.bytes);
  };
  await prices(0);
  // Other tests write to the WAL of the same server, so the smallest of ten rounds counts.
  let least = Infinity;
  for (let round = 1; round <= 10; round += 1) {
    const before = await walPosition();
    await prices(round);
    least = Math.min(least, (await walPosition()) - before);
  }
  expect(least / 500).toBeLessThan(600);
});
