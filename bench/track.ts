/**
 * `npm run bench:track`: a gateway of its own on a fresh sample takes events of 5,000 people over 400 markets: one
 * by one at a steady rate, one by one as fast as it goes, and in batches as fast as it goes, 10 seconds each. Says
 * how many events a second and how long the answers took, and fails when one was not RECORDED, or when what is
 * stored afterwards is not what was acknowledged. Names of runs as arguments choose among them.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import autocannon from 'autocannon';
import { Client } from 'pg';
import { pino } from 'pino';
import { startEmbeddedServer } from '../dist/database/embedded-server.js';

const SECONDS = 10;
const PEOPLE = 5_000;
const MARKETS = 400;
const EVENT_TYPES = ['CLICK', 'VIEW_MARKET', 'DWELL_5', 'DWELL_30', 'BOOKMARK', 'SCROLL_PAST', 'PARTICIPATE'];

interface Run {
  readonly name: string;
  readonly connections: number;
  /** Events of one request; 1 goes through `trackInteraction`. */
  readonly batch: number;
  /** Requests a second over all connections; undefined: as fast as they are answered. */
  readonly rate?: number;
}

const runs: readonly Run[] = [
  { name: 'steady', connections: 16, batch: 1, rate: 1_000 },
  { name: 'single', connections: 16, batch: 1 },
  { name: 'batches', connections: 8, batch: 100 },
];

const root = new URL('..', import.meta.url);
const single = await readFile(new URL('schema/operations/track-interaction.graphql', root), 'utf8');
const batch =
  'mutation ($inputs: [TrackInteractionInput!]!) { trackInteractions(inputs: $inputs) { interactionId status } }';

const dataDir = await mkdtemp(path.join(tmpdir(), 'bellwether-bench-'));
const gateway = spawn(process.execPath, ['dist/main.js', 'serve'], {
  cwd: root,
  env: { ...process.env, PORT: '0', BELLWETHER_DATA_DIR: dataDir, LOG_LEVEL: 'info', DATABASE_URL: '' },
  stdio: ['ignore', 'pipe', 'inherit'],
});

try {
  const url = await readyUrl();
  const server = await startEmbeddedServer({ dataDir, logger: pino({ level: 'silent' }) });
  const database = new Client({ connectionString: server.url });
  await database.connect();
  const { rows } = await database.query<{ id: string }>('SELECT id FROM markets ORDER BY id LIMIT $1', [
    MARKETS,
  ]);
  const marketIds = rows.map(({ id }) => id);
  await load(url, marketIds, { name: 'warm-up', connections: 16, batch: 1 }, 3);
  for (const run of runs.filter(({ name }) => process.argv.length < 3 || process.argv.includes(name))) {
    const good = await measure(url, marketIds, run, database);
    if (!good) process.exitCode = 1;
  }
  await database.end();
  await server.close();
} finally {
  gateway.kill('SIGTERM');
  await new Promise((resolve) => gateway.once('exit', resolve));
  await rm(dataDir, { recursive: true, force: true });
}

/** @returns whether every event was recorded, once. */
async function measure(
  url: string,
  marketIds: readonly string[],
  run: Run,
  database: Client,
): Promise<boolean> {
  const { result, acknowledged, cutOff } = await load(url, marketIds, run, SECONDS);
  const bad = result.errors + result.timeouts + result.non2xx + result.mismatches;
  const { p50, p97_5, p99, max } = result.latency;
  const { rows } = await database.query<{ stored: number }>(
    'SELECT count(*)::int AS stored FROM interactions WHERE client_event_id LIKE $1',
    [`${run.name}-%`],
  );
  const stored = rows[0]?.stored ?? NaN;
  const wanted = run.rate === undefined ? 'as fast as it goes' : `wanted ${run.rate}/s`;
  console.log(
    `${run.name}: ${Math.round(acknowledged / result.duration)} events/s (${wanted}), ${run.batch} a request, ` +
      `${run.connections} connections, ${result.duration} s`,
  );
  console.log(
    `  latency ms: p50 ${p50}, p97.5 ${p97_5}, p99 ${p99}, max ${max}; ${bad} errors of ${result.requests.total}`,
  );
  console.log(
    `  ${acknowledged} events acknowledged, ${cutOff} more when asked again after the end, ${stored} stored`,
  );
  return bad === 0 && stored === acknowledged + cutOff;
}

interface Loaded {
  readonly result: autocannon.Result;
  /** Events acknowledged within the time. */
  readonly acknowledged: number;
  /** Events whose answer the end of the run cut off, acknowledged since. */
  readonly cutOff: number;
}

async function load(url: string, marketIds: readonly string[], run: Run, seconds: number): Promise<Loaded> {
  const { connections, rate } = run;
  const unanswered = new Map<number, string>();
  const stream = requestBodies(run, marketIds);
  const headers = { 'content-type': 'application/json' };
  let acknowledged = 0;
  const result = await autocannon({
    ...{ url, connections, duration: seconds },
    ...(rate === undefined ? {} : { overallRate: rate }),
    requests: [
      {
        ...{ method: 'POST', path: '/graphql', headers },
        setupRequest: (request, context) => {
          const { number, body } = stream();
          unanswered.set(number, body);
          Object.assign(context, { number });
          return { ...request, body };
        },
        onResponse: (_status, body, context) => {
          const { number } = context as { number: number };
          acknowledged += recordedIn(body);
          unanswered.delete(number);
        },
      },
    ],
    verifyBody: (body) => typeof body === 'string' && recordedIn(body) === run.batch,
  });
  let cutOff = 0;
  for (const body of unanswered.values()) {
    const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body });
    cutOff += takenIn(await response.text());
  }
  return { result, acknowledged, cutOff };
}

/** One request body after the other, each event with an id of its own. */
function requestBodies(run: Run, marketIds: readonly string[]): () => { number: number; body: string } {
  let events = 0;
  let number = 0;
  const nextEvent = (): object => {
    const index = events++;
    const eventType = EVENT_TYPES[index % EVENT_TYPES.length];
    return {
      // Both walks are without an order that neighbours would share.
      userKey: `bench-person-${(index * 2_741) % PEOPLE}`,
      marketId: marketIds[(index * 167) % marketIds.length],
      eventType,
      clientEventId: `${run.name}-${index}`,
      country: 'IL',
      ...(eventType === 'DWELL_5' || eventType === 'DWELL_30' ? { dwellMs: 12_000 } : {}),
    };
  };
  return () => {
    const inputs = Array.from({ length: run.batch }, nextEvent);
    const [input] = inputs;
    const body =
      run.batch === 1 ? { query: single, variables: { input } } : { query: batch, variables: { inputs } };
    return { number: number++, body: JSON.stringify(body) };
  };
}

function recordedIn(body: string): number {
  return body.split('"status":"RECORDED"').length - 1;
}

function takenIn(body: string): number {
  return recordedIn(body) + body.split('"status":"DUPLICATE"').length - 1;
}

/** Resolves with the gateway's address once it says that it is ready. */
async function readyUrl(): Promise<string> {
  for await (const line of createInterface({ input: gateway.stdout })) {
    const ready = /ready: GraphQL at (http:\S+)\/graphql/.exec(line);
    if (ready?.[1] !== undefined) {
      gateway.stdout.resume();
      return ready[1];
    }
  }
  throw new Error('The gateway ended before it was ready.');
}
