import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand, startCommand } from '../../support/command.js';
import { createTestDatabase, queryDatabase, type TestDatabase } from '../../support/test-database.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'bellwether-cli-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('help', () => {
  it.each([
    [['--help'], ['serve', 'import', 'feed', 'sample', 'profile', 'events', 'migrate', 'schema']],
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
      ['--users', '--days', '--seed'],
    ],
    [
      ['migrate', '--help'],
      ['status', 'up'],
    ],
  ])('of %j lists %j', async (args, names) => {
    const { code, stdout } = await runCommand(args);
    expect(code).toBe(0);
    for (const name of names) expect(stdout).toContain(name);
  });

  it('is mentioned after an unknown command', async () => {
    // A misspelled `serve`.
    const { code, stderr } = await runCommand(['sreve']);
    expect(code).toBe(1);
    expect(stderr).toContain('unknown command');
    expect(stderr).toContain('--help');
  });
});

describe('serve fails with one sentence and no stack trace for', () => {
  it.each([
    ['an invalid port', { PORT: '70000' }, /PORT must be a port number/],
    ['an address open to the network', { HOST: '0.0.0.0' }, /HOST=0\.0\.0\.0 .* no authentication/],
    ['production without authentication', { NODE_ENV: 'production' }, /NODE_ENV=production requires/],
    ['a missing ranking config', { BELLWETHER_CONFIG: '/nowhere.yaml' }, /nowhere\.yaml cannot be read/],
    [
      'a DATABASE_URL without a server',
      { DATABASE_URL: 'postgresql://u:secret@127.0.0.1:1/x' },
      /127\.0\.0\.1/,
    ],
  ])('%s', async (_, env, sentence) => {
    const { code, stdout, stderr } = await runCommand(['serve'], env, folder);
    expect(code).toBe(1);
    expect(stderr).toMatch(sentence);
    expect(stdout + stderr).not.toMatch(/\n {4}at |secret/);
  });

  it('a missing key file of a sink, although the database is already open', async () => {
    const database = await createTestDatabase();
    const config = path.join(folder, 'sink.yaml');
    const sink = '{ name: w, type: bigquery, project: p, dataset: d, table: t, keyFile: /nowhere.json }';
    await writeFile(config, `sinks: [${sink}]`);
    const env = { DATABASE_URL: database.url, BELLWETHER_CONFIG: config, PORT: '0' };
    const { code, stderr } = await runCommand(['serve'], env);
    expect(code).toBe(1);
    expect(stderr).toMatch(/nowhere\.json cannot be read/);
    await database.drop();
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

describe('a command with DATABASE_URL', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createTestDatabase('empty');
  });

  afterAll(() => database.drop());

  it('migrates an empty database, imports a file, and prints a feed as a table or JSON', async () => {
    const env = { DATABASE_URL: database.url };
    const { host, pathname } = new URL(database.url);
    const usingDatabase = `Using the database ${pathname.slice(1)} at ${host}.\n`;
    const before = await runCommand(['migrate', 'status'], env);
    expect(before.stdout).toMatch(/_init .*pending/);
    expect(before.stderr).toBe(usingDatabase);
    const up = await runCommand(['migrate', 'up'], env);
    expect(up.stdout).toMatch(/Applied \d+_init/);
    expect(up.stderr).toBe(usingDatabase);
    expect((await runCommand(['migrate', 'status'], env)).stdout).toMatch(/_init .*applied/);
    expect((await runCommand(['migrate', 'up'], env)).stdout).toContain('up to date');

    const withoutMarkets = await runCommand(['feed', 'ada'], env);
    expect(withoutMarkets).toMatchObject({ code: 1 });
    expect(withoutMarkets.stderr).toContain('bellwether sample');
    expect(withoutMarkets.stderr).toContain(usingDatabase);

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
    const dryRun = await runCommand([...args, '--dry-run'], env, folder);
    expect(dryRun.stdout).toMatch(/markets created\s*│\s*2/);
    expect((await runCommand(['feed', 'ada'], env)).code).toBe(1);

    const imported = await runCommand(args, env, folder);
    expect(imported).toMatchObject({ code: 0 });
    expect(imported.stdout).toMatch(/markets created\s*│\s*2/);
    expect(imported.stdout).toMatch(/interactions recorded\s*│\s*1/);
    expect(await readFile(path.join(folder, 'in.jsonl.rejects.jsonl'), 'utf8')).toMatch(/"line":4,.*title/);

    const repeated = await runCommand(args, env, folder);
    expect(repeated.stdout).toMatch(/markets unchanged\s*│\s*2/);
    expect(repeated.stdout).toMatch(/duplicate interactions\s*│\s*1/);

    const feed = await runCommand(['feed', 'ada', '--country', 'il'], env);
    expect(feed.stdout).toContain('Feed of ada: personalized, algorithm v2');
    expect(feed.stdout.indexOf('Will it snow?')).toBeLessThan(feed.stdout.indexOf('Will it rain?'));
    expect(feed.stdout.indexOf('Will it snow?')).toBeGreaterThan(0);

    const json = await runCommand(['feed', 'ada', '--country', 'il', '--json', '--explain'], env);
    expect(JSON.parse(json.stdout)).toMatchObject({
      personalized: true,
      hero: { rank: 1, market: { id: 'm2', title: 'Will it snow?' } },
      explanation: { items: [{ item: { rank: 1 } }, { item: { rank: 2 } }] },
    });
  }, 60_000);

  it.each([
    [['--country', 'UK'], /country .*ISO 3166-1/],
    [['--limit', '0'], /whole number from 1 to 100/],
    [['--limit', 'ten'], /whole number from 1 to 100/],
  ])('rejects the feed options %j with one sentence and no stack trace', async (flags, sentence) => {
    const { code, stderr } = await runCommand(['feed', 'ada', ...flags], { DATABASE_URL: database.url });
    expect(code).toBe(1);
    expect(stderr).toMatch(sentence);
    expect(stderr).not.toMatch(/\n {4}at /);
  });

  it('serves and reports ready when the trends job fails', async () => {
    const ownDatabase = await createTestDatabase();
    await queryDatabase(
      ownDatabase.url,
      `create function reject() returns trigger language plpgsql as $$ begin raise 'not now'; end $$;
       create trigger reject before insert or delete on trending_scopes
         for each statement execute function reject()`,
    );
    const gateway = startCommand(['serve'], { DATABASE_URL: ownDatabase.url, PORT: '0' });
    const [, url] = await gateway.line(/GraphQL at (http:\S+)\/graphql/);
    await gateway.line(/"job":"trends".*job run failed/);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    gateway.child.kill('SIGTERM');
    expect((await gateway.finished).code).toBe(0);
    await ownDatabase.drop();
  });

  it('does not load the sample into the database of DATABASE_URL', async () => {
    const ownDatabase = await createTestDatabase('empty');
    const gateway = startCommand(['serve'], { DATABASE_URL: ownDatabase.url, PORT: '0' });
    const [, url] = await gateway.line(/GraphQL at (http:\S+)\/graphql/);
    const ready = (await (await fetch(`${url}/readyz`)).json()) as {
      checks: { catalog: { detail: object } };
    };
    expect(ready.checks.catalog.detail).toMatchObject({ openMarkets: 0 });
    gateway.child.kill('SIGTERM');
    expect((await gateway.finished).code).toBe(0);
    await ownDatabase.drop();
  });
});
