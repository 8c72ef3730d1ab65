import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openBackend, type Backend } from '../../../src/app/backend.js';
import { startGateway, type Gateway } from '../../../src/app/gateway.js';
import { readSettings } from '../../../src/config/settings.js';
import { runCommand } from '../../support/command.js';
import { addApiKey } from '../../support/callers.js';
import { createTestDatabase, type TestDatabase } from '../../support/test-database.js';
import { postGraphQL } from '../../support/test-http-server.js';

/** Time within which every replica must apply a change of the keys. */
const WITHIN_MS = 5_000;

let database: TestDatabase;
const replicas: { backend: Backend; gateway: Gateway }[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  for (let replica = 0; replica < 2; replica++) {
    const options = {
      settings: readSettings({ DATABASE_URL: database.url, PORT: '0', NODE_ENV: 'test' }),
      logger: pino({ level: 'silent' }),
      clock: Date.now,
    };
    const backend = await openBackend(options);
    replicas.push({ backend, gateway: await startGateway(backend, options) });
  }
});
afterAll(async () => {
  for (const { backend, gateway } of replicas) {
    await gateway.stop();
    await backend.close();
  }
  await database.drop();
});

const bellwether = (...args: string[]) => runCommand(args, { DATABASE_URL: database.url });

const statuses = (key?: string) =>
  Promise.all(
    replicas.map(async ({ gateway }) => {
      const headers = key === undefined ? {} : { 'x-api-key': key };
      const accept = 'application/graphql-response+json';
      return (await postGraphQL(gateway.url, { query: '{ jobs { name } }' }, { accept, ...headers })).status;
    }),
  );

/** Awaits the statuses of both replicas, and returns after how many milliseconds they had them. */
async function msUntil(expected: number[], key?: string): Promise<number> {
  const startedMs = performance.now();
  await vi.waitFor(async () => expect(await statuses(key)).toEqual(expected), {
    ...{ timeout: 2 * WITHIN_MS, interval: 50 },
  });
  return performance.now() - startedMs;
}

describe('two replicas on a loopback address', () => {
  it('are open until a key is created, accept it, and reject it within 5 seconds after it is revoked', async () => {
    expect(await statuses()).toEqual([200, 200]);
    const created = await bellwether('keys', 'create', 'site backend', '--role', 'ADMIN');
    expect([created.code, created.stderr]).toMatchObject([
      0,
      expect.stringMatching(/Created the key \w{12} /),
    ]);
    const key = created.stdout.trim();
    expect(key).toMatch(/^bwk_[0-9a-f]{56}$/);
    expect(await msUntil([401, 401])).toBeLessThan(WITHIN_MS);
    expect(await msUntil([200, 200], key)).toBeLessThan(WITHIN_MS);

    const [listed] = (await bellwether('keys', 'list', '--json')).stdout.trim().split('\n');
    const { id, ...row } = JSON.parse(listed ?? '') as { id: string };
    expect(row).toEqual({
      ...{ name: 'site backend', role: 'ADMIN', ending: key.slice(-4), revokedAt: null },
      createdAt: expect.any(String) as string,
    });
    expect((await bellwether('keys', 'list')).stdout).toMatch(new RegExp(`${id}.*site backend.*ADMIN`));

    expect(await bellwether('keys', 'revoke', id)).toMatchObject({ code: 0 });
    expect(await msUntil([401, 401], key)).toBeLessThan(WITHIN_MS);
    expect(await statuses()).toEqual([401, 401]);
    expect(await bellwether('keys', 'revoke', id)).toMatchObject({
      ...{ code: 1, stderr: expect.stringContaining('There is no valid key with the id') as string },
    });
  }, 60_000);

  it('read the keys once per second, not once per request', async () => {
    const [first] = replicas;
    if (first === undefined) throw new Error('There is no replica.');
    const { key } = await addApiKey(first, 'MONITOR');
    const list = vi.spyOn(first.backend.store.apiKeys, 'list');
    for (let request = 0; request < 50; request++) await statuses(key);
    expect(list).not.toHaveBeenCalled();
  });
});
