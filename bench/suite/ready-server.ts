/** A server as a process of its own that prints its address once it is ready. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface ReadyServer {
  readonly pid: number;
  /** Text that the pattern captured; empty if it captures nothing. */
  readonly address: string;
  close(): Promise<void>;
}

/**
 * @param ready matches the line that the process prints once it is ready.
 * @throws if the process ends before.
 */
export async function startServer(
  commandLine: readonly string[],
  ready: RegExp,
  env: Readonly<Record<string, string>> = {},
): Promise<ReadyServer> {
  const [command = '', ...rest] = commandLine;
  const server = spawn(command, rest, {
    cwd: new URL('../..', import.meta.url),
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(server, 'exit');
  for await (const line of createInterface({ input: server.stdout })) {
    const match = ready.exec(line);
    if (match === null) continue;
    server.stdout.resume();
    return {
      pid: server.pid ?? NaN,
      address: match[1] ?? '',
      close: async () => {
        server.kill('SIGTERM');
        await exited;
      },
    };
  }
  throw new Error(`${rest.join(' ')} ended before it was ready.`);
}
