import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand, startCommand } from '../support/command.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'bellwether-cli-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('help', () => {
  it.each([
    [['--help'], ['serve', 'import', 'feed', 'sample', 'migrate', 'schema']],
    [
      ['serve', '--help'],
      [
        'PORT',
        'HOST',
        'DATABASE_URL',
        'BELLWETHER_DATA_DIR',
        'BELLWETHER_CONFIG',
        'BELLWETHER_SAMPLE',
        'LOG_LEVEL',
      ],
    ],
    [
      ['import', '--help'],
      ['--format', '--as-of', '--prices', '--dry-run', 'gamma', 'manifold', 'csv', 'jsonl'],
    ],
    [
      ['feed', '--help'],
      ['--country', '--limit'],
    ],
    [
      ['sample', '--help'],
      ['--people', '--days', '--seed'],
    ],
    [
      ['migrate', '--help'],
      ['status', 'up'],
    ],
  ])('of %j names what there is', async (args, names) => {
    const { code, stdout } = await runCommand(args);
    expect(code).toBe(0);
    for (const name of names) expect(stdout).toContain(name);
  });

  it('is pointed to after an unknown command', async () => {
    const { code, stderr } = await runCommand(['sreve']);
    expect(code).toBe(1);
    expect(stderr).toContain('unknown command');
    expect(stderr).toContain('--help');
  });
});

describe('a set-up that has to be mended first ends with one sentence and no stack', () => {
  it.each([
    ['a wrong port', { PORT: '70000' }, /PORT must be a port number/],
    ['an address open to the network', { HOST: '0.0.0.0' }, /HOST=0\.0\.0\.0 .* no authentication/],
    ['production', { NODE_ENV: 'production' }, /NODE_ENV=production/],
    [
      'a ranking config that is not there',
      { BELLWETHER_CONFIG: '/nowhere.yaml' },
      /nowhere\.yaml cannot be read/,
    ],
    ['no server at DATABASE_URL', { DATABASE_URL: 'postgresql://u:secret@127.0.0.1:1/x' }, /127\.0\.0\.1/],
  ])('%s', async (_, env, sentence) => {
    const { code, stdout, stderr } = await runCommand(['serve'], env, folder);
    expect(code).toBe(1);
    expect(stderr).toMatch(sentence);
    expect(stdout + stderr).not.toMatch(/\n {4}at |secret/);
  });

  it('a port in use', async () => {
    const database = await createTestDatabase();
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as { port: number };
    const { code, stderr } = await runCommand(['serve'], { DATABASE_URL: database.url, PORT: String(port) });
    expect(code).toBe(1);
    expect(stderr).toMatch(new RegExp(`Port ${port} .* is in use`));
    await new Promise((resolve) => taken.close(resolve));
    await database.drop();
  });
});

describe('on a database of its own', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createTestDatabase('empty');
  });

  afterAll(() => database.drop());

  it('migrates, imports, and prints a feed as a table', async () => {
    const env = { DATABASE_URL: database.url };
    expect((await runCommand(['migrate', 'status'], env)).stdout).toMatch(/_init .*pending/);
    expect((await runCommand(['migrate', 'up'], env)).stdout).toMatch(/Applied \d+_init/);
    expect((await runCommand(['migrate', 'status'], env)).stdout).toMatch(/_init .*applied/);
    expect((await runCommand(['migrate', 'up'], env)).stdout).toContain('up to date');

    const none = await runCommand(['feed', 'ada'], env);
    expect(none).toMatchObject({ code: 1 });
    expect(none.stderr).toContain('bellwether sample');

    const lines = [
      {
        type: 'interaction',
        userKey: 'ada',
        marketId: 'm2',
        eventType: 'PARTICIPATE',
        occurredAt: '2026-01-02T00:00:00Z',
      },
      {
        type: 'market',
        id: 'm1',
        title: 'Will it rain?',
        category: 'Weather',
        createdAt: '2026-01-01T00:00:00Z',
      },
      {
        type: 'market',
        id: 'm2',
        title: 'Will it snow?',
        category: 'Winter',
        createdAt: '2026-01-01T00:00:00Z',
      },
      { type: 'market', id: 'm3', title: '', createdAt: '2026-01-01T00:00:00Z' },
    ];
    await writeFile(path.join(folder, 'in.jsonl'), lines.map((line) => JSON.stringify(line)).join('\n'));
    const args = ['import', 'in.jsonl', '--format', 'jsonl'];
    const tried = await runCommand([...args, '--dry-run'], env, folder);
    expect(tried.stdout).toMatch(/markets created\s*│\s*2/);
    expect((await runCommand(['feed', 'ada'], env)).code).toBe(1);

    const imported = await runCommand(args, env, folder);
    expect(imported).toMatchObject({ code: 0 });
    expect(imported.stdout).toMatch(/markets created\s*│\s*2/);
    expect(imported.stdout).toMatch(/interactions recorded\s*│\s*1/);
    expect(await readFile(path.join(folder, 'in.jsonl.rejects.jsonl'), 'utf8')).toMatch(/"line":4,.*title/);

    const again = await runCommand(args, env, folder);
    expect(again.stdout).toMatch(/markets unchanged\s*│\s*2/);
    expect(again.stdout).toMatch(/interactions known already\s*│\s*1/);

    const feed = await runCommand(['feed', 'ada', '--country', 'il'], env);
    expect(feed.stdout).toContain('Feed of ada: personal, algorithm v1');
    expect(feed.stdout.indexOf('Will it snow?')).toBeLessThan(feed.stdout.indexOf('Will it rain?'));
    expect(feed.stdout.indexOf('Will it snow?')).toBeGreaterThan(0);
  });

  it('never loads the sample into a database that is not its own', async () => {
    const own = await createTestDatabase('empty');
    const gateway = startCommand(['serve'], { DATABASE_URL: own.url, PORT: '0' });
    const [, url] = await gateway.line(/GraphQL at (http:\S+)\/graphql/);
    const ready = (await (await fetch(`${url}/readyz`)).json()) as {
      checks: { catalogue: { detail: object } };
    };
    expect(ready.checks.catalogue.detail).toMatchObject({ openMarkets: 0 });
    gateway.child.kill('SIGTERM');
    expect((await gateway.finished).code).toBe(0);
    await own.drop();
  });
});

it('serves the sample on an embedded database, shares it with a command, and stops cleanly', async () => {
  const env = { BELLWETHER_DATA_DIR: path.join(folder, 'data'), PORT: '0' };
  const gateway = startCommand(['serve'], env);
  const [, url] = await gateway.line(/GraphQL at (http:\S+)\/graphql/);
  const beside = await runCommand(['feed', 'sample-politics-001', '--country', 'IL', '--limit', '5'], env);
  expect(beside).toMatchObject({ code: 0 });
  expect(beside.stdout).toContain('personal, algorithm v1');
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  gateway.child.kill('SIGTERM');
  expect(await gateway.finished).toMatchObject({ code: 0, stderr: '' });

  const second = startCommand(['serve'], env);
  await second.line(/ready: GraphQL/);
  second.child.kill('SIGINT');
  const { code, stdout } = await second.finished;
  expect(code).toBe(0);
  expect(stdout).not.toContain('loading the sample');
}, 90_000);
