import { once } from 'node:events';
import { mkdtemp, open, readdir, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand, startCommand } from '../../support/command.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'bellwether-output-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a command whose output is not fully read', () => {
  it.each([['schema'], ['config', 'print', '--defaults'], ['--help']])(
    '%s exits with 0 and no message',
    async (...args) => {
      const command = startCommand(args, {});
      command.child.stdout.destroy();
      expect(await command.finished).toMatchObject({ code: 0, stderr: '' });
    },
  );

  it.skipIf(process.platform !== 'linux')('prints in one sentence why it cannot write', async () => {
    const full = await open('/dev/full', 'w');
    const main = fileURLToPath(new URL('../../../dist/main.js', import.meta.url));
    const child = spawn(process.execPath, [main, 'schema'], { stdio: ['ignore', full.fd, 'pipe'] });
    const [stderr] = await Promise.all([
      text(child.stderr as NonNullable<typeof child.stderr>),
      once(child, 'close'),
    ]);
    await full.close();
    expect(child.exitCode).toBe(1);
    expect(stderr).toMatch(/^bellwether: The output cannot be written: .*\n$/);
  });
});

describe('a port in use', () => {
  it('is reported before the database is opened', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const port = String((taken.address() as AddressInfo).port);
    const { code, stdout, stderr } = await runCommand(['serve'], { PORT: port }, folder);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(
      new RegExp(`^bellwether: Port ${port} of 127\\.0\\.0\\.1 is in use.* PORT=\\d+.*\\n$`),
    );
    expect(await readdir(folder)).toEqual([]);
    taken.close();
    await once(taken, 'close');
  });
});

describe('the Node version', () => {
  const pretend = (version: string): string =>
    `--import=data:text/javascript,Object.defineProperty(process,'version',{value:'${version}'})`;

  it.each(['v20.19.0', 'v22.12.0', 'v23.11.0'])(
    '%s is rejected with one sentence, before anything is opened',
    async (version) => {
      const ended = await startCommand(['serve'], {}, folder, [pretend(version)]).finished;
      expect(ended).toMatchObject({ code: 1, stdout: '' });
      expect(ended.stderr).toMatch(
        new RegExp(`^bellwether: Node ${version.slice(1)} is not supported.*\\n$`),
      );
      expect(await readdir(folder)).toEqual([]);
    },
  );

  it.each(['v22.15.0', 'v24.0.0', 'v26.1.0'])('%s is accepted', async (version) => {
    expect(await startCommand(['--version'], {}, folder, [pretend(version)]).finished).toMatchObject({
      code: 0,
      stderr: '',
    });
  });
});
