/**
 * `node bench/trends.ts [--scale 0.1]`, after a build: the cost of the jobs that compute trends, momentum and attention, on
 * a PostgreSQL of its own as the gateway starts it. At scale 1: 8.64 million events of 24 hours by 1 million users with
 * keys of 66 characters on 50,000 open markets, a roll-up of the popularity of 90 million pairs, and 30 hours of prices.
 *
 * Users come in sessions of about ten events, and lean towards some markets. Half of the events are impressions.
 *
 * For each run: its time, WAL, and the largest memory of the backend that runs it, with and without shared buffers.
 */
import { readFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { Client } from 'pg';
import { pino } from 'pino';
import { emptySnapshot } from '../dist/catalog/catalog-snapshot.js';
import { loadRankingConfig } from '../dist/config/ranking-config.js';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../dist/lib/time.js';
import { decayConfig } from '../dist/profiles/profile-decay.js';
import { openDatabase } from '../dist/storage/database/client.js';
import { startEmbeddedServer } from '../dist/embedded-postgres/embedded-server.js';
import { applyMigrations } from '../dist/storage/database/migrations.js';
import { createStore, type Store } from '../dist/storage/store.js';
import { TrendComputations } from '../dist/trends/trend-computations.js';
import { TrendService } from '../dist/trends/trend-service.js';

const { values: args } = parseArgs({ options: { scale: { type: 'string', default: '0.1' } } });
const scale = Number(args.scale);
if (!(scale > 0 && scale <= 1)) throw new Error('--scale must be above 0 and at most 1.');

const MARKETS = Math.round(50_000 * scale);
const USERS = Math.round(1_000_000 * scale);
const EVENTS_PER_SECOND = 100 * scale;
/** A session has about ten events within five minutes. */
const SLOT_MS = 5 * MINUTE_MS;
const SESSIONS_PER_SLOT = Math.max(1, Math.round((EVENTS_PER_SECOND * SLOT_MS) / 1_000 / 10));
const POPULARITY_PAIRS = Math.round(90_000_000 * scale);
const POPULARITY_MS = 30 * DAY_MS;
const ROUNDS = 5;

const logger = pino({ level: 'silent' });
const dataDir = await mkdtemp(path.join(tmpdir(), 'bellwether-bench-'));
const server = await startEmbeddedServer({ dataDir, logger });
try {
  await applyMigrations(server.url, { logger });
  const client = new Client({ connectionString: server.url });
  await client.connect();
  try {
    await measure(client, server.url);
  } finally {
    await client.end();
  }
} finally {
  await server.close();
  await rm(dataDir, { recursive: true, force: true });
}

async function measure(client: Client, url: string): Promise<void> {
  const clock = { nowMs: Date.now() };
  await timed('markets, prices and events', () => build(client, clock.nowMs));
  const computations = (store: Store): TrendComputations =>
    new TrendComputations({
      store,
      config: () => loadRankingConfig(undefined).trending,
      clock: () => clock.nowMs,
    });
  const run = async (name: 'trends' | 'momentum' | 'attention'): Promise<Cost> =>
    withBackend(client, url, async (store) => {
      await computations(store)[name]();
    });
  for (const name of ['trends', 'momentum', 'attention'] as const) {
    print(`${name}, first run, which builds the roll-ups`, [await run(name)]);
  }
  await timed('more pairs for the popularity', () => addPopularityPairs(client, clock.nowMs));
  await client.query('vacuum (analyze)');
  const costs = { trends: [] as Cost[], momentum: [] as Cost[], load: [] as Cost[] };
  const loopDelay = monitorEventLoopDelay({ resolution: 1 });
  for (let round = 0; round < ROUNDS; round += 1) {
    await addEvents(client, clock.nowMs, clock.nowMs + MINUTE_MS);
    clock.nowMs += MINUTE_MS;
    await client.query('checkpoint');
    costs.trends.push(await run('trends'));
    costs.momentum.push(await run('momentum'));
    loopDelay.enable();
    costs.load.push(
      await withBackend(client, url, (store) =>
        new TrendService({
          store,
          computations: computations(store),
          columns: () => emptySnapshot.columns,
          logger,
        }).load(),
      ),
    );
    loopDelay.disable();
  }
  console.log(
    `event loop delay while it is taken into memory: at most ${Math.round(loopDelay.max / 1e6)} ms`,
  );
  print('trends, a minute of new events', costs.trends);
  print('momentum after it', costs.momentum);
  print('all taken into memory', costs.load);
  await addEvents(client, clock.nowMs, clock.nowMs + 10 * MINUTE_MS);
  clock.nowMs += 10 * MINUTE_MS;
  await client.query('checkpoint');
  print('attention, 10 minutes of new events', [await run('attention')]);
  const { rows } = await client.query<{ name: string; size: string; rows: string }>(
    `select relname as name, pg_size_pretty(pg_total_relation_size(oid)) as size, reltuples::bigint as rows
     from pg_class where relname in ('trend_pairs', 'trend_sums', 'popularity_pairs', 'popularity_sums',
       'activity_counts', 'rollup_events', 'trending_scopes', 'market_momentum', 'market_attention') order by 1`,
  );
  for (const { name, size, rows: count } of rows) console.log(`${name}: ${size}, ${count} rows`);
}

/** A day of events, and the hour around the end of the window of the popularity. */
async function build(client: Client, nowMs: number): Promise<void> {
  const now = new Date(nowMs);
  await client.query(
    `insert into markets (id, title, category, category_key, probability, volume_24h, created_at, version, updated_at)
     select 'market-' || n, 'Market ' || n, 'Topic', 'topic', 0.5, n, $1::timestamptz - interval '3 days', n, $1
     from generate_series(1, ${MARKETS}) n`,
    [now],
  );
  await client.query(
    `insert into market_snapshots (market_id, at, probability, volume_24h, participant_count)
     select 'market-' || n, $1::timestamptz - make_interval(mins => 15 * step), random(), n, n
     from generate_series(0, 120) step, generate_series(1, ${MARKETS}) n`,
    [now],
  );
  const instants = [nowMs, nowMs - DAY_MS, nowMs - POPULARITY_MS].map((ms) => new Date(ms));
  await client.query('select ensure_interaction_partitions($1)', [instants]);
  // Indexes are built faster afterwards. These two are not used here.
  await client.query('alter table interactions drop constraint interactions_pkey');
  await client.query('drop index interactions_user_bucket_idx, interactions_occurred_at_idx');
  await client.query('alter table interactions disable trigger user');
  await addEvents(client, nowMs - POPULARITY_MS - HOUR_MS / 2, nowMs - POPULARITY_MS + HOUR_MS / 2);
  await addEvents(client, nowMs - DAY_MS - HOUR_MS, nowMs);
  await client.query('alter table interactions enable trigger user');
  await client.query('create index on interactions (occurred_at)');
  await client.query('vacuum (analyze)');
}

/** Events of some time, in its order. */
async function addEvents(client: Client, fromMs: number, toMs: number): Promise<void> {
  const count = Math.round((EVENTS_PER_SECOND * (toMs - fromMs)) / 1_000);
  await client.query(
    `insert into interactions (id, user_key, market_id, event_type, weight, country, occurred_at, received_at)
     select gen_random_uuid(), '0x' || md5(u::text) || md5((-u)::text),
       'market-' || (1 + floor(${MARKETS} * power(m, 3)))::int, (array['IMPRESSION', 'VIEW_MARKET', 'CLICK', 'DWELL_5',
         'PARTICIPATE'])[kind]::event_type, (array[0, 2, 2, 1, 6])[kind],
       (array['US', 'US', 'US', 'GB', 'DE', 'FR', 'IL', 'IN', 'BR', 'JP'])[1 + (u + case when u % 50 = 0 then kind else 0 end) % 10],
       at, at
     from (
       select at, m, case when k < 0.5 then 1 when k < 0.7 then 2 when k < 0.85 then 3 when k < 0.95 then 4 else 5 end as kind,
         1 + floor(${USERS} * power(abs(hashint8(floor(extract(epoch from at) * 1000 / ${SLOT_MS})::bigint
           * ${SESSIONS_PER_SLOT} + floor(s * ${SESSIONS_PER_SLOT})::bigint)::float8) / 2147483648, 2))::int as u
       from (
         select $1::timestamptz + make_interval(secs => n / ${EVENTS_PER_SECOND}::float8) as at,
           random() as m, random() as k, random() as s
         from generate_series(0, ${count - 1}) n) times) drawn`,
    [new Date(fromMs)],
  );
}

/** Fills up the pairs of the popularity to their number after 30 days. */
async function addPopularityPairs(client: Client, nowMs: number): Promise<void> {
  const { rows } = await client.query<{ pairs: number }>(
    `select count(*)::int as pairs from popularity_pairs`,
  );
  await client.query('alter table popularity_pairs drop constraint popularity_pairs_pkey');
  await client.query(
    `insert into popularity_pairs (user_hash, market, sum, at, capped_until, events, scope)
     select hashtextextended('0x' || md5(u::text) || md5((-u)::text), 0), n, 1, $1, null, 1, ''
     from generate_series(1, ${POPULARITY_PAIRS - (rows[0]?.pairs ?? 0)}) n, lateral (select 1 + n % ${USERS} as u) users`,
    [new Date(nowMs)],
  );
  await client.query(`set maintenance_work_mem = '256MB'`);
  await client.query(
    'alter table popularity_pairs add constraint popularity_pairs_pkey primary key (user_hash, market, scope)',
  );
}

interface Cost {
  readonly seconds: number;
  readonly walMegabytes: number;
  /** Largest resident memory of the backend, shared buffers included, and what is its own. */
  readonly megabytes: number;
  readonly ownMegabytes: number;
}

/** The cost of some work on a backend of its own. */
async function withBackend(
  client: Client,
  url: string,
  work: (store: Store) => Promise<void>,
): Promise<Cost> {
  const database = openDatabase({ url, logger, poolSize: 1, queryTimeoutMs: 600_000 });
  try {
    const [backend] = await database.prisma.$queryRaw<{ pid: number }[]>`select pg_backend_pid() as pid`;
    const pid = backend?.pid ?? 0;
    let ownKilobytes = 0;
    const timer = setInterval(() => {
      void memoryOf(pid).then(({ own }) => (ownKilobytes = Math.max(ownKilobytes, own)));
    }, 20);
    const lsn = await walPosition(client);
    const startMs = performance.now();
    await work(
      createStore(database.prisma, {
        decay: decayConfig(loadRankingConfig(undefined)),
        transactionTimeoutMs: 600_000,
      }),
    );
    const seconds = (performance.now() - startMs) / 1_000;
    clearInterval(timer);
    const { largest } = await memoryOf(pid);
    return {
      seconds,
      walMegabytes: (Number(await walPosition(client)) - Number(lsn)) / 1_048_576,
      megabytes: largest / 1_024,
      ownMegabytes: ownKilobytes / 1_024,
    };
  } finally {
    await database.close();
  }
}

async function walPosition(client: Client): Promise<string> {
  const { rows } = await client.query<{ lsn: string }>(
    `select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::text as lsn`,
  );
  return rows[0]?.lsn ?? '0';
}

/** In kilobytes; 0 where the system does not tell. */
async function memoryOf(pid: number): Promise<{ largest: number; own: number }> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const value = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0);
  return { largest: value('VmHWM'), own: value('RssAnon') };
}

async function timed(what: string, work: () => Promise<void>): Promise<void> {
  const startMs = performance.now();
  await work();
  console.log(`${what}: ${((performance.now() - startMs) / 1_000).toFixed(1)} s`);
}

function print(what: string, costs: readonly Cost[]): void {
  const range = (of: (cost: Cost) => number, digits: number): string => {
    const sorted = costs.map(of).sort((a, b) => a - b);
    const [least = NaN, most = NaN] = [sorted[0], sorted.at(-1)];
    const median = sorted[Math.floor(sorted.length / 2)] ?? NaN;
    if (sorted.length === 1) return median.toFixed(digits);
    return `${median.toFixed(digits)} (${least.toFixed(digits)}–${most.toFixed(digits)})`;
  };
  console.log(
    `${what}: ${range(({ seconds }) => seconds, 2)} s, WAL ${range(({ walMegabytes }) => walMegabytes, 1)} MB, backend at ` +
      `most ${range(({ megabytes }) => megabytes, 0)} MB, of which its own ${range(({ ownMegabytes }) => ownMegabytes, 0)} MB`,
  );
}
