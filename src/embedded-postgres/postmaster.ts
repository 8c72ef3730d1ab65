import { once } from 'node:events';
import { link, open, readFile, rename, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClusterFiles } from './postgres-cluster.js';
import { spawnAs } from './unprivileged-user.js';
import type { RunAs } from './unprivileged-user.js';

/** The main process of a PostgreSQL server, according to its pid file. */
interface Postmaster {
  readonly pid: number;
  /** On 127.0.0.1. */
  readonly port: number;
  readonly ready: boolean;
}

const pollIntervalMs = 10;

/** Returns the running server of the cluster; undefined if there is none. */
export async function findPostmaster(files: ClusterFiles): Promise<Postmaster | undefined> {
  const written = await readPidFile(files);
  if (written === undefined || !isAlive(written.pid)) return undefined;
  if (await isOfCluster(written.pid, files)) return written;
  await removePidFile(files, written.pid);
  return undefined;
}

async function readPidFile({ dataDirectory }: ClusterFiles): Promise<Postmaster | undefined> {
  const lines = await readLines(path.join(dataDirectory, 'postmaster.pid'));
  const [pid, port] = [Number(lines[0]), Number(lines[3])];
  return pid > 0 && port > 0 ? { pid, port, ready: lines[7]?.trim() === 'ready' } : undefined;
}

async function readLines(file: string): Promise<string[]> {
  try {
    return (await readFile(file, 'utf8')).split('\n');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/**
 * Returns whether a process is the cluster's server. After a crash of the machine or a restart of a container, the number in
 * the pid file may belong to any program, and PostgreSQL would not start. Without /proc, the answer is yes.
 */
async function isOfCluster(pid: number, { dataDirectory }: ClusterFiles): Promise<boolean> {
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => undefined);
  return commandLine === undefined || commandLine.split('\0').includes(dataDirectory);
}

/** Removes the pid file of a server that exited, but not one that another process has written since. */
async function removePidFile({ dataDirectory }: ClusterFiles, stalePid: number): Promise<void> {
  const pidFile = path.join(dataDirectory, 'postmaster.pid');
  const renamed = `${pidFile}.stale-${process.pid}`;
  await rename(pidFile, renamed);
  const [pid] = await readLines(renamed);
  if (Number(pid) !== stalePid) await link(renamed, pidFile);
  await rm(renamed);
}

/**
 * Starts the server in its own process session, so that neither Ctrl-C in the terminal nor the end of this process stops it.
 *
 * @param port on 127.0.0.1; undefined for any free port.
 * @param signal stops waiting, but not the server.
 * @returns whether it became ready; false if it exited, for example because another process started one first. Its log file
 *   has the reason.
 */
export async function startPostmaster(
  postgres: string,
  files: ClusterFiles,
  runAs: RunAs,
  port: number | undefined,
  signal: AbortSignal,
): Promise<boolean> {
  const log = await open(files.logFile, 'a', 0o600);
  const settings = Object.entries(serverSettings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const where = ['-D', files.dataDirectory, '-p', String(port ?? (await freePort()))];
  const child = spawnAs(runAs, [postgres, ...where, ...settings], {
    cwd: '/',
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
  });
  const exited = new AbortController();
  const onExit = () => exited.abort();
  child.once('exit', onExit).once('error', onExit);
  child.unref();
  await log.close();
  while (!exited.signal.aborted) {
    const written = await readPidFile(files);
    if (written?.pid === child.pid && written?.ready === true) return true;
    await sleep(pollIntervalMs, undefined, { signal });
  }
  return false;
}

/**
 * Stops the server in its "fast" mode, which rolls back open transactions.
 *
 * @returns whether it stopped within the timeout.
 */
export async function stopPostmaster(files: ClusterFiles, timeoutMs: number): Promise<boolean> {
  const running = await findPostmaster(files);
  if (running === undefined) return true;
  process.kill(running.pid, 'SIGINT');
  const signal = AbortSignal.timeout(timeoutMs);
  // The pid file is removed last. The process may stay as a zombie if no parent reaps it.
  while ((await readPidFile(files))?.pid === running.pid && isAlive(running.pid)) {
    if (signal.aborted) return false;
    await sleep(pollIntervalMs);
  }
  return true;
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('The TCP server has no port.');
  return address.port;
}

/** Settings for a small server that shares the machine with the gateway. Durability settings keep their defaults. */
const serverSettings = {
  listen_addresses: '127.0.0.1',
  // The path of a Unix socket may have at most about 100 characters; the data folder may be longer.
  unix_socket_directories: '',
  // A gateway opens up to 30, and several may share the server.
  max_connections: 200,
  shared_buffers: '64MB',
  // The first change of a page after a checkpoint logs the whole page, so checkpoints are rare. Recovery after a crash then
  // takes up to 9 s.
  max_wal_size: '512MB',
  checkpoint_timeout: '15min',
  // Most of the WAL after a checkpoint is whole pages.
  wal_compression: 'on',
  timezone: 'UTC',
  jit: 'off',
  // Parallel queries need more shared memory than a container has by default (64 MB in all).
  max_parallel_workers_per_gather: 0,
  // Cancels a statement within a second of losing its client.
  client_connection_check_interval: '1s',
  // The log is for failures of the server: it contains neither checkpoints nor statements with user data.
  log_checkpoints: 'off',
  log_error_verbosity: 'terse',
  log_min_error_statement: 'panic',
} as const;
