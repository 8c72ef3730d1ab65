import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/lib/time.js';
import { decay } from '../../support/profile-events.js';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { Client } from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { RankingConfig } from '../../../src/config/schema/ranking-schema.js';
import { loadRankingConfig } from '../../../src/config/ranking-config.js';
import { openDatabase, type Database } from '../../../src/storage/database/client.js';
import { createStore, type Store } from '../../../src/storage/store.js';
import {
  normalizeScores,
  trendingScores,
  trendingSums,
  type TrendingRow,
} from '../../../src/scoring/shared/trending.js';
import { TrendComputations } from '../../../src/trends/trend-computations.js';
import { createTestDatabase, type TestDatabase } from '../../support/test-database.js';

const START_MS = Date.UTC(2026, 5, 10, 12);
const MARKETS = ['m0', 'm1', 'm2', 'm3', 'closed'];
const TYPES = ['PARTICIPATE', 'CLICK', 'VIEW_MARKET', 'IMPRESSION', 'HIDE', 'DWELL_5'] as const;
const UNLOGGED = [
  ...['rollups', 'rollup_events', 'trend_pairs', 'trend_sums', 'popularity_pairs', 'popularity_sums'],
  'activity_counts',
].join(', ');

interface TestEvent {
  readonly user: number;
  readonly market: number;
  readonly type: number;
  readonly weight: number;
  readonly country: string | null;
  /** Negative if the client's clock is ahead. */
  readonly minutesAgo: number;
}

type Step =
  | { readonly kind: 'store' | 'store later'; readonly events: readonly TestEvent[] }
  | { readonly kind: 'commit' | 'delete' | 'compute' | 'compute twice at once' | 'fail' | 'crash' }
  | { readonly kind: 'wait'; readonly minutes: number }
  | { readonly kind: 'config'; readonly config: TestConfig };

interface TestConfig {
  readonly windowHours: number;
  readonly halfLifeHours: number;
  readonly userCap: number;
  readonly windowDays: number;
}

const event: fc.Arbitrary<TestEvent> = fc.record({
  // Often the same pair, so that its sum exceeds the cap.
  user: fc.oneof(fc.constant(0), fc.nat(7)),
  market: fc.oneof(fc.constant(0), fc.nat(MARKETS.length - 1)),
  type: fc.nat(TYPES.length - 1),
  weight: fc.constantFrom(-2, 0, 0.5, 2, 6),
  country: fc.constantFrom(null, 'IL', 'IL', 'DE'),
  minutesAgo: fc.oneof(
    fc.integer({ min: -5, max: 90 }),
    fc.integer({ min: 0, max: 30 * 60 }),
    fc.integer({ min: 0, max: 7 * 24 * 60 }),
  ),
});

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom('store', 'store later'),
      events: fc.array(event, { maxLength: 12 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom('compute', 'compute', 'compute twice at once', 'commit', 'delete', 'fail'),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('wait'), minutes: fc.oneof(fc.nat(10), fc.nat(900)) }),
  },
  { weight: 1, arbitrary: fc.constant<Step>({ kind: 'crash' }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('config'),
      config: fc.record({
        windowHours: fc.constantFrom(24, 5, 0.5),
        halfLifeHours: fc.constantFrom(6, 1),
        userCap: fc.constantFrom(8, 3),
        windowDays: fc.constantFrom(30, 3),
      }),
    }),
  },
);

let testDatabase: TestDatabase;
let database: Database;
let store: Store;
/** Stores events and reads stored data. */
let one: Client;
/** Keeps a transaction open that stores events. */
let two: Client;
let nowMs = START_MS;
let config: RankingConfig['trending'];

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = openDatabase({ url: testDatabase.url, logger: pino({ level: 'silent' }), poolSize: 4 });
  store = createStore(database.prisma, { decay });
  one = new Client({ connectionString: testDatabase.url });
  two = new Client({ connectionString: testDatabase.url });
  await Promise.all([one.connect(), two.connect()]);
  const months = [-60, -30, 0, 30, 60].map((days) => new Date(START_MS + days * DAY_MS));
  await one.query('select ensure_interaction_partitions($1)', [months]);
  await one.query(
    `insert into markets (id, title, category, category_key, status, created_at, version, updated_at)
     select id, id, 'Topic', 'topic', case id when 'closed' then 'CLOSED' else 'OPEN' end::market_status, now(), n, now()
     from unnest($1::text[]) with ordinality as m(id, n)`,
    [MARKETS],
  );
});

async function startAnew(): Promise<void> {
  nowMs = START_MS;
  config = { ...loadRankingConfig(undefined).trending, minLocalUsers: 2 };
  await one.query(`truncate interactions, trending_scopes, market_attention, market_momentum, ${UNLOGGED}`);
}

beforeEach(startAnew);

afterAll(async () => {
  await Promise.all([one.end(), two.end()]);
  await database.close();
  await testDatabase.drop();
});

const computationsOn = (on: Pick<Store, 'transaction'>, limits = { discard: 3, fold: 3, slice: 4 }) =>
  new TrendComputations({ store: on, config: () => config, clock: () => nowMs, limits });

async function computeAll(computations = computationsOn(store)): Promise<void> {
  for (const name of ['trends', 'momentum', 'attention'] as const) await computations[name]();
}

async function insert(client: Client, events: readonly TestEvent[]): Promise<void> {
  const rows = events.map(({ user, market, type, weight, country, minutesAgo }) => ({
    ...{ user_key: `user-${user}`, market_id: MARKETS[market], event_type: TYPES[type], weight, country },
    at: new Date(nowMs - minutesAgo * MINUTE_MS),
  }));
  await client.query(
    `insert into interactions (id, user_key, market_id, event_type, weight, country, occurred_at, received_at)
     select gen_random_uuid(), user_key, market_id, event_type, weight, country, at, at from json_to_recordset($1)
       as r(user_key text, market_id text, event_type event_type, weight float8, country text, at timestamptz)`,
    [JSON.stringify(rows)],
  );
}

interface StoredRow extends TrendingRow {
  readonly eventType: string;
  readonly country: string | null;
}

async function storedRows(): Promise<StoredRow[]> {
  const { rows } = await one.query<StoredRow>(
    `select user_key as "userKey", market_id as "marketId", weight, event_type as "eventType", country,
       extract(epoch from occurred_at)::float8 * 1000 as "atMs" from interactions`,
  );
  return rows.map((row) => ({ ...row, atMs: Math.round(row.atMs) }));
}

/** Checks that all results equal the formulas for the stored events. */
async function expectOracle(): Promise<void> {
  const rows = await storedRows();
  const open = rows.filter(({ marketId }) => marketId !== 'closed');
  await expectTrends(rows, open);
  await expectAttention(open);
  await expectMomentum(open);
}

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** Returns the scores of each scope, by market. */
async function storedScopes(): Promise<{ scope: string; scores: Map<string, number> }[]> {
  return (await collect(store.trending.scopes())).map(({ scope, pages }) => {
    const sums = pages.flatMap(({ marketIds, sums }) =>
      marketIds.map((id, index) => [id, sums[index] ?? NaN] as const),
    );
    return { scope, scores: normalizeScores(new Map(sums)) };
  });
}

async function expectTrends(rows: readonly StoredRow[], open: readonly StoredRow[]): Promise<void> {
  const expected = new Map<string, Map<string, number>>();
  const users = (country: string): number =>
    new Set(
      rows
        .filter(
          (row) =>
            row.country === country && row.weight > 0 && nowMs - row.atMs <= config.windowHours * HOUR_MS,
        )
        .map(({ userKey }) => userKey),
    ).size;
  for (const country of [null, 'IL', 'DE']) {
    if (country !== null && users(country) < config.minLocalUsers) continue;
    const inScope = open.filter((row) => country === null || row.country === country);
    const scores = trendingScores(inScope, nowMs, config);
    if (scores.size > 0) expected.set(country === null ? 'global' : `local:${country}`, scores);
  }
  const actual = new Map((await storedScopes()).map(({ scope, scores }) => [scope, scores]));
  expect([...actual.keys()].sort()).toEqual([...expected.keys()].sort());
  for (const [scope, scores] of expected) expectClose(actual.get(scope), scores, scope);
}

async function expectAttention(open: readonly StoredRow[]): Promise<void> {
  const { windowDays, halfLifeDays } = config.popularity;
  const sums = trendingSums(open, nowMs, {
    ...{ windowHours: windowDays * 24, halfLifeHours: halfLifeDays * 24, userCap: config.userCap },
  });
  const attention = (await collect(store.trending.popularity())).flat();
  const popularity = new Map(attention.map((row) => [row.marketId, row.popularity]));
  for (const id of [...popularity.keys()]) if (popularity.get(id) === 0) popularity.delete(id);
  expectClose(popularity, new Map([...sums].map(([id, sum]) => [id, sum / config.userCap])), 'popularity');
  const shown = open.filter(({ atMs }) => atMs >= nowMs - 7 * DAY_MS);
  for (const { marketId, impressions, clicks } of attention) {
    const of = shown.filter((row) => row.marketId === marketId);
    expect({ marketId, impressions, clicks }).toEqual({
      marketId,
      impressions: of.filter(({ eventType }) => eventType === 'IMPRESSION').length,
      clicks: of.filter(({ eventType }) => isView(eventType)).length,
    });
  }
}

async function expectMomentum(open: readonly StoredRow[]): Promise<void> {
  for (const row of (await collect(store.momentum.all())).flat()) {
    const { marketId, views5m, views1h, views24h, participations5m, participations1h, participations24h } =
      row;
    const [v5, p5] = countsWithin(open, marketId, 5 * MINUTE_MS);
    const [v60, p60] = countsWithin(open, marketId, HOUR_MS);
    const [v1440, p1440] = countsWithin(open, marketId, DAY_MS);
    expect([
      marketId,
      views5m,
      views1h,
      views24h,
      participations5m,
      participations1h,
      participations24h,
    ]).toEqual([...[marketId, v5, v60, v1440, p5, p60, p1440]]);
  }
}

const isView = (eventType: string): boolean => eventType === 'VIEW_MARKET' || eventType === 'CLICK';

function countsWithin(rows: readonly StoredRow[], marketId: string, windowMs: number): [number, number] {
  const within = rows.filter((row) => row.marketId === marketId && row.atMs > nowMs - windowMs);
  return [
    within.filter(({ eventType }) => isView(eventType)).length,
    within.filter(({ eventType }) => eventType === 'PARTICIPATE').length,
  ];
}

function expectClose(
  actual: ReadonlyMap<string, number> | undefined,
  expected: ReadonlyMap<string, number>,
  label: string,
): void {
  expect([...(actual?.keys() ?? [])].sort(), label).toEqual([...expected.keys()].sort());
  for (const [id, value] of expected) {
    expect(
      Math.abs((actual?.get(id) ?? NaN) / value - 1),
      `${label} ${id}: ${actual?.get(id)} for ${value}`,
    ).toBeLessThan(1e-9);
  }
}

/** Creates a store whose transactions from this number on are rolled back at their end. */
function failingFrom(number: number): Pick<Store, 'transaction'> {
  let count = 0;
  return {
    transaction: (work) =>
      store.transaction(async (transaction) => {
        const result = await work(transaction);
        if (++count >= number) throw new Error('The process ended.');
        return result;
      }),
  };
}

async function run(steps: readonly Step[]): Promise<void> {
  let isOpen = false;
  for (const current of steps) {
    switch (current.kind) {
      case 'store':
        await insert(one, current.events);
        break;
      case 'store later':
        if (!isOpen) await two.query('begin');
        isOpen = true;
        await insert(two, current.events);
        break;
      case 'commit':
        if (isOpen) await two.query('commit');
        isOpen = false;
        break;
      case 'delete':
        await one.query(
          `delete from interactions where id in (select id from interactions order by seq limit 3)`,
        );
        break;
      case 'wait':
        nowMs += current.minutes * MINUTE_MS;
        break;
      case 'config':
        config = {
          ...config,
          ...{ windowHours: current.config.windowHours, halfLifeHours: current.config.halfLifeHours },
          userCap: current.config.userCap,
          popularity: { ...config.popularity, windowDays: current.config.windowDays },
        };
        break;
      case 'crash':
        // A crash of the server empties all unlogged tables. Events ahead of time need these tables to be exact.
        if (isOpen) await two.query('rollback');
        isOpen = false;
        await one.query(`truncate ${UNLOGGED}`);
        nowMs += 6 * MINUTE_MS;
        break;
      case 'fail':
        await computeAll(computationsOn(failingFrom(2))).catch(() => undefined);
        break;
      case 'compute':
        await computeAll();
        await expectOracle();
        break;
      case 'compute twice at once':
        await Promise.all([computeAll(), computeAll()]);
        // Repeat a computation that the other process was running, since that may have ended early.
        await computeAll();
        await expectOracle();
    }
  }
  if (isOpen) await two.query('commit');
  await computeAll();
  await expectOracle();
}

describe('roll-ups', () => {
  it('equal the formulas for any order of events, commits, times, failures and configs', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 25 }), async (steps) => {
        await two.query('rollback');
        await startAnew();
        await run(steps);
      }),
      { numRuns: 40 },
    );
  }, 120_000);

  it('count a pair by its decayed sum once that falls below the cap', async () => {
    const trade = { type: 0, weight: 6, country: null, minutesAgo: 0 };
    await insert(one, [
      ...[0, 0, 0].map((user) => ({ ...trade, user, market: 0 })),
      { ...trade, user: 1, market: 1 },
    ]);
    const ratio = async (): Promise<number> => {
      const [scope] = await storedScopes();
      return (scope?.scores.get('m1') ?? NaN) / (scope?.scores.get('m0') ?? NaN);
    };
    const ratios: number[] = [];
    for (const hours of [0, 3, 7]) {
      nowMs = START_MS + hours * HOUR_MS;
      await computeAll();
      await expectOracle();
      ratios.push(await ratio());
    }
    // 18 decays to 8 after 7.02 hours.
    expect(ratios).toEqual(
      [6 / 8, 6 / 2 ** 0.5 / 8, 6 / 2 ** (7 / 6) / 8].map((ratio) => expect.closeTo(ratio, 9) as number),
    );
    nowMs = START_MS + 8 * HOUR_MS;
    await computeAll();
    await expectOracle();
    expect(await ratio()).toBeCloseTo(6 / 18, 9);
  });

  it('keep the previous results while they are rebuilt step by step', async () => {
    const events = Array.from({ length: 30 }, (_, index) => ({
      ...{ user: index, market: index % 3, type: 0, weight: 6, country: null, minutesAgo: 10 * index },
    }));
    await insert(one, events);
    await computeAll();
    const before = await storedScopes();
    config = { ...config, halfLifeHours: 1 };
    const shares: (number | null)[] = [];
    for (;;) {
      const result = await computationsOn(store).trends({ budgetMs: 0 });
      if (result.state !== 'building') break;
      expect(await storedScopes()).toEqual(before);
      shares.push(result.share);
    }
    expect(shares.length).toBeGreaterThan(3);
    expect(shares).toEqual(shares.toSorted((a, b) => Number(a) - Number(b)));
    expect(await storedScopes()).not.toEqual(before);
    await computeAll();
    await expectOracle();
  });

  it('are rebuilt when they lack an event that leaves the window', async () => {
    await one.query('alter table interactions disable trigger user');
    await computeAll();
    await insert(one, [{ user: 0, market: 0, type: 0, weight: 6, country: null, minutesAgo: 0 }]);
    await one.query('alter table interactions enable trigger user');
    await insert(one, [{ user: 1, market: 1, type: 0, weight: 6, country: null, minutesAgo: 0 }]);
    for (let hours = 0; hours < 25; hours += 6) {
      nowMs += 6 * HOUR_MS;
      await computeAll();
    }
    await insert(one, [{ user: 2, market: 2, type: 0, weight: 6, country: null, minutesAgo: 0 }]);
    await computationsOn(store).trends();
    await expectTrends(await storedRows(), await storedRows());
  });

  it('find queued events by an index, so that a run does not read the space of an earlier backlog', async () => {
    const scans = async (): Promise<{ tables: number; indexes: number }> => {
      const { rows } = await one.query<{ tables: number; indexes: number }>(
        `select seq_scan::int as tables, idx_scan::int as indexes from pg_stat_user_tables
         where relname = 'rollup_events'`,
      );
      return rows[0] ?? { tables: NaN, indexes: NaN };
    };
    // Autovacuum would give the space of the backlog back.
    await one.query('alter table rollup_events set (autovacuum_enabled = false)');
    onTestFinished(async () => {
      await one.query('alter table rollup_events reset (autovacuum_enabled)');
    });
    // A backlog of many pages: PostgreSQL rightly scans a table of one page.
    const trade = { type: 0, weight: 6, country: null, minutesAgo: 0 };
    const inLargeSteps = computationsOn(store, { discard: 50_000, fold: 50_000, slice: 50_000 });
    await computeAll(inLargeSteps);
    await insert(
      one,
      Array.from({ length: 40_000 }, (_, user) => ({ ...trade, user, market: user % 4 })),
    );
    await computeAll(inLargeSteps);
    await one.query('analyze rollup_events');
    await insert(one, [{ ...trade, user: 0, market: 0 }]);
    // PostgreSQL adds up the scans of a connection at most once a second.
    const settled = async () =>
      vi.waitFor(
        async () => {
          const [before, after] = [await scans(), (await sleep(1_200), await scans())];
          expect(after).toEqual(before);
          return after;
        },
        { timeout: 15_000 },
      );
    const before = await settled();
    await computeAll(inLargeSteps);
    const after = await settled();
    expect(after.indexes).toBeGreaterThan(before.indexes);
    expect(after.tables).toBe(before.tables);
  });
});
