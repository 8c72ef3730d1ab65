/**
 * `npm run bench:live`: a gateway of its own on a fresh sample. First 500 users follow 20 markets each and 500 their
 * own feeds, and it says how much the gateway grew, garbage collected. Then 1,000 follow one market, which moves ten
 * times, and it says how long that took to reach them. Fails over 100 MB, or when a message does not come.
 */
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { readOperation } from '../dist/graphql/packaged-operations.js';
import { startBenchGateway } from './bench-gateway.ts';

const SUBSCRIBERS = 1_000;
const MARKETS_EACH = 20;
const MOVES = 10;
const MAX_GROWTH_MB = 100;
/** Longer than the pause between two messages to one subscriber. */
const BETWEEN_MOVES_MS = 1_500;
const WITHIN_MS = 10_000;

const marketsMoved = await readOperation('markets-moved');
const feedChanged = await readOperation('feed-changed');

const folder = await mkdtemp(path.join(tmpdir(), 'bellwether-memory-'));
const memoryFile = path.join(folder, 'memory.json');
process.env['MEMORY_FILE'] = memoryFile;
process.env['NODE_OPTIONS'] = `--import=${new URL('collect-garbage.ts', import.meta.url).href}`;
const gateway = await startBenchGateway();
try {
  const data = await ask('{ markets(first: 100, filter: { statuses: OPEN }) { nodes { id } } }');
  const ids = (data as { markets: { nodes: { id: string }[] } }).markets.nodes.map((market) => market.id);
  const before = await memory();
  const idle = await Promise.all(
    Array.from({ length: SUBSCRIBERS }, (_, index) =>
      index % 2 === 0
        ? subscribe(marketsMoved, {
            marketIds: Array.from({ length: MARKETS_EACH }, (_each, at) => ids[(index + at) % ids.length]),
          })
        : subscribe(feedChanged, { userKey: `follower ${index}` }),
    ),
  );
  const after = await memory();
  const grown = after.residentMb - before.residentMb;
  console.log(
    `${SUBSCRIBERS} idle subscribers: ${before.residentMb.toFixed(0)} MB resident without them, ` +
      `${after.residentMb.toFixed(0)} MB with them; in use ${before.usedMb.toFixed(1)} MB and ${after.usedMb.toFixed(1)} MB, ` +
      `${(((after.usedMb - before.usedMb) * 1024) / SUBSCRIBERS).toFixed(1)} KB each`,
  );
  for (const socket of idle) socket.close();
  await Promise.all(idle.map((socket) => once(socket, 'close')));

  const [id = ''] = ids;
  const followers = await Promise.all(
    Array.from({ length: SUBSCRIBERS }, () => subscribe(marketsMoved, { marketIds: [id] })),
  );
  const reachedMs: number[] = [];
  const storedMs: number[] = [];
  for (let move = 1; move <= MOVES; move++) {
    const startMs = performance.now();
    const reached = Promise.all(
      followers.map(async (socket) => {
        await once(socket, 'message', { signal: AbortSignal.timeout(WITHIN_MS) });
        reachedMs.push(performance.now() - startMs);
      }),
    );
    await ask(
      `mutation { upsertMarkets(input: { markets: [{ id: "${id}", probability: ${move / 20} }] }) { results { status } } }`,
    );
    storedMs.push(performance.now() - startMs);
    await reached;
    await sleep(BETWEEN_MOVES_MS);
  }
  console.log(
    `a move of one market reached ${SUBSCRIBERS} subscribers after ms: p50 ${quantile(reachedMs, 0.5)}, ` +
      `p99 ${quantile(reachedMs, 0.99)}, max ${quantile(reachedMs, 1)}; to be stored and answered it took p50 ${quantile(storedMs, 0.5)}`,
  );
  for (const socket of followers) socket.terminate();
  process.exitCode = grown <= MAX_GROWTH_MB ? 0 : 1;
} finally {
  await gateway.close();
  await rm(folder, { recursive: true });
}

async function ask(query: string): Promise<unknown> {
  const response = await fetch(`${gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  const { data, errors } = (await response.json()) as { data?: unknown; errors?: unknown };
  if (errors !== undefined) throw new Error(JSON.stringify(errors));
  return data;
}

/** Resolves with a socket on which the server has heard of the subscription. */
async function subscribe(query: string, variables: object): Promise<WebSocket> {
  const socket = new WebSocket(`${gateway.url.replace(/^http/, 'ws')}/graphql`, 'graphql-transport-ws', {
    perMessageDeflate: false,
  });
  await once(socket, 'open');
  const say = (message: object): void => socket.send(JSON.stringify(message));
  say({ type: 'connection_init' });
  await once(socket, 'message');
  say({ type: 'subscribe', id: '1', payload: { query, variables } });
  say({ type: 'ping' });
  await once(socket, 'message');
  return socket;
}

async function memory(): Promise<{ readonly residentMb: number; readonly usedMb: number }> {
  let text = '';
  // Memory is given back to the system step by step.
  for (let round = 0; round < 5; round++) {
    await rm(memoryFile, { force: true });
    process.kill(gateway.pid, 'SIGUSR2');
    for (text = ''; text === ''; text = await readFile(memoryFile, 'utf8').catch(() => '')) await sleep(100);
  }
  const { rss, heapUsed, external } = JSON.parse(text) as NodeJS.MemoryUsage;
  return { residentMb: rss / 2 ** 20, usedMb: (heapUsed + external) / 2 ** 20 };
}

function quantile(values: readonly number[], share: number): string {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN).toFixed(1);
}
