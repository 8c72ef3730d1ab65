import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from './free-port.js';

/** A PgBouncer of one's own in front of a PostgreSQL server. */
export interface PgBouncer {
  /** The given URL, led through PgBouncer. */
  readonly url: string;
  close(): Promise<void>;
}

/** Whether this machine has the program. */
export const hasPgBouncer = spawnSync('pgbouncer', ['--version']).status === 0;

/**
 * Starts a PgBouncer on a free port of the loopback interface, and waits until it accepts connections. It drops
 * startup options, as hosted poolers do.
 */
export async function startPgBouncer(
  databaseUrl: string,
  { mode, poolSize = 20 }: { mode: 'session' | 'transaction' | 'statement'; poolSize?: number },
): Promise<PgBouncer> {
  const folder = await mkdtemp(path.join(tmpdir(), 'bellwether-pgbouncer-'));
  const port = await freePort();
  const server = new URL(databaseUrl);
  const config = path.join(folder, 'pgbouncer.ini');
  const login = `user=${server.username} password=${decodeURIComponent(server.password)}`;
  await writeFile(
    config,
    `[databases]
* = host=${server.hostname} port=${server.port} ${login}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = ${mode}
default_pool_size = ${poolSize}
ignore_startup_parameters = extra_float_digits,options
server_tls_sslmode = disable
`,
  );
  // PgBouncer rejects root, so root starts it as another user, who has to read the file.
  await chmod(folder, 0o755);
  const asUser = process.getuid?.() === 0 ? ['--user', 'nobody'] : [];
  const bouncer = spawn('pgbouncer', [...asUser, config], { stdio: ['ignore', 'ignore', 'pipe'] });
  const close = async (): Promise<void> => {
    if (bouncer.exitCode === null && bouncer.signalCode === null) {
      const exit = once(bouncer, 'exit');
      bouncer.kill('SIGKILL');
      await exit;
    }
    await rm(folder, { recursive: true, force: true });
  };
  const said: string[] = [];
  for await (const line of createInterface({ input: bouncer.stderr })) {
    said.push(line);
    if (!line.includes('process up')) continue;
    bouncer.stderr.resume();
    return { url: Object.assign(new URL(databaseUrl), { port: String(port) }).href, close };
  }
  await close();
  throw new Error(`PgBouncer ended before it was ready: ${said.join('\n')}`);
}
