/**
 * `npm run bench:smoke`: a gateway of its own on a fresh sample, 16 connections for 10 seconds, each asking
 * for the feeds of 120 of the simulated users in turn. Says how many feeds a second, how long they took, and
 * fails when any of them was not answered well.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import autocannon from 'autocannon';
import { readOperation } from '../dist/graphql/packaged-operations.js';

const CONNECTIONS = 16;
const SECONDS = 10;
const WARM_UP_SECONDS = 3;

const archetypes = ['politics', 'sports', 'crypto'];
const users = archetypes.flatMap((name) =>
  Array.from({ length: 40 }, (_, index) => `sample-${name}-${String(index + 1).padStart(3, '0')}`),
);

const root = new URL('..', import.meta.url);
const query = await readOperation('feed');
const requests = users.map((userKey) => ({
  method: 'POST' as const,
  path: '/graphql',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ query, variables: { userKey, country: 'IL', limit: 20 } }),
}));

const dataDir = await mkdtemp(path.join(tmpdir(), 'bellwether-bench-'));
const gateway = spawn(process.execPath, ['dist/main.js', 'serve'], {
  cwd: root,
  env: { ...process.env, PORT: '0', BELLWETHER_DATA_DIR: dataDir, LOG_LEVEL: 'info', DATABASE_URL: '' },
  stdio: ['ignore', 'pipe', 'inherit'],
});

try {
  const url = await readyUrl();
  const load = (duration: number): Promise<autocannon.Result> =>
    autocannon({
      url,
      connections: CONNECTIONS,
      duration,
      requests,
      verifyBody: (body) =>
        typeof body === 'string' && body.includes('"hero":{') && !body.includes('"errors"'),
    });
  await load(WARM_UP_SECONDS);
  const result = await load(SECONDS);
  const bad = result.errors + result.timeouts + result.non2xx + result.mismatches;
  const { p50, p97_5, p99, max } = result.latency;
  console.log(
    `${Math.round(result.requests.average)} feeds/s over ${CONNECTIONS} connections for ${SECONDS} s`,
  );
  console.log(
    `latency ms: p50 ${p50}, p97.5 ${p97_5}, p99 ${p99}, max ${max}; ${bad} errors of ${result.requests.total}`,
  );
  process.exitCode = bad === 0 ? 0 : 1;
} finally {
  gateway.kill('SIGTERM');
  await new Promise((resolve) => gateway.once('exit', resolve));
  await rm(dataDir, { recursive: true, force: true });
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
