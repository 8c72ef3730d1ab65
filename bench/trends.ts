/**
 * `node bench/trends.ts`, after a build: how long the trends, the momentum and the attention take to be computed, and
 * to be taken into memory, over 5,000 open markets and 100,000, 1 million and 3 million interactions of 50,000 people
 * within a day, on a PostgreSQL of its own as the gateway starts it. Popular markets have more of them, as in life.
 * Median and range of five rounds, all in turn; and, in a round before them, how much more memory this process and
 * PostgreSQL take at the most than before.
 */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import { pino } from 'pino';
import { emptySnapshot } from '../dist/catalogue/catalogue-snapshot.js';
import { loadRankingConfig } from '../dist/config/ranking-config.js';
import { openDatabase } from '../dist/database/client.js';
import { startEmbeddedServer } from '../dist/database/embedded-server.js';
import { applyMigrations } from '../dist/database/migrations.js';
import { createStore } from '../dist/repositories/store.js';
import { TrendComputations } from '../dist/trends/trend-computations.js';
import { TrendService } from '../dist/trends/trend-service.js';

const MARKETS = 5_000;
const PEOPLE = 50_000;
const SIZES = [100_000, 1_000_000, 3_000_000];
const ROUNDS = 5;
const STEPS = ['trends', 'momentum', 'attention', 'load'] as const;

let postmaster: Promise<string> | undefined;

const dataDir = await mkdtemp(path.join(tmpdir(), 'bellwether-bench-'));
const logger = pino({ level: 'silent' });
const server = await startEmbeddedServer({ dataDir, logger });
try {
  await run(server.url);
} finally {
  await server.close();
  await rm(dataDir, { recursive: true, force: true });
}

async function run(url: string): Promise<void> {
  await applyMigrations(url, { logger });
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await measure(client, url);
  } finally {
    await client.end();
  }
}

async function measure(client: Client, url: string): Promise<void> {
  const now = new Date();
  await client.query(
    `insert into markets (id, title, category, category_key, probability, volume_24h, created_at, version, updated_at)
     select 'market-' || n, 'Market ' || n, 'Topic', 'topic', 0.5, n, $1::timestamptz - interval '3 days', n, $1
     from generate_series(1, ${MARKETS}) n`,
    [now],
  );
  // A day and more of odds, as often as a busy site changes them and as thinned as the gateway keeps them.
  await client.query(
    `insert into market_snapshots (market_id, at, probability, volume_24h, participant_count)
     select 'market-' || n, $1::timestamptz - make_interval(mins => 10 * step), random(), n, n
     from generate_series(1, ${MARKETS}) n, generate_series(0, 200) step`,
    [now],
  );
  const yesterday = new Date(now.getTime() - 86_400_000);
  await client.query('select ensure_interaction_partitions($1)', [[now, yesterday]]);
  await client.query('analyze');
  const database = openDatabase({ url, logger, poolSize: 2, queryTimeoutMs: 120_000 });
  const store = createStore(database.prisma, (state) => state);
  const computations = new TrendComputations({
    store,
    config: () => loadRankingConfig(undefined).trending,
    clock: () => now.getTime(),
  });
  let stored = 0;
  for (const size of SIZES) {
    await addInteractions(client, stored, size, now);
    stored = size;
    await client.query('vacuum (analyze)');
    await client.query('checkpoint');
    const times = new Map<string, number[]>(STEPS.map((step) => [step, []]));
    const round = async (note: (step: string, ms: number) => void): Promise<void> => {
      const service = new TrendService({ store, computations, columns: () => emptySnapshot.columns, logger });
      for (const step of STEPS) {
        const startMs = performance.now();
        await (step === 'load' ? service.load() : computations[step]());
        note(step, performance.now() - startMs);
      }
    };
    // Looking at the memory takes time itself, so it has a round of its own.
    const before = await memoryMegabytes(url);
    const watch = watchMemory(url);
    await round(() => undefined);
    const most = await watch.stop();
    for (let number = 0; number < ROUNDS; number += 1) {
      await round((step, ms) => times.get(step)?.push(ms));
    }
    console.log(
      `${size.toLocaleString('en')} interactions: ` +
        STEPS.map((step) => `${step} ${spread(times.get(step) ?? [])}`).join(', ') +
        (before === undefined || most === undefined ? '' : `; at most ${Math.round(most - before)} MB more`),
    );
  }
  await database.close();
}

/** Adds interactions until there are `until`, person and market drawn with a lean towards the first ones. One in fifty
 * people acts from several countries. */
async function addInteractions(client: Client, from: number, until: number, now: Date): Promise<void> {
  await client.query('select setseed(0.5)');
  await client.query(
    `insert into interactions (id, user_key, market_id, event_type, weight, country, occurred_at, received_at)
     select gen_random_uuid(), 'person-' || person, 'market-' || (1 + floor(${MARKETS} * power(random(), 3)))::int,
       (array['VIEW_MARKET', 'CLICK', 'PARTICIPATE', 'DWELL_5', 'IMPRESSION'])[kind]::event_type,
       (array[2, 2, 6, 1, 0])[kind], (array['US', 'GB', 'DE', 'FR', 'IL', 'IN', 'BR', 'JP'])[1 + (person + case when person % 50 = 0 then kind else 0 end) % 8], at, at
     from (
       select 1 + floor(${PEOPLE} * power(random(), 2))::int as person, 1 + floor(5 * random())::int as kind,
         $1::timestamptz - random() * interval '24 hours' as at
       from generate_series(${from} + 1, ${until})) drawn`,
    [now],
  );
}

/** Median, and from the shortest to the longest, in seconds. */
function spread(times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b);
  const seconds = (ms = NaN): string => (ms / 1_000).toFixed(2);
  return `${seconds(sorted[Math.floor(sorted.length / 2)])} s (${seconds(sorted[0])}–${seconds(sorted.at(-1))})`;
}

/** The most memory seen until it is stopped. */
function watchMemory(url: string): { stop(): Promise<number | undefined> } {
  let most: number | undefined;
  let looking = Promise.resolve();
  const timer = setInterval(() => {
    looking = looking.then(async () => {
      const now = await memoryMegabytes(url);
      if (now !== undefined && now > (most ?? 0)) most = now;
    });
  }, 50);
  return {
    stop: async () => {
      clearInterval(timer);
      await looking;
      return most;
    },
  };
}

/** Of this process and PostgreSQL, shared pages counted once; undefined where the system does not tell. */
async function memoryMegabytes(url: string): Promise<number | undefined> {
  postmaster ??= postmasterOf(url);
  try {
    const parent = await postmaster;
    const children = await readFile(`/proc/${parent}/task/${parent}/children`, 'utf8');
    const pids = [String(process.pid), parent, ...children.trim().split(' ')];
    const sizes = await Promise.all(pids.map((pid) => proportionalKilobytes(pid).catch(() => 0)));
    return sizes.reduce((sum, size) => sum + size, 0) / 1_024;
  } catch {
    return undefined;
  }
}

async function postmasterOf(url: string): Promise<string> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ folder: string }>(
    `select current_setting('data_directory') as folder`,
  );
  await client.end();
  const folder = rows[0]?.folder ?? '';
  const file = (await readdir(folder)).includes('postmaster.pid') ? path.join(folder, 'postmaster.pid') : '';
  return (await readFile(file, 'utf8')).split('\n')[0] ?? '';
}

async function proportionalKilobytes(pid: string): Promise<number> {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0);
}
