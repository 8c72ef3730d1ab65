import { mkdir, open, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseError, type Client } from 'pg';
import type { Logger } from 'pino';
import { fileErrorReason } from '../config/file-error.js';
import { errorMessage, OperatorError } from '../lib/errors.js';
import { SESSION_LOCKS } from '../storage/database/advisory-locks.js';
import { completesWithin, withTimeout } from '../lib/timeout.js';
import { connectionTo, openClient } from '../storage/database/connection.js';
import {
  clusterFiles,
  embeddedUser,
  ensureCluster,
  locateEmbeddedBinaries,
  readPassword,
  type ClusterFiles,
  type LocateBinaries,
  type PostgresBinaries,
} from './postgres-cluster.js';
import { findPostmaster, startPostmaster, stopPostmaster } from './postmaster.js';
import { runAsOptions } from './unprivileged-user.js';

const databaseName = 'bellwether';
const rejoinGraceMs = 2_000;
const startTimeoutMs = 60_000;
const stopTimeoutMs = 15_000;
const leaveTimeoutMs = 2_000;
const retryMs = 20;
/** Attempts to start the server. It may exit because its port was just taken, or because an old process is still exiting. */
const startAttempts = 5;

interface EmbeddedServer {
  /** Connection string of the database `bellwether`, password included: not for logs. */
  readonly url: string;
  /** Whether this call created the database, which is then empty. */
  readonly freshlyCreated: boolean;
  /** Leaves the server, and stops it if no other process uses it. Close every other connection first. */
  close(): Promise<void>;
}

interface Options {
  /** Data folder of the gateway, with the cluster in its subfolder `postgres`. Created if missing. */
  readonly dataDir: string;
  readonly logger: Logger;
  readonly locateBinaries?: LocateBinaries;
}

/**
 * Uses the PostgreSQL server in the data folder: creates it, starts it, or joins the gateway processes that already use it.
 * The last process to leave stops it. If it exits while in use, it is restarted on the same port.
 *
 * @throws {OperatorError} if it cannot run.
 */
export async function startEmbeddedServer(options: Options): Promise<EmbeddedServer> {
  const { dataDir, logger, locateBinaries = locateEmbeddedBinaries } = options;
  const files = clusterFiles(dataDir);
  const binaries = await locateBinaries();
  await mkdir(dataDir, { recursive: true }).catch((cause: unknown) => {
    throw new OperatorError(
      `The data folder ${dataDir} cannot be created: ${fileErrorReason(cause)}. Set BELLWETHER_DATA_DIR to another ` +
        'folder, or set DATABASE_URL to a PostgreSQL (15 or newer).',
    );
  });
  await ensureCluster(files, binaries);
  const password = await readPassword(files);
  const server = new JoinedServer(files, binaries, password, logger);
  await server.join();
  try {
    const freshlyCreated = await createDatabase(server.urlOf('postgres'));
    return { url: server.urlOf(databaseName), freshlyCreated, close: () => server.leave() };
  } catch (error) {
    await server.leave();
    throw error;
  }
}

class JoinedServer {
  readonly #files: ClusterFiles;
  readonly #binaries: PostgresBinaries;
  readonly #password: string;
  readonly #logger: Logger;
  readonly #leaving = new AbortController();
  #port: number | undefined;
  #membership: Client | undefined;
  #rejoining: Promise<void> | undefined;

  constructor(files: ClusterFiles, binaries: PostgresBinaries, password: string, logger: Logger) {
    this.#files = files;
    this.#binaries = binaries;
    this.#password = password;
    this.#logger = logger;
  }

  urlOf(database: string): string {
    return `postgresql://${embeddedUser}:${this.#password}@127.0.0.1:${String(this.#port)}/${database}?sslmode=disable`;
  }

  async join(): Promise<void> {
    const signal = AbortSignal.any([AbortSignal.timeout(startTimeoutMs), this.#leaving.signal]);
    let failure: unknown;
    for (let exits = 0; exits < startAttempts;) {
      try {
        signal.throwIfAborted();
        const running = await findPostmaster(this.#files);
        if (running === undefined) {
          if (!(await this.#start(signal))) exits += 1;
        } else {
          await this.#joinRunning(running.port);
          return;
        }
      } catch (error) {
        if (error instanceof OperatorError) throw error;
        failure = error;
        if (isLoginRejected(error) || signal.aborted) break;
      }
      await sleep(retryMs + exits * 100, undefined, { signal }).catch(() => undefined);
    }
    throw new OperatorError(
      `The embedded PostgreSQL in ${this.#files.folder} did not start` +
        `${failure === undefined ? '' : ` (${errorMessage(failure)})`}. The end of ${this.#files.logFile}:\n` +
        `${await lastLines(this.#files.logFile)}\n` +
        'Fix the cause, or set DATABASE_URL to a PostgreSQL (15 or newer).',
      { cause: failure },
    );
  }

  /** @returns false if the server exited immediately under every user. */
  async #start(signal: AbortSignal): Promise<boolean> {
    for (const runAs of await runAsOptions(this.#files.dataDirectory)) {
      if (await startPostmaster(this.#binaries.postgres, this.#files, runAs, this.#port, signal)) {
        this.#logger.debug({ folder: this.#files.folder }, 'embedded PostgreSQL started');
        return true;
      }
    }
    return false;
  }

  async #joinRunning(port: number): Promise<void> {
    if (this.#port !== undefined && this.#port !== port) {
      this.#logger.error(
        { port, expectedPort: this.#port },
        'embedded PostgreSQL is on another port; restart the gateway',
      );
    }
    this.#port ??= port;
    const client = await joinUsers(this.urlOf('postgres'), startTimeoutMs);
    this.#membership = client;
    client.once('end', () => {
      if (this.#leaving.signal.aborted) return;
      this.#logger.warn('embedded PostgreSQL exited, restarting it');
      this.#rejoining = this.#rejoin();
    });
  }

  async #rejoin(): Promise<void> {
    this.#membership = undefined;
    for (;;) {
      try {
        await this.join();
        this.#logger.info('embedded PostgreSQL restarted');
        return;
      } catch (error) {
        if (this.#leaving.signal.aborted) return;
        this.#logger.error({ err: error }, 'failed to restart embedded PostgreSQL, retrying');
        await sleep(1_000, undefined, { signal: this.#leaving.signal }).catch(() => undefined);
      }
    }
  }

  async leave(): Promise<void> {
    // A server that is being restarted must be joined before it can be stopped.
    if (this.#rejoining !== undefined) await completesWithin(this.#rejoining, rejoinGraceMs);
    if (this.#leaving.signal.aborted) return;
    this.#leaving.abort();
    await this.#rejoining;
    const client = this.#membership;
    if (client === undefined) return;
    // A server that does not answer may be in use by other processes, so it is not stopped.
    const isLast = await withTimeout(() => leaveUsers(client), leaveTimeoutMs).catch(() => false);
    if (isLast && !(await stopPostmaster(this.#files, stopTimeoutMs))) {
      this.#logger.warn(
        { stopTimeoutMs },
        'embedded PostgreSQL did not stop in time; it continues to shut down',
      );
    }
    await client.end().catch(() => undefined);
  }
}

/** @returns whether it created the database. */
async function createDatabase(maintenanceUrl: string): Promise<boolean> {
  const client = await openClient(connectionTo(maintenanceUrl), { application_name: 'bellwether' });
  try {
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [databaseName]);
    if (rowCount !== 0) return false;
    await client.query(`CREATE DATABASE ${databaseName}`);
    return true;
  } catch (error) {
    const duplicate = error instanceof DatabaseError && ['42P04', '23505'].includes(error.code ?? '');
    if (duplicate) return false;
    throw error;
  } finally {
    await client.end();
  }
}

/**
 * Registers this process as a user of the server: it takes a shared advisory lock on a connection of its own, which
 * PostgreSQL releases when the process ends. Advisory locks are per database, so all processes take it in `postgres`.
 *
 * If another process is stopping the server, it waits, and fails when the server exits.
 */
async function joinUsers(url: string, timeoutMs: number): Promise<Client> {
  const client = await openClient(connectionTo(url), {
    application_name: 'bellwether presence',
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
    keepAlive: true,
  });
  try {
    await client.query('SELECT pg_advisory_lock_shared($1)', [SESSION_LOCKS.embeddedServerUsers]);
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
}

/** @returns whether no other process uses the server. Then none can join while the connection is open. */
async function leaveUsers(client: Client): Promise<boolean> {
  await client.query('SELECT pg_advisory_unlock_shared($1)', [SESSION_LOCKS.embeddedServerUsers]);
  const { rows } = await client.query<{ alone: boolean }>('SELECT pg_try_advisory_lock($1) AS alone', [
    SESSION_LOCKS.embeddedServerUsers,
  ]);
  return rows[0]?.alone === true;
}

/** Returns whether a retry cannot succeed, such as with a wrong password. Other errors occur while a server starts or stops. */
function isLoginRejected(error: unknown): boolean {
  return error instanceof DatabaseError && /^(28|3D)/.test(error.code ?? '');
}

async function lastLines(file: string): Promise<string> {
  const log = await open(file).catch(() => undefined);
  if (log === undefined) return '(no log)';
  try {
    const { size } = await stat(file);
    const length = Math.min(size, 2_000);
    const { buffer } = await log.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString('utf8').split('\n').slice(-8).join('\n').trim();
  } finally {
    await log.close();
  }
}
