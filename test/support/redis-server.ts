import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from './free-port.js';

/** A Redis server of one's own, which keeps nothing on disk. */
export interface RedisServer {
  /** Password included. */
  readonly url: string;
  readonly port: number;
  /** Kills it, as a crash would. */
  readonly kill: () => Promise<void>;
  /** Starts it at the same port, empty, unless it runs. */
  readonly start: () => Promise<void>;
  /** Stops it in the midst of what it does; its connections stay open, and new ones are not answered. */
  readonly freeze: () => void;
  readonly thaw: () => void;
  readonly close: () => Promise<void>;
}

/** Whether this machine has the program. */
export const hasRedisServer = spawnSync('redis-server', ['--version']).status === 0;

/** Starts a Redis on a free port of the loopback interface, and waits until it is ready. */
export async function startRedisServer(password = 'test-password'): Promise<RedisServer> {
  const folder = await mkdtemp(path.join(tmpdir(), 'bellwether-redis-'));
  const port = await freePort();
  let server: ChildProcess | undefined;
  const runs = (): boolean => server?.exitCode === null && server.signalCode === null;
  const start = async (): Promise<void> => {
    if (runs()) return;
    const where = ['--bind', '127.0.0.1', '--port', String(port), '--dir', folder];
    const settings = ['--save', '', '--appendonly', 'no', '--requirepass', password];
    server = spawn('redis-server', [...where, ...settings], { stdio: ['ignore', 'pipe', 'ignore'] });
    if (server.stdout === null) throw new Error('Redis was started without its output.');
    for await (const line of createInterface({ input: server.stdout })) {
      if (line.includes('Ready to accept connections')) {
        server.stdout.resume();
        return;
      }
    }
    throw new Error('Redis ended before it was ready.');
  };
  const kill = async (): Promise<void> => {
    if (server === undefined || !runs()) return;
    const exit = once(server, 'exit');
    server.kill('SIGKILL');
    await exit;
  };
  await start();
  return {
    url: `redis://:${password}@127.0.0.1:${port}`,
    port,
    start,
    kill,
    freeze: () => void server?.kill('SIGSTOP'),
    thaw: () => void server?.kill('SIGCONT'),
    close: async () => {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
