/**
 * `npm run bench:track`: a gateway of its own on a fresh sample takes events of 5,000 users over 400 markets: one
 * by one at a steady rate, one by one as fast as it goes, and in batches as fast as it goes, 10 seconds each. Says
 * how many events a second, how long the answers took, and what an event costs, and fails when one was not RECORDED,
 * or when what is stored afterwards is not what was acknowledged. Names of runs (`steady`, `single`, `batches`) as
 * arguments choose among them; with `sink-down` each is done once more on a gateway with a sink that cannot be reached.
 */
import { once } from 'node:events';
import { createServer } from 'node:net';
import autocannon from 'autocannon';
import { readOperation } from '../dist/graphql/packaged-operations.js';
import { startBenchGateway, type BenchGateway } from './bench-gateway.ts';
import { pacedLoad } from './paced-load.ts';

const SECONDS = 10;
const USERS = 5_000;
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

const single = await readOperation('track-interaction');
const batch =
  'mutation ($inputs: [BatchInteractionInput!]!) { trackInteractions(input: { interactions: $inputs }) { results { interactionId status } } }';

const wanted = process.argv.slice(2);
const chosen = runs.filter(
  ({ name }) => runs.every((run) => !wanted.includes(run.name)) || wanted.includes(name),
);

const gateways: { readonly label: string; readonly gateway: BenchGateway; readonly marketIds: string[] }[] =
  [];
try {
  await open('', {});
  if (wanted.includes('sink-down')) {
    const nowhere = { type: 'nats', name: 'nowhere', servers: [`127.0.0.1:${await closedPort()}`] };
    await open(', its sink down', { sinks: [nowhere] });
  }
  for (const { gateway, marketIds } of gateways) {
    await load(gateway.url, marketIds, { name: 'warm-up', connections: 16, batch: 1 }, 3);
  }
  for (const run of chosen) {
    for (const { label, gateway, marketIds } of gateways) {
      if (!(await measure(gateway, marketIds, run, label))) process.exitCode = 1;
    }
  }
} finally {
  for (const { gateway } of gateways) await gateway.close();
}

async function open(label: string, config: object): Promise<void> {
  const gateway = await startBenchGateway(config);
  const { rows } = await gateway.database.query<{ id: string }>(
    'SELECT id FROM markets ORDER BY id LIMIT $1',
    [MARKETS],
  );
  gateways.push({ label, gateway, marketIds: rows.map(({ id }) => id) });
}

/** A port without a listener. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('There is no free port.');
  return address.port;
}

/** @returns whether every event was recorded, once. */
async function measure(
  { url, database, cpuSeconds }: BenchGateway,
  marketIds: readonly string[],
  run: Run,
  label: string,
): Promise<boolean> {
  const before = await cpuSeconds();
  const { latency, requests, bad, seconds, acknowledged, cutOff } = await load(url, marketIds, run, SECONDS);
  const after = await cpuSeconds();
  const { p50, p97_5, p99, max } = latency;
  const { rows } = await database.query<{ stored: number; waiting: number }>(
    `SELECT count(*)::int AS stored, (SELECT count(*)::int FROM outbox) AS waiting
      FROM interactions WHERE client_event_id LIKE $1`,
    [`${run.name}-%`],
  );
  const { stored = NaN, waiting = NaN } = rows[0] ?? {};
  const rate = run.rate === undefined ? 'as fast as it goes' : `wanted ${run.rate}/s`;
  console.log(
    `${run.name}${label}: ${Math.round(acknowledged / seconds)} events/s (${rate}), ${run.batch} a request, ` +
      `${run.connections} connections, ${seconds.toFixed(1)} s`,
  );
  console.log(
    `  latency ms: p50 ${p50}, p97.5 ${p97_5}, p99 ${p99}, max ${max}; ${bad} errors of ${requests}`,
  );
  console.log(
    `  ${acknowledged} events acknowledged, ${cutOff} more when asked again after the end, ${stored} stored, ` +
      `${waiting} waiting for sinks`,
  );
  if (before !== undefined && after !== undefined) {
    const microsEach = (seconds: number): string => ((seconds * 1e6) / stored).toFixed(0);
    console.log(
      `  processor time an event: gateway ${microsEach(after.gateway - before.gateway)} µs, ` +
        `PostgreSQL ${microsEach(after.postgres - before.postgres)} µs`,
    );
  }
  return bad === 0 && stored === acknowledged + cutOff;
}

interface Loaded {
  /** Milliseconds. */
  readonly latency: {
    readonly p50: number;
    readonly p97_5: number;
    readonly p99: number;
    readonly max: number;
  };
  readonly requests: number;
  /** Requests without a good answer. */
  readonly bad: number;
  readonly seconds: number;
  /** Events acknowledged within the time. */
  readonly acknowledged: number;
  /** Events whose answer the end of the run cut off, acknowledged since. */
  readonly cutOff: number;
}

async function load(url: string, marketIds: readonly string[], run: Run, seconds: number): Promise<Loaded> {
  const bodies = requestBodies(run, marketIds);
  return run.rate === undefined
    ? loadFully(url, run, seconds, bodies)
    : loadAtPace(url, run, run.rate, bodies);
}

async function loadAtPace(
  url: string,
  { batch: size, connections }: Run,
  rate: number,
  bodies: () => { body: string },
): Promise<Loaded> {
  let acknowledged = 0;
  let bad = 0;
  const { latenciesMs, seconds } = await pacedLoad({
    ...{ connections, rate, seconds: SECONDS },
    url: new URL(`${url}/graphql`),
    nextBody: () => bodies().body,
    onAnswer: (body) => {
      const recorded = recordedIn(body);
      acknowledged += recorded;
      if (recorded !== size) bad += 1;
    },
  });
  const at = (percent: number): number =>
    Number((latenciesMs[Math.ceil((percent / 100) * latenciesMs.length) - 1] ?? NaN).toFixed(1));
  const latency = { p50: at(50), p97_5: at(97.5), p99: at(99), max: at(100) };
  return { latency, requests: latenciesMs.length, bad, seconds, acknowledged, cutOff: 0 };
}

async function loadFully(
  url: string,
  run: Run,
  duration: number,
  bodies: () => { number: number; body: string },
): Promise<Loaded> {
  const unanswered = new Map<number, string>();
  const headers = { 'content-type': 'application/json' };
  let acknowledged = 0;
  const result = await autocannon({
    ...{ url, connections: run.connections, duration },
    requests: [
      {
        ...{ method: 'POST', path: '/graphql', headers },
        setupRequest: (request, context) => {
          const { number, body } = bodies();
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
  const bad = result.errors + result.timeouts + result.non2xx + result.mismatches;
  const { latency, requests, duration: seconds } = result;
  return { latency, requests: requests.total, bad, seconds, acknowledged, cutOff };
}

/** One request body after the other, each event with an id of its own. */
function requestBodies(run: Run, marketIds: readonly string[]): () => { number: number; body: string } {
  let events = 0;
  let number = 0;
  const nextEvent = (): object => {
    const index = events++;
    const eventType = EVENT_TYPES[index % EVENT_TYPES.length];
    return {
      // Neighboring events of both walks share no order.
      userKey: `bench-user-${(index * 2_741) % USERS}`,
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
