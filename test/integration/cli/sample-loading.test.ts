import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBackend } from '../../../src/app/backend.js';
import { incompleteSampleMs, loadSample } from '../../../src/cli/sample-data.js';
import { readSettings } from '../../../src/config/settings.js';
import { runCommand, startCommand } from '../../support/command.js';
import { createTestDatabase, queryDatabase } from '../../support/test-database.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'bellwether-sample-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('loadSample', () => {
  it('completes a load that was interrupted', async () => {
    const own = await createTestDatabase();
    const startMs = Date.UTC(2026, 5, 15, 12);
    let nowMs = startMs;
    const backend = await openBackend({
      settings: readSettings({ DATABASE_URL: own.url }),
      logger: pino({ level: 'silent' }),
      clock: () => nowMs,
    });
    const options = { seed: 1, users: 60, days: 14 };
    const stop = new AbortController();
    const stopped = loadSample(backend, startMs, options, {
      stop: stop.signal,
      onProgress: () => stop.abort('enough'),
    });
    await expect(stopped).rejects.toBe('enough');

    nowMs += 3_600_000;
    expect(await incompleteSampleMs(backend.store.markets, nowMs)).toBe(startMs);
    const { interactions } = await loadSample(backend, startMs, options);
    expect(await incompleteSampleMs(backend.store.markets, nowMs)).toBeUndefined();
    const [counted] = await queryDatabase(own.url, 'select count(*)::int as stored from interactions');
    expect(counted).toEqual({ stored: interactions });
    const [odd] = await queryDatabase(
      own.url,
      `select count(*)::int as odd from markets where source <> 'sample'`,
    );
    expect(odd).toEqual({ odd: 0 });
    await backend.close();
    await own.drop();
  });
});

it('serve loads the sample into the embedded database, completes an interrupted load, and shares it with commands', async () => {
  const env = { BELLWETHER_DATA_DIR: path.join(folder, 'data'), PORT: '0' };
  const interrupted = startCommand(['serve'], env);
  await interrupted.line(/loading the sample/);
  const stopsAtMs = Date.now();
  interrupted.child.kill('SIGINT');
  const early = await interrupted.finished;
  expect(early).toMatchObject({ code: 0, stderr: '' });
  expect(early.stdout).toContain('stopped');
  expect(early.stdout).not.toMatch(/loaded the sample|ready:/);
  expect(Date.now() - stopsAtMs).toBeLessThan(4_000);

  const gateway = startCommand(['serve'], env);
  await gateway.line(/completing it/);
  const [, url] = await gateway.line(/GraphQL at (http:\S+)\/graphql/);
  const feed = await runCommand(['feed', 'sample-politics-001', '--country', 'IL', '--limit', '5'], env);
  expect(feed).toMatchObject({ code: 0 });
  expect(feed.stdout).toContain('personalized, algorithm v2');
  expect(feed.stderr).toBe(`Using the embedded database in ${env.BELLWETHER_DATA_DIR}.\n`);
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  gateway.child.kill('SIGTERM');
  expect(await gateway.finished).toMatchObject({ code: 0, stderr: '' });

  const second = startCommand(['serve'], env);
  await second.line(/ready: GraphQL/);
  // As npm does: it forwards the Ctrl-C that the terminal has already sent to the whole group.
  second.child.kill('SIGINT');
  second.child.kill('SIGTERM');
  setTimeout(() => second.child.kill('SIGINT'), 20);
  const { code, stdout } = await second.finished;
  expect(code).toBe(0);
  expect(stdout).not.toMatch(/loading the sample|completing it/);
}, 180_000);
