/** A gateway of a benchmark's own, as a process, on a fresh sample and a PostgreSQL that it starts. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { Client } from 'pg';
import { pino } from 'pino';
import { startEmbeddedServer } from '../dist/embedded-postgres/embedded-server.js';
import { ticksOf } from './processes.ts';

export interface BenchGateway {
  readonly url: string;
  /** Of the gateway's process. */
  readonly pid: number;
  /** The gateway's process, with a channel for messages. */
  readonly process: ChildProcess;
  /** The id of PostgreSQL's first process. */
  readonly postmaster: number;
  readonly database: Client;
  /** Processor time used since the start, in seconds; undefined where the system does not tell. */
  readonly cpuSeconds: () => Promise<{ gateway: number; postgres: number } | undefined>;
  close(): Promise<void>;
}

export interface BenchGatewayOptions {
  /** A data folder to use, and to leave behind. Default: a new one, with the sample. */
  readonly dataDir?: string;
  /** Of `bellwether serve`. */
  readonly flags?: readonly string[];
  /** Of Node. */
  readonly nodeOptions?: readonly string[];
  /** What starts the process, such as `['taskset', '-c', '0']`. Default: nothing. */
  readonly launcher?: readonly string[];
  /** Further environment variables of the gateway. */
  readonly env?: Readonly<Record<string, string>>;
}

/** @param config what to put into the ranking config file, as JSON, which is YAML too. */
export async function startBenchGateway(
  config: object = {},
  options: BenchGatewayOptions = {},
): Promise<BenchGateway> {
  const { flags = [], nodeOptions = [], launcher = [], env = {} } = options;
  const dataDir = options.dataDir ?? (await mkdtemp(path.join(tmpdir(), 'bellwether-bench-')));
  const configFile = path.join(dataDir, 'ranking.yaml');
  await writeFile(configFile, JSON.stringify(config));
  // PostgreSQL runs on the processors of the process that starts it, so this process starts that of a given folder.
  const startServer = (): ReturnType<typeof startEmbeddedServer> =>
    startEmbeddedServer({ dataDir, logger: pino({ level: 'silent' }) });
  const startedServer = options.dataDir === undefined ? undefined : await startServer();
  const node = [process.execPath, ...nodeOptions, 'dist/main.js', 'serve', ...flags];
  const [command = '', ...commandArguments] = [...launcher, ...node];
  const gateway = spawn(command, commandArguments, {
    cwd: new URL('..', import.meta.url),
    env: {
      ...process.env,
      ...{ PORT: '0', BELLWETHER_DATA_DIR: dataDir, BELLWETHER_CONFIG: configFile },
      ...{ LOG_LEVEL: 'info', DATABASE_URL: '' },
      ...env,
    },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const { stdout } = gateway;
  if (stdout === null) throw new Error('The output of the gateway is not piped.');
  const ended = new Promise((resolve) => gateway.once('exit', resolve));
  const stop = async (): Promise<void> => {
    gateway.kill('SIGTERM');
    await ended;
    if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
  };
  try {
    const url = await readyUrl(stdout);
    const server = startedServer ?? (await startServer());
    const database = new Client({ connectionString: server.url });
    await database.connect();
    const { rows } = await database.query<{ file: string }>(
      `select current_setting('data_directory') || '/postmaster.pid' as file`,
    );
    const [postmaster = ''] = (await readFile(rows[0]?.file ?? '', 'utf8')).split('\n');
    return {
      url,
      pid: gateway.pid ?? NaN,
      process: gateway,
      postmaster: Number(postmaster),
      database,
      cpuSeconds: () => cpuSeconds(gateway.pid ?? NaN, Number(postmaster)),
      close: async () => {
        await database.end();
        await server.close();
        await stop();
      },
    };
  } catch (error) {
    await startedServer?.close();
    await stop();
    throw error;
  }
}

/** Resolves with the gateway's address once it says that it is ready. */
async function readyUrl(output: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface({ input: output })) {
    const ready = /ready: GraphQL at (http:\S+)\/graphql/.exec(line);
    if (ready?.[1] !== undefined) {
      output.resume();
      return ready[1];
    }
  }
  throw new Error('The gateway ended before it was ready.');
}

/** Of the gateway, and of the postmaster with its children, living and dead. */
async function cpuSeconds(
  gateway: number,
  postmaster: number,
): Promise<{ gateway: number; postgres: number } | undefined> {
  try {
    const children = await readFile(`/proc/${postmaster}/task/${postmaster}/children`, 'utf8');
    const living = children.trim().split(' ').map(Number);
    const own = await Promise.all(living.map((pid) => ticksOf(pid).catch(() => ({ own: 0, dead: 0 }))));
    const { own: ofPostmaster, dead } = await ticksOf(postmaster);
    const postgres = own.reduce((sum, ticks) => sum + ticks.own, ofPostmaster + dead);
    return { gateway: (await ticksOf(gateway)).own / 100, postgres: postgres / 100 };
  } catch {
    return undefined;
  }
}
