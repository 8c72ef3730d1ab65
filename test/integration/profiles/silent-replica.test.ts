import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { startCommand, type RunningCommand } from '../../support/command.js';
import { commitWithoutPublishing } from '../../support/commit-without-publishing.js';
import { startTestGateway, type TestGateway } from '../../support/test-gateway.js';

/** A few polls, and far below the TTL of a cached profile. */
const SOON_MS = 5_000;

/** Reaches the database, but no other replica. */
let silent: TestGateway;
let replica: RunningCommand;
let url: string;

beforeAll(async () => {
  silent = await startTestGateway({ REDIS_URL: 'redis://127.0.0.1:1' });
  await silent.addMarkets({ id: 'm1' });
  replica = startCommand(['serve', '--no-jobs'], { PORT: '0', DATABASE_URL: silent.databaseUrl });
  [, url = ''] = await replica.line(/GraphQL at (http:\S+)\/graphql/);
});

afterAll(async () => {
  replica.child.kill('SIGTERM');
  await replica.finished;
  await silent.close();
});

async function totalOf(userKey: string): Promise<number> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: `{ userProfile(userKey: "${userKey}") { totalInteractions } }` }),
  });
  const { data } = (await response.json()) as { data: { userProfile: { totalInteractions: number } } };
  return data.userProfile.totalInteractions;
}

const shows = (userKey: string, total: number) =>
  vi.waitFor(async () => expect(await totalOf(userKey)).toBe(total), { timeout: SOON_MS, interval: 50 });

it('applies the events of a replica that cannot publish', async () => {
  const { tracking } = silent.backend.services;
  expect(await totalOf('ada')).toBe(0);
  for (let total = 1; total <= 3; total++) {
    await tracking.track({ userKey: 'ada', marketId: 'm1', eventType: 'CLICK' });
    await shows('ada', total);
  }
});

it('applies the event of a replica that ended between its commit and its message', async () => {
  const event = { userKey: 'ben', marketId: 'm1', eventType: 'CLICK', clientEventId: null } as const;
  await commitWithoutPublishing(silent.databaseUrl, event);
  await shows('ben', 1);
  await commitWithoutPublishing(silent.databaseUrl, event);
  await shows('ben', 2);
});

it('applies a rebuild by a replica that cannot publish', async () => {
  const { tracking } = silent.backend.services;
  await tracking.track({ userKey: 'cleo', marketId: 'm1', eventType: 'CLICK' });
  await shows('cleo', 1);
  await silent.backend.history.importAll([{ userKey: 'cleo', marketId: 'm1', eventType: 'CLICK' }]);
  await silent.backend.rebuildProfile('cleo');
  await shows('cleo', 2);
});
