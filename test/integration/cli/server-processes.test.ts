import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { startCommand, type RunningCommand } from '../../support/command.js';
import { createTestDatabase, type TestDatabase } from '../../support/test-database.js';

let database: TestDatabase;
let gateway: RunningCommand;
let url: string;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());
afterEach(async () => {
  gateway.child.kill('SIGKILL');
  await gateway.finished;
});

const READY = /"serverPid":(\d+),"msg":"server process ready"/g;

/** The processes that have become ready, in order. */
async function readyPids(count: number): Promise<number[]> {
  const pids: number[] = [];
  await vi.waitFor(() => {
    const found = Array.from(output().matchAll(READY), ([, pid]) => Number(pid));
    expect(found.length).toBeGreaterThanOrEqual(count);
    pids.push(...found);
  }, 20_000);
  return pids;
}

let written = '';
const output = (): string => written;

async function start(workers: number): Promise<void> {
  written = '';
  gateway = startCommand(['serve', '--workers', String(workers)], { DATABASE_URL: database.url, PORT: '0' });
  gateway.child.stdout.on('data', (data: Buffer) => (written += data.toString()));
  const [, address = ''] = await gateway.line(/ready: all processes serve GraphQL at (http:\S+)\/graphql/);
  url = address;
}

const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

const query = async (text: string): Promise<unknown> => {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    // Without keep-alive, so that each request may reach another process.
    headers: { 'content-type': 'application/json', connection: 'close' },
    body: JSON.stringify({ query: text }),
  });
  return response.json();
};

describe('bellwether serve --workers 2', () => {
  it('serves on one port, and stops every process on SIGTERM', async () => {
    await start(2);
    const pids = await readyPids(2);
    expect(await query('{ feed { degraded } }')).toEqual({ data: { feed: { degraded: false } } });
    gateway.child.kill('SIGTERM');
    expect(await gateway.finished).toMatchObject({ code: 0, stderr: '' });
    expect(pids.filter(isRunning)).toEqual([]);
  }, 60_000);

  it('goes on serving when a process is killed, and replaces it', async () => {
    await start(2);
    const [first = 0] = await readyPids(2);
    process.kill(first, 'SIGKILL');
    await vi.waitFor(() => expect(isRunning(first)).toBe(false));
    for (let request = 0; request < 10; request++)
      expect(await query('{ feed { degraded } }')).toEqual({ data: { feed: { degraded: false } } });
    const pids = await readyPids(3);
    expect(pids.filter(isRunning)).toHaveLength(2);
  }, 60_000);

  it('ends every process when the parent is killed', async () => {
    await start(2);
    const pids = await readyPids(2);
    gateway.child.kill('SIGKILL');
    await vi.waitFor(() => expect(pids.filter(isRunning)).toEqual([]), 20_000);
  }, 60_000);
});

it('an event through one process is in the next feed of the other', async () => {
  await start(2);
  await readyPids(2);
  await query(
    'mutation { upsertMarkets(input: { markets: [{ id: "m1", title: "Will it rain?" }] }) { results { id } } }',
  );
  await vi.waitFor(async () => {
    for (let request = 0; request < 4; request++)
      expect(await query('{ feed(userKey: "ada") { hero { market { id } } } }')).toEqual({
        data: { feed: { hero: { market: { id: 'm1' } } } },
      });
  }, 10_000);
  await query(
    'mutation { trackInteraction(input: { userKey: "ada", marketId: "m1", eventType: HIDE }) { status } }',
  );
  await vi.waitFor(async () => {
    for (let request = 0; request < 4; request++)
      expect(await query('{ feed(userKey: "ada") { hero { market { id } } } }')).toEqual({
        data: { feed: { hero: null } },
      });
  }, 10_000);
}, 60_000);
