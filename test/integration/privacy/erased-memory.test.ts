import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { startCommand, type RunningCommand } from '../../support/command.js';
import { createTestDatabase, type TestDatabase } from '../../support/test-database.js';

interface Replica {
  readonly url: string;
  readonly command: RunningCommand;
  /** Folder of its heap snapshots. */
  readonly folder: string;
}

let database: TestDatabase;
let replicas: Replica[];

async function startReplica(): Promise<Replica> {
  const folder = await mkdtemp(path.join(tmpdir(), 'bellwether-heap-'));
  const env = { DATABASE_URL: database.url, PORT: '0' };
  const command = startCommand(['serve', '--no-jobs'], env, folder, ['--heapsnapshot-signal=SIGUSR2']);
  const [, url = ''] = await command.line(/GraphQL at (http:\S+)\/graphql/);
  return { url, command, folder };
}

beforeAll(async () => {
  database = await createTestDatabase();
  replicas = [await startReplica(), await startReplica()];
}, 60_000);

afterAll(async () => {
  for (const { command, folder } of replicas) {
    command.child.kill('SIGTERM');
    await command.finished;
    await rm(folder, { recursive: true });
  }
  await database.drop();
});

async function ask({ url }: Replica, query: string, variables: Record<string, unknown>): Promise<unknown> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close' },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = (await response.json()) as { data?: unknown; errors?: unknown };
  if (errors !== undefined) throw new Error(JSON.stringify(errors));
  return data;
}

/** Returns whether a text is on the heap of a process, after a garbage collection. */
async function holds({ command, folder }: Replica, text: string): Promise<boolean> {
  command.child.kill('SIGUSR2');
  const file = await vi.waitFor(
    async () => {
      const [name] = (await readdir(folder)).filter((entry) => entry.endsWith('.heapsnapshot'));
      if (name === undefined) throw new Error('There is no snapshot yet.');
      const { size } = await stat(path.join(folder, name));
      const tail = await lastBytes(path.join(folder, name), size);
      if (!tail.trimEnd().endsWith('}')) throw new Error('The snapshot is not complete yet.');
      return path.join(folder, name);
    },
    { timeout: 60_000, interval: 200 },
  );
  let [before, found] = ['', false];
  for await (const chunk of createReadStream(file, 'utf8') as AsyncIterable<string>) {
    found ||= (before + chunk).includes(text);
    before = chunk.slice(-text.length);
  }
  await rm(file);
  return found;
}

async function lastBytes(file: string, size: number): Promise<string> {
  let text = '';
  for await (const chunk of createReadStream(file, { encoding: 'utf8', start: Math.max(0, size - 16) })) {
    text += chunk as string;
  }
  return text;
}

it('an erased user is in the memory of neither replica', async () => {
  const userKey = `canary-${randomBytes(8).toString('hex')}`;
  const [first, second] = replicas as [Replica, Replica];
  await ask(
    first,
    'mutation ($markets: [MarketInput]!) { upsertMarkets(input: { markets: $markets }) { results { status } } }',
    { markets: [{ id: 'm1', title: 'Will it rain?', category: 'Weather' }] },
  );
  const use = async (replica: Replica): Promise<void> => {
    const input = { userKey, marketId: 'm1', eventType: 'CLICK' };
    const track = 'mutation ($input: TrackInteractionInput!) { trackInteraction(input: $input) { status } }';
    await vi.waitFor(() => ask(replica, track, { input }), { timeout: 5_000 });
    const feed =
      'query ($userKey: String!) { feed(userKey: $userKey) { id } userProfile(userKey: $userKey) { id } }';
    await ask(replica, feed, { userKey });
  };
  for (const replica of replicas) await use(replica);
  for (const replica of replicas) expect(await holds(replica, userKey)).toBe(true);
  const erase = 'mutation ($userKey: String!) { eraseUser(input: { userKey: $userKey }) { erasedUserKey } }';
  await ask(second, erase, { userKey });
  for (const replica of replicas) {
    await vi.waitFor(
      async () => {
        // A request that ended, and its timers, may be referenced until later ones end.
        await ask(replica, '{ viewer { id } }', {});
        expect(await holds(replica, userKey)).toBe(false);
      },
      { timeout: 60_000, interval: 1_000 },
    );
  }
}, 180_000);
