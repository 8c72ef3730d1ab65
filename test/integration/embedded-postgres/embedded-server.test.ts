import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { startEmbeddedServer } from '../../../src/embedded-postgres/embedded-server.js';
import { OperatorError } from '../../../src/lib/errors.js';
import { queryDatabase } from '../../support/test-database.js';

const logger = pino({ level: 'silent' });
const program = fileURLToPath(new URL('../../support/database-process.ts', import.meta.url));

let dataDir: string;
const children: ChildProcess[] = [];

beforeAll(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'bellwether-embedded-'));
  const server = await startEmbeddedServer({ dataDir, logger });
  await queryDatabase(server.url, 'CREATE TABLE notes (text text)');
  await server.close();
});

afterAll(() => rm(dataDir, { recursive: true, force: true }));

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  if (!(await isRunning())) return;
  const leftBehind = await startEmbeddedServer({ dataDir, logger });
  await queryDatabase(leftBehind.url, 'DELETE FROM notes');
  await leftBehind.close();
});

interface Started {
  readonly url: string;
  readonly freshlyCreated: boolean;
}

async function serve(folder = dataDir) {
  const child = fork(program, ['serve', folder], { execArgv: [], detached: true });
  children.push(child);
  const [started] = (await once(child, 'message')) as [Started];
  const leave = async () => {
    child.send('leave');
    const [exitCode] = (await once(child, 'exit')) as [number];
    expect(exitCode).toBe(0);
  };
  /** Kills the process and its process group, as closing a terminal does. */
  const kill = async () => {
    process.kill(-(child.pid ?? 0), 'SIGKILL');
    await once(child, 'exit');
  };
  return { ...started, leave, kill };
}

async function isRunning(): Promise<boolean> {
  return access(path.join(dataDir, 'postgres/data/postmaster.pid')).then(
    () => true,
    () => false,
  );
}

async function serverPid(): Promise<number> {
  return Number((await readFile(path.join(dataDir, 'postgres/data/postmaster.pid'), 'utf8')).split('\n')[0]);
}

describe('the embedded server', () => {
  it('is shared by processes, and stopped by the last one', async () => {
    const first = await serve();
    const second = await serve();
    expect(second.url).toBe(first.url);
    await first.leave();
    expect(await queryDatabase(second.url, 'SELECT * FROM notes')).toEqual([]);
    await second.leave();
    expect(await isRunning()).toBe(false);
  });

  it('keeps running when the process that started it is killed', async () => {
    const first = await serve();
    const second = await serve();
    await first.kill();
    await queryDatabase(second.url, `INSERT INTO notes VALUES ('still there')`);
    expect(await queryDatabase(second.url, 'DELETE FROM notes RETURNING text')).toEqual([
      { text: 'still there' },
    ]);
    await second.leave();
    expect(await isRunning()).toBe(false);
  });

  it('is joined again after every process that used it was killed', async () => {
    const killed = await serve();
    await queryDatabase(killed.url, `INSERT INTO notes VALUES ('found')`);
    await killed.kill();
    const pid = await serverPid();
    const next = await serve();
    expect(await serverPid()).toBe(pid);
    expect(await queryDatabase(next.url, 'SELECT text FROM notes')).toEqual([{ text: 'found' }]);
    await queryDatabase(next.url, 'DELETE FROM notes');
    await next.leave();
    expect(await isRunning()).toBe(false);
  });

  it('keeps its data across a restart', async () => {
    const before = await startEmbeddedServer({ dataDir, logger });
    await queryDatabase(before.url, `INSERT INTO notes VALUES ('kept')`);
    await before.close();
    expect(await isRunning()).toBe(false);
    const after = await startEmbeddedServer({ dataDir, logger });
    expect(after.freshlyCreated).toBe(false);
    expect(await queryDatabase(after.url, 'SELECT text FROM notes')).toEqual([{ text: 'kept' }]);
    await queryDatabase(after.url, 'DELETE FROM notes');
    await after.close();
  });

  it('is created once when processes start at the same time, readable only by its owner', async () => {
    const folder = path.join(dataDir, 'new');
    const both = await Promise.all([serve(folder), serve(folder)]);
    expect(new Set(both.map(({ url }) => url)).size).toBe(1);
    expect(both.filter(({ freshlyCreated }) => freshlyCreated)).toHaveLength(1);
    expect((await stat(path.join(folder, 'postgres/password'))).mode & 0o777).toBe(0o600);
    expect((await stat(path.join(folder, 'postgres/data'))).mode & 0o777).toBe(0o700);
    await Promise.all(both.map(({ leave }) => leave()));
  });

  it('can be joined while the last process is leaving', async () => {
    let current = await startEmbeddedServer({ dataDir, logger });
    for (let turn = 0; turn < 5; turn += 1) {
      const [, next] = await Promise.all([current.close(), startEmbeddedServer({ dataDir, logger })]);
      expect(await queryDatabase(next.url, 'SELECT * FROM notes')).toEqual([]);
      current = next;
    }
    await current.close();
    expect(await isRunning()).toBe(false);
  });

  it('is restarted on the same port when it is killed', async () => {
    const server = await startEmbeddedServer({ dataDir, logger });
    const pid = await serverPid();
    process.kill(pid, 'SIGKILL');
    await vi.waitFor(async () => expect(await serverPid()).not.toBe(pid), 10_000);
    await vi.waitFor(
      async () => expect(await queryDatabase(server.url, 'SELECT * FROM notes')).toEqual([]),
      10_000,
    );
    await server.close();
    expect(await isRunning()).toBe(false);
  });

  it.runIf(process.platform === 'linux')(
    'starts when its stale pid file has the id of another program',
    async () => {
      const pidFile = path.join(dataDir, 'postgres/data/postmaster.pid');
      const lines = [process.pid, path.join(dataDir, 'postgres/data'), 1, 1, '', '127.0.0.1', '', 'ready'];
      await writeFile(pidFile, `${lines.join('\n')}\n`);
      const server = await startEmbeddedServer({ dataDir, logger });
      expect(await queryDatabase(server.url, 'SELECT * FROM notes')).toEqual([]);
      await server.close();
    },
  );

  it('writes commits to disk, and listens only on 127.0.0.1', async () => {
    const server = await startEmbeddedServer({ dataDir, logger });
    const names = `'fsync', 'synchronous_commit', 'full_page_writes', 'listen_addresses', 'server_encoding'`;
    const rows = await queryDatabase(
      server.url,
      `SELECT name, setting FROM pg_settings WHERE name IN (${names}) ORDER BY 1`,
    );
    expect(rows).toEqual([
      { name: 'fsync', setting: 'on' },
      { name: 'full_page_writes', setting: 'on' },
      { name: 'listen_addresses', setting: '127.0.0.1' },
      { name: 'server_encoding', setting: 'UTF8' },
      { name: 'synchronous_commit', setting: 'on' },
    ]);
    await server.close();
  });
});

describe('startEmbeddedServer rejects with the cause and what to do', () => {
  async function errorOf(options: Partial<Parameters<typeof startEmbeddedServer>[0]>): Promise<string> {
    const error: unknown = await startEmbeddedServer({ dataDir, logger, ...options }).catch(
      (e: unknown) => e,
    );
    expect(error).toBeInstanceOf(OperatorError);
    return (error as OperatorError).message;
  }

  it('if initdb fails', async () => {
    const locateBinaries = () => Promise.resolve({ initdb: '/bin/false', postgres: '/bin/false' });
    const message = await errorOf({ dataDir: path.join(dataDir, 'failing'), locateBinaries });
    expect(message).toMatch(/could not create its database.*initdb ended with 1.*DATABASE_URL/s);
  });

  it('if the programs are missing', async () => {
    const locateBinaries = () =>
      Promise.resolve({ initdb: '/nowhere/initdb', postgres: '/nowhere/postgres' });
    const message = await errorOf({ dataDir: path.join(dataDir, 'missing'), locateBinaries });
    expect(message).toMatch(/\/nowhere\/initdb.*DATABASE_URL/s);
  });

  it('if the server does not start, with the end of its log', async () => {
    const settings = path.join(dataDir, 'postgres/data/postgresql.auto.conf');
    await writeFile(settings, `nonsense = 'here'\n`);
    const message = await errorOf({});
    await writeFile(settings, '');
    expect(message).toMatch(/did not start.*unrecognized configuration parameter "nonsense".*DATABASE_URL/s);
  });

  it('if the data folder cannot be created', async () => {
    await writeFile(path.join(dataDir, 'file'), '');
    expect(await errorOf({ dataDir: path.join(dataDir, 'file', 'new') })).toMatch(
      /BELLWETHER_DATA_DIR.*DATABASE_URL/,
    );
  });
});
