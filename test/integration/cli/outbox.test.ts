import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand, startCommand } from '../../support/command.js';
import { createTestDatabase, type TestDatabase } from '../../support/test-database.js';

let database: TestDatabase;
let client: Client;
let folder: string;
let env: Record<string, string>;

beforeAll(async () => {
  database = await createTestDatabase();
  client = new Client({ connectionString: database.url });
  await client.connect();
  folder = await mkdtemp(path.join(tmpdir(), 'bellwether-outbox-'));
  const config = path.join(folder, 'ranking.yaml');
  // An unreachable sink delivers nothing during the test.
  await writeFile(config, 'sinks: [{ name: stream, type: nats, servers: ["127.0.0.1:1"] }]\n');
  env = { DATABASE_URL: database.url, BELLWETHER_CONFIG: config, PORT: '0', NODE_ENV: 'test' };
  await client.query(
    `insert into outbox (sink, user_key, event, recorded_at)
     select sink, 'ann', '{}', '2026-06-15T12:00:00Z' from unnest('{stream,renamed,renamed}'::text[]) sink`,
  );
});

afterAll(async () => {
  await client.end();
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

const backlog = async () => {
  const { rows } = await client.query<{ sink: string }>('select sink from outbox order by seq');
  return rows.map(({ sink }) => sink);
};

describe('bellwether outbox', () => {
  it('lists the sinks as a table and as JSON', async () => {
    const { code, stdout } = await runCommand(['outbox', 'list'], env);
    expect(code).toBe(0);
    expect(stdout).toMatch(/stream +│ yes +│ +1 │/);
    expect(stdout).toMatch(/renamed +│ no +│ +2 │ +0\.0 MB │ 2026-06-15 12:00:00/);
    const json = (await runCommand(['outbox', 'list', '--json'], env)).stdout.trim().split('\n');
    expect(json.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { name: 'stream', configured: true, events: 1 },
      { name: 'renamed', configured: false, events: 2 },
    ]);
  });

  it('logs a warning about removed sinks at the start, and shows them to staff', async () => {
    const serve = startCommand(['serve', '--no-jobs'], { ...env, LOG_LEVEL: 'info' });
    try {
      await serve.line(/"renamed".*events for sinks that are not in the config/);
      const [, url = ''] = await serve.line(/(http:\/\/127\.0\.0\.1:\d+)/);
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          query: '{ sinks { name configured events isEstimate oldestAt lagSeconds } }',
        }),
      });
      expect(await response.json()).toMatchObject({
        data: {
          sinks: [
            { name: 'stream', configured: true, events: 1, isEstimate: false },
            { name: 'renamed', configured: false, events: 2, oldestAt: '2026-06-15T12:00:00.000Z' },
          ],
        },
      });
    } finally {
      serve.child.kill('SIGTERM');
      await serve.finished;
    }
  });

  it('drops nothing without --yes, for a configured sink, or for one without events', async () => {
    const preview = await runCommand(['outbox', 'drop', 'renamed'], env);
    expect(preview).toMatchObject({ code: 0 });
    expect(preview.stdout).toContain('"renamed" has 2 undelivered events (0.0 MB)');
    expect(preview.stdout).toContain('bellwether outbox drop renamed --yes');
    const configured = await runCommand(['outbox', 'drop', 'stream', '--yes'], env);
    expect(configured.code).toBe(1);
    expect(configured.stderr).toContain('--force');
    const unknown = await runCommand(['outbox', 'drop', 'nothing', '--yes'], env);
    expect(unknown.code).toBe(1);
    expect(unknown.stderr).toContain('There are no undelivered events for a sink named "nothing".');
    expect(await backlog()).toEqual(['stream', 'renamed', 'renamed']);
  });

  it('drops the events of a sink', async () => {
    const { code, stdout } = await runCommand(['outbox', 'drop', 'renamed', '--yes'], env);
    expect([code, stdout.trim()]).toEqual([0, 'Deleted 2 events of "renamed".']);
    expect(await backlog()).toEqual(['stream']);
    expect((await runCommand(['outbox', 'drop', 'stream', '--yes', '--force'], env)).code).toBe(0);
    expect(await backlog()).toEqual([]);
  });
});
