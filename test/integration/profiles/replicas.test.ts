import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { runCommand, startCommand, type RunningCommand } from '../../support/command.js';
import { hasRedisServer, startRedisServer, type RedisServer } from '../../support/redis-server.js';
import { startTestGateway, type TestGateway } from '../../support/test-gateway.js';

const TRIES = 200;
/** Generous, but far below the TTL of a cached profile. */
const VISIBLE_WITHIN_MS = 2_000;

/** A gateway, in this process or another. */
interface Replica {
  readonly url: string;
}

interface SecondReplica extends Replica {
  readonly command: RunningCommand;
}

async function ask(replica: Replica, query: string): Promise<Record<string, unknown>> {
  const response = await fetch(`${replica.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  const { data, errors } = (await response.json()) as { data?: Record<string, unknown>; errors?: unknown };
  if (!data) throw new Error(JSON.stringify(errors));
  return data;
}

async function track(replica: Replica, userKey: string, eventType = 'HIDE'): Promise<void> {
  const data = await ask(
    replica,
    `mutation { trackInteraction(input: { userKey: "${userKey}", marketId: "m1", eventType: ${eventType} }) { status } }`,
  );
  expect(data).toEqual({ trackInteraction: { status: 'RECORDED' } });
}

/** Returns the ids of the markets in a user's feed. */
async function feedOf(replica: Replica, userKey: string): Promise<string[]> {
  const card = '{ market { id } }';
  const data = await ask(
    replica,
    `{ feed(userKey: "${userKey}") { hero ${card} grid ${card} stream ${card} } }`,
  );
  return [...JSON.stringify(data).matchAll(/"id":"(.*?)"/g)].flatMap(([, id]) => id ?? []).sort();
}

/** Returns the time in milliseconds until a user's feed no longer contains the hidden market. */
async function hiddenAfterMs(replica: Replica, userKey: string): Promise<number> {
  const startMs = performance.now();
  while ((await feedOf(replica, userKey)).includes('m1')) {
    if (performance.now() - startMs > 2 * VISIBLE_WITHIN_MS)
      throw new Error('The hidden market stays in the feed.');
  }
  return performance.now() - startMs;
}

async function startSecond(env: Readonly<Record<string, string>>): Promise<SecondReplica> {
  const command = startCommand(['serve'], { PORT: '0', ...env });
  const [, url = ''] = await command.line(/GraphQL at (http:\S+)\/graphql/);
  return { url, command };
}

async function stop({ command }: SecondReplica): Promise<void> {
  command.child.kill('SIGTERM');
  expect(await command.finished).toMatchObject({ code: 0, stderr: '' });
}

function shareProfiles(bus: 'PostgreSQL' | 'Redis'): void {
  let redis: RedisServer | undefined;
  let first: TestGateway;
  let second: SecondReplica;
  let env: Record<string, string>;

  beforeAll(async () => {
    redis = bus === 'Redis' ? await startRedisServer() : undefined;
    const busEnv: Record<string, string> = redis === undefined ? {} : { REDIS_URL: redis.url };
    first = await startTestGateway(busEnv);
    await first.addMarkets({ id: 'm1' }, { id: 'm2' }, { id: 'm3' });
    env = { DATABASE_URL: first.databaseUrl, ...busEnv };
    second = await startSecond(env);
  });

  afterAll(async () => {
    await stop(second);
    await first.close();
    await redis?.close();
  });

  it(`apply an event to the feed of the other replica, ${TRIES} times`, async () => {
    const tookMs: number[] = [];
    for (let index = 0; index < TRIES; index++) {
      const [from, to]: Replica[] = index % 2 === 0 ? [first, second] : [second, first];
      if (from === undefined || to === undefined) throw new Error('There are two replicas.');
      const userKey = `${bus} ${index}`;
      expect(await feedOf(to, userKey)).toEqual(['m1', 'm2', 'm3']);
      await track(from, userKey);
      expect(await feedOf(from, userKey)).toEqual(['m2', 'm3']);
      tookMs.push(await hiddenAfterMs(to, userKey));
    }
    tookMs.sort((a, b) => a - b);
    const [p50, p99] = [0.5, 0.99].map((share) => tookMs[Math.ceil(share * TRIES) - 1] ?? NaN);
    process.stdout.write(
      `An event is visible on another replica, over ${bus}: p50 ${p50?.toFixed(1)} ms, p99 ${p99?.toFixed(1)} ms\n`,
    );
    expect(Math.max(...tookMs)).toBeLessThan(VISIBLE_WITHIN_MS);
  }, 60_000);

  it('count each event once when both record events of a user concurrently', async () => {
    const userKey = `${bus} both`;
    await Promise.all(
      Array.from({ length: 40 }, (_, index) => track(index % 2 === 0 ? first : second, userKey, 'CLICK')),
    );
    for (const replica of [first, second]) {
      await vi.waitFor(
        async () =>
          expect(await ask(replica, `{ userProfile(userKey: "${userKey}") { totalInteractions } }`)).toEqual({
            userProfile: { totalInteractions: 40 },
          }),
        { timeout: VISIBLE_WITHIN_MS, interval: 5 },
      );
    }
  });

  it('continue when one is killed and another replaces it', async () => {
    const userKey = `${bus} restart`;
    expect(await feedOf(second, userKey)).toEqual(['m1', 'm2', 'm3']);
    const exit = once(second.command.child, 'exit');
    second.command.child.kill('SIGKILL');
    await exit;
    await track(first, userKey);
    second = await startSecond(env);
    expect(await feedOf(second, userKey)).toEqual(['m2', 'm3']);
    await track(second, userKey, 'UNHIDE');
    await vi.waitFor(async () => expect(await feedOf(first, userKey)).toContain('m1'), {
      timeout: VISIBLE_WITHIN_MS,
      interval: 5,
    });
    await track(first, userKey);
    await hiddenAfterMs(second, userKey);
  });

  it('apply the changes of a command', async () => {
    const userKey = `${bus} import`;
    for (const replica of [first, second]) expect(await feedOf(replica, userKey)).toContain('m1');
    const folder = await mkdtemp(path.join(tmpdir(), 'bellwether-replicas-'));
    const event = { userKey, marketId: 'm1', eventType: 'HIDE', occurredAt: '2026-01-02T00:00:00Z' };
    await writeFile(path.join(folder, 'in.jsonl'), JSON.stringify({ type: 'interaction', ...event }));
    const imported = await runCommand(['import', 'in.jsonl', '--format', 'jsonl'], env, folder);
    expect(imported.code, imported.stderr).toBe(0);
    for (const replica of [first, second]) await hiddenAfterMs(replica, userKey);
    await rm(folder, { recursive: true });
  });
}

describe('two replicas on one database', () => shareProfiles('PostgreSQL'));

describe.skipIf(!hasRedisServer)(
  'two replicas on one database with Redis (skipped without redis-server)',
  () => shareProfiles('Redis'),
);
