import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clusterFiles } from '../../../src/embedded-postgres/postgres-cluster.js';
import { findPostmaster } from '../../../src/embedded-postgres/postmaster.js';
import { startCommand, startNpm } from '../../support/command.js';
import { freezeProcess } from '../../support/freeze-process.js';
import { startTcpProxy } from '../../support/tcp-proxy.js';
import { createTestDatabase } from '../../support/test-database.js';

/** SPEC 10.4 allows 10 s from the signal to the exit. */
const STOPS_WITHIN_MS = 10_000;

let folder: string;
let dataDir: string;
let env: Record<string, string>;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'bellwether-signals-'));
  dataDir = path.join(folder, 'data');
  env = { BELLWETHER_DATA_DIR: dataDir, BELLWETHER_SAMPLE: 'off', PORT: '0' };
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const postmaster = () => findPostmaster(clusterFiles(dataDir));

describe('a gateway on the embedded database', () => {
  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    'stops its PostgreSQL and exits with 0 on %s',
    async (signal) => {
      const gateway = startCommand(['serve'], env);
      await gateway.line(/ready: GraphQL/);
      expect(await postmaster()).toBeDefined();
      gateway.child.kill(signal);
      expect(await gateway.finished).toMatchObject({ code: 0, stderr: '' });
      expect(await postmaster()).toBeUndefined();
    },
    60_000,
  );

  it('exits with 0 within 10 s on SIGTERM when its PostgreSQL is frozen', async () => {
    const gateway = startCommand(['serve'], env);
    await gateway.line(/ready: GraphQL/);
    const { pid = 0 } = (await postmaster()) ?? {};
    const children = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8'))
      .trim()
      .split(' ')
      .map(Number);
    const frozen = [pid, ...children];
    try {
      for (const process of frozen) await freezeProcess(process);
      const sentMs = performance.now();
      gateway.child.kill('SIGTERM');
      expect(await gateway.finished).toMatchObject({ code: 0 });
      expect(performance.now() - sentMs).toBeLessThan(STOPS_WITHIN_MS);
    } finally {
      for (const frozenPid of frozen) process.kill(frozenPid, 'SIGCONT');
    }
    // The next gateway uses the server that kept running, and stops it.
    const next = startCommand(['serve'], env);
    await next.line(/ready: GraphQL/);
    next.child.kill('SIGTERM');
    expect(await next.finished).toMatchObject({ code: 0 });
    expect(await postmaster()).toBeUndefined();
  }, 60_000);
});

it('a gateway exits with 0 within 10 s on SIGTERM when the database does not respond and events are in flight', async () => {
  const database = await createTestDatabase();
  const url = new URL(database.url);
  const proxy = await startTcpProxy({ host: url.hostname, port: Number(url.port) });
  url.port = String(proxy.port);
  const gateway = startCommand(['serve'], { DATABASE_URL: url.href, PORT: '0' });
  try {
    const [, address = ''] = await gateway.line(/GraphQL at (http:\S+)\/graphql/);
    const send = (query: string): Promise<Response> =>
      fetch(`${address}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query }),
      });
    const market =
      'mutation { upsertMarkets(input: { markets: [{ id: "m", title: "Will it rain?" }] }) { results { status } } }';
    expect((await send(market)).status).toBe(200);
    proxy.freeze();
    const event = '{ userKey: "ada", marketId: "m", eventType: PARTICIPATE }';
    const inFlight = send(`mutation { trackInteraction(input: ${event}) { status } }`).catch(() => undefined);
    const sentMs = performance.now();
    gateway.child.kill('SIGTERM');
    expect(await gateway.finished).toMatchObject({ code: 0 });
    expect(performance.now() - sentMs).toBeLessThan(STOPS_WITHIN_MS);
    await inFlight;
  } finally {
    gateway.child.kill('SIGKILL');
    await proxy.close();
    await database.drop();
  }
}, 60_000);

describe('a second signal', () => {
  it('ends a gateway that is shutting down at once', async () => {
    const database = await createTestDatabase();
    const url = new URL(database.url);
    const proxy = await startTcpProxy({ host: url.hostname, port: Number(url.port) });
    url.port = String(proxy.port);
    const gateway = startCommand(['serve'], { DATABASE_URL: url.href, PORT: '0' });
    try {
      await gateway.line(/ready: GraphQL/);
      proxy.freeze();
      gateway.child.kill('SIGTERM');
      await gateway.line(/another signal ends/);
      // Signals within 500 ms count as one, because npm forwards a signal that the terminal has already sent.
      const repeated = setInterval(() => gateway.child.kill('SIGTERM'), 100);
      expect(await gateway.finished).toMatchObject({ code: null, signal: 'SIGTERM' });
      clearInterval(repeated);
    } finally {
      gateway.child.kill('SIGKILL');
      await proxy.close();
      await database.drop();
    }
  }, 60_000);
});

describe('a command on the embedded database', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)(
    'stops its PostgreSQL and prints no stack on %s',
    async (signal, code) => {
      const command = startCommand(['sample', '--users', '5000', '--days', '60', '--add'], env);
      await command.errorLine(/^Using the embedded database/);
      command.child.kill(signal);
      const ended = await command.finished;
      expect(ended).toMatchObject({ code, stdout: '' });
      expect(ended.stderr).not.toMatch(/\n {4}at /);
      expect(await postmaster()).toBeUndefined();
    },
    60_000,
  );

  it('stops its PostgreSQL on SIGINT during an import', async () => {
    const file = path.join(folder, 'large.jsonl');
    const lines = Array.from({ length: 200_000 }, (_, index) =>
      JSON.stringify({ type: 'market', id: `m${index}`, title: `Will it rain on day ${index}?` }),
    );
    await writeFile(file, lines.join('\n'));
    const command = startCommand(['import', file, '--format', 'jsonl'], env, folder);
    await command.errorLine(/^Using the embedded database/);
    command.child.kill('SIGINT');
    expect(await command.finished).toMatchObject({ code: 130, stdout: '' });
    expect(await postmaster()).toBeUndefined();
  }, 60_000);
});

describe('npm', () => {
  it.each([
    ['start', ['start', '--ignore-scripts']],
    ['run bellwether', ['run', 'bellwether', '--', 'serve']],
    ['run dev', ['run', 'dev']],
  ])(
    '%s forwards SIGTERM to the gateway and waits until it has stopped',
    async (_, args) => {
      const npm = startNpm(args, env);
      try {
        await npm.line(/ready: GraphQL/);
        npm.child.kill('SIGTERM');
        const { stdout } = await npm.finished;
        expect(stdout).toMatch(/"msg":"stopped"/);
        expect(await postmaster()).toBeUndefined();
      } finally {
        killGroup(npm.child.pid);
      }
    },
    90_000,
  );
});

function killGroup(leader: number | undefined): void {
  try {
    if (leader !== undefined) process.kill(-leader, 'SIGKILL');
  } catch {
    // Every process of the group has already ended.
  }
}
