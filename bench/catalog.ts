/**
 * `node bench/catalog.ts --markets 50000`, after a build: how long a change of the catalog occupies the event loop, over
 * open markets titled like the sample's with ids of 66 characters and descriptions of 2 KB, stored in a PostgreSQL of its
 * own as the gateway starts it. The catalog is loaded from the database, and then changed through the database: 83 prices
 * (a poll of one second at 5,000 a minute), one title, one new and one closed market, by turns; after each change a feed
 * is made for a warm user. Prints, for the load and for each kind of change, the longest processor time of the main thread
 * between two turns of the event loop, and that of the first feed after the change; the WAL for each price; and the
 * resident memory.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Client } from 'pg';
import { pino } from 'pino';
import { Catalog } from '../dist/catalog/catalog.js';
import { MarketWriter } from '../dist/catalog/market-writer.js';
import { loadRankingConfig } from '../dist/config/ranking-config.js';
import { decayConfig } from '../dist/profiles/profile-decay.js';
import { openDatabase } from '../dist/storage/database/client.js';
import { startEmbeddedServer } from '../dist/embedded-postgres/embedded-server.js';
import { applyMigrations } from '../dist/storage/database/migrations.js';
import { RankingWorkspace } from '../dist/feed/workspace.js';
import type { RankingInputs } from '../dist/feed/ranking-inputs.js';
import { composeFeed } from '../dist/feed/pipeline.js';
import { createStore } from '../dist/storage/store.js';
import { syntheticTrends, marketsLikeTheSample, NOW_MS, profileOf, WARM } from './ranking-world.ts';
import { DEFAULT_MODEL } from '../dist/scoring/v2/ranking-model.js';

const ROUNDS = 12;
const PRICES = 83;
/** Batches of prices whose WAL is measured. */
const BATCHES = 60;
const { values } = parseArgs({ options: { markets: { type: 'string', default: '50000' } } });
const count = Number(values.markets);

const dataDir = await mkdtemp(path.join(tmpdir(), 'bellwether-bench-'));
const logger = pino({ level: 'warn' });
const server = await startEmbeddedServer({ dataDir, logger });
try {
  await applyMigrations(server.url, { logger });
  await run(server.url);
} finally {
  await server.close();
  await rm(dataDir, { recursive: true, force: true });
}

async function run(url: string): Promise<void> {
  const database = openDatabase({ url, logger, poolSize: 3, queryTimeoutMs: 120_000 });
  const store = createStore(database.prisma, { decay: decayConfig(loadRankingConfig(undefined)) });
  const writer = new MarketWriter({ markets: store.markets, clock: Date.now });
  const catalog = new Catalog({
    ...{ markets: store.markets, lists: store.markets, writer, clock: Date.now, logger },
  });
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await insertMarkets(catalog);
    await client.query('vacuum (analyze)');
    global.gc?.();
    const before = process.memoryUsage().rss;
    const load = await longestDelay(() => catalog.refresh());
    report('load', load);
    await sleep(1_000);
    global.gc?.();
    const { rss, heapUsed, external } = process.memoryUsage();
    console.log(
      `  resident: ${mb(rss)} MB (${mb(before)} before the load), heap ${mb(heapUsed)} MB, external ${mb(external)} MB`,
    );
    await measureChanges(catalog);
    await measureWal(catalog, client);
  } finally {
    await client.end();
    await database.close();
  }
}

function idOf(index: number): string {
  return `0x${index.toString(16).padStart(64, '0')}`;
}

async function insertMarkets(catalog: Catalog): Promise<void> {
  const description = 'The market resolves by the rules of its source. '.repeat(43);
  const markets = marketsLikeTheSample(count).map((market, index) => ({
    ...market,
    ...{
      id: idOf(index * 7),
      description: `${index} ${description}`,
      number: undefined,
      openPastDue: undefined,
    },
  }));
  for (let from = 0; from < count; from += 1_000) {
    await catalog.upsert(markets.slice(from, from + 1_000));
  }
}

async function measureChanges(catalog: Catalog): Promise<void> {
  const { ids } = catalog.snapshot.columns;
  const user = profileOf(WARM, catalog.snapshot);
  const trends = syntheticTrends(ids);
  const workspace = new RankingWorkspace();
  const config = loadRankingConfig(undefined);
  const feed = (): void => {
    const inputs: RankingInputs = {
      ...{ nowMs: NOW_MS, userKey: 'bench', country: 'IL', profile: user, personal: true, algorithm: 'v2' },
      ...{
        limit: 20,
        snapshot: catalog.snapshot,
        past: new Map(),
        trends,
        config,
        model: DEFAULT_MODEL,
        configVersion: 'bench',
      },
    };
    composeFeed(inputs, workspace);
  };
  for (let warmUp = 0; warmUp < 50; warmUp += 1) feed();
  const works: Record<string, (round: number) => Promise<unknown>> = {
    [`${PRICES} prices`]: (round) => catalog.upsert(prices(ids, PRICES, round)),
    'a renamed market': (round) =>
      catalog.upsert([{ id: ids[(round * 971) % ids.length], title: `Renamed ${round} storm warning?` }]),
    'a new market': (round) =>
      catalog.upsert([
        { id: idOf(round * 7_001 + 3), title: `Newcomer ${round}?`, tags: ['new', `n${round}`] },
      ]),
    'a closed market': (round) =>
      catalog.upsert([{ id: ids[(round * 577 + 1) % ids.length], status: 'CLOSED' }]),
  };
  const delays = new Map<string, Delay[]>();
  const firstFeeds = new Map<string, number[]>();
  const nextFeeds: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [what, work] of Object.entries(works)) {
      const delay = await longestDelay(() => work(round));
      await nextTurn();
      const firstMs = timeOf(feed);
      nextFeeds.push(timeOf(feed));
      // The first rounds warm up the compiler.
      if (round < 3) continue;
      delays.set(what, [...(delays.get(what) ?? []), delay]);
      firstFeeds.set(what, [...(firstFeeds.get(what) ?? []), firstMs]);
    }
  }
  for (const [what, list] of delays) {
    const longest = list.map(({ longestMs }) => longestMs).sort((a, b) => a - b);
    console.log(
      `  ${what}: event loop at most ${ms(longest[longest.length >> 1])} (median of ${list.length}), ${ms(longest.at(-1))} (worst)`,
    );
    const feeds = (firstFeeds.get(what) ?? []).sort((a, b) => a - b);
    console.log(
      `    first feed after it: median ${ms(feeds[feeds.length >> 1])}, worst ${ms(feeds.at(-1))}; then ${ms(nextFeeds.sort((a, b) => a - b)[nextFeeds.length >> 1])}`,
    );
  }
}

function prices(ids: readonly string[], some: number, round: number): { id: string; probability: number }[] {
  return Array.from({ length: some }, (_, index) => ({
    id: ids[(index * 601 + round * 83) % ids.length] as string,
    probability: ((index * 37 + round * 11 + (round >> 2)) % 997) / 997,
  }));
}

/** The WAL of prices, from a checkpoint on, in batches of 83 as a poll brings them. */
async function measureWal(catalog: Catalog, client: Client): Promise<void> {
  for (const [what, first] of [
    ['right after a checkpoint', 100],
    ['in steady state', 200],
  ] as const) {
    if (what === 'right after a checkpoint') await client.query('checkpoint');
    const { ids } = catalog.snapshot.columns;
    const from = await client.query<{ lsn: string }>('select pg_current_wal_lsn() as lsn');
    for (let batch = 0; batch < BATCHES; batch += 1) {
      await catalog.upsert(prices(ids, PRICES, first + batch));
    }
    const to = await client.query<{ bytes: string }>(`select pg_current_wal_lsn() - $1::pg_lsn as bytes`, [
      from.rows[0]?.lsn,
    ]);
    const bytes = Number(to.rows[0]?.bytes) / (BATCHES * PRICES);
    console.log(`  WAL for a price, ${what}: ${bytes.toFixed(0)} bytes over ${BATCHES * PRICES} prices`);
  }
}

interface Delay {
  readonly longestMs: number;
  readonly totalMs: number;
}

/** The longest run of this thread between two turns of the event loop, and the time until the work is done. */
async function longestDelay(work: () => Promise<unknown>): Promise<Delay> {
  let longestMs = 0;
  let done = false;
  const startedMs = performance.now();
  const watch = async (): Promise<void> => {
    for (let lastMs = performance.now(); !done;) {
      await nextTurn();
      const nowMs = performance.now();
      longestMs = Math.max(longestMs, nowMs - lastMs);
      lastMs = nowMs;
    }
  };
  const watching = watch();
  await work();
  done = true;
  const totalMs = performance.now() - startedMs;
  await watching;
  return { longestMs, totalMs };
}

function report(what: string, { longestMs, totalMs }: Delay): void {
  console.log(`  ${what}: event loop at most ${ms(longestMs)}, ${ms(totalMs)} in all`);
}

function timeOf(work: () => void): number {
  const startedMs = cpuMs();
  work();
  return cpuMs() - startedMs;
}

/** The time that this thread has run: what other processes of the machine do is not in it. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

function ms(value: number | undefined): string {
  return `${(value ?? NaN).toFixed(1)} ms`;
}

function mb(bytes: number): string {
  return (bytes / 1_048_576).toFixed(0);
}
