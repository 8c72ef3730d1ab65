import { mkdir, open, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseError, type Client } from 'pg';
import type { Logger } from 'pino';
import { fileProblem } from '../config/file-problem.js';
import { OperatorError } from '../lib/errors.js';
import { connectionTo, openClient } from '../storage/database/connection.js';
import { errorMessage } from '../storage/database/error-message.js';
import { clusterFiles, embeddedUser, ensureCluster, readPassword } from './postgres-cluster.js';
import type { ClusterFiles } from './postgres-cluster.js';
import { locateEmbeddedBinaries } from './postgres-binaries.js';
import type { LocateBinaries, PostgresBinaries } from './postgres-binaries.js';
import { findPostmaster, startPostmaster, stopPostmaster } from './postmaster.js';
import { isRefused, joinPresence, leavePresence } from './presence.js';
import { waysToRun } from './unprivileged-user.js';

const databaseName = 'bellwether';
const rejoinGraceMs = 2_000;
const startTimeoutMs = 60_000;
const stopTimeoutMs = 15_000;
const leaveTimeoutMs = 2_000;
const retryMs = 20;
/** So often may the server end while it starts; a port just taken or an old process not quite gone are no fault. */
const startAttempts = 5;

export interface EmbeddedServer {
  /** Connection string of the database `bellwether`, password included: not for logs. */
  readonly url: string;
  /** Whether this call created the database, so that it is empty. */
  readonly freshlyCreated: boolean;
  /** Gives up the use of the server, and stops it if nobody else uses it. Close every other connection first. */
  close(): Promise<void>;
}

interface Options {
  /** Folder of everything we store; the cluster is in `postgres` below it. Created if missing. */
  readonly dataDir: string;
  readonly logger: Logger;
  readonly locateBinaries?: LocateBinaries;
}

/**
 * Uses the PostgreSQL in the data folder: creates it, starts it, or joins other processes of ours that use it
 * already. The last of them to leave stops it. If it dies in the meantime, it is started again at the same port.
 * @throws {OperatorError} where it can not run, with what to do about it.
 */
export async function startEmbeddedServer(options: Options): Promise<EmbeddedServer> {
  const { dataDir, logger, locateBinaries = locateEmbeddedBinaries } = options;
  const files = clusterFiles(dataDir);
  const binaries = await locateBinaries();
  await mkdir(dataDir, { recursive: true }).catch((cause: unknown) => {
    throw new OperatorError(
      `The data folder ${dataDir} cannot be created: ${fileProblem(cause)}. Set BELLWETHER_DATA_DIR to another ` +
        'one, or set DATABASE_URL to a PostgreSQL (15 or newer).',
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
  #presence: Client | undefined;
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
    for (let ends = 0; ends < startAttempts;) {
      try {
        signal.throwIfAborted();
        const running = await findPostmaster(this.#files);
        if (running === undefined) {
          if (!(await this.#start(signal))) ends += 1;
        } else {
          await this.#joinRunning(running.port);
          return;
        }
      } catch (error) {
        if (error instanceof OperatorError) throw error;
        failure = error;
        if (isRefused(error) || signal.aborted) break;
      }
      await sleep(retryMs + ends * 100, undefined, { signal }).catch(() => undefined);
    }
    throw new OperatorError(
      `The embedded PostgreSQL in ${this.#files.folder} did not start` +
        `${failure === undefined ? '' : ` (${errorMessage(failure)})`}. The end of ${this.#files.logFile}:\n` +
        `${await lastLines(this.#files.logFile)}\n` +
        'Mend that, or set DATABASE_URL to a PostgreSQL (15 or newer).',
      { cause: failure },
    );
  }

  /** False if the server ended at once, in every way of running it. */
  async #start(signal: AbortSignal): Promise<boolean> {
    for (const runAs of await waysToRun(this.#files.dataDirectory)) {
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
        'embedded PostgreSQL moved to another port: restart',
      );
    }
    this.#port ??= port;
    const client = await joinPresence(this.urlOf('postgres'), startTimeoutMs);
    this.#presence = client;
    client.once('end', () => {
      if (this.#leaving.signal.aborted) return;
      this.#logger.warn('the embedded PostgreSQL went away; starting it again');
      this.#rejoining = this.#rejoin();
    });
  }

  async #rejoin(): Promise<void> {
    this.#presence = undefined;
    for (;;) {
      try {
        await this.join();
        this.#logger.info('the embedded PostgreSQL is back');
        return;
      } catch (error) {
        if (this.#leaving.signal.aborted) return;
        this.#logger.error({ err: error }, 'the embedded PostgreSQL does not start');
        await sleep(1_000, undefined, { signal: this.#leaving.signal }).catch(() => undefined);
      }
    }
  }

  async leave(): Promise<void> {
    // A server that is just being started again has to be joined before it can be stopped.
    await Promise.race([this.#rejoining, sleep(rejoinGraceMs, undefined, { ref: false })]);
    if (this.#leaving.signal.aborted) return;
    this.#leaving.abort();
    await this.#rejoining;
    const client = this.#presence;
    if (client === undefined) return;
    // A server that does not answer cannot say whether others use it, so it is left running.
    const alone = await Promise.race([
      leavePresence(client).catch(() => false),
      sleep(leaveTimeoutMs, false, { ref: false }),
    ]);
    if (alone && !(await stopPostmaster(this.#files, stopTimeoutMs))) {
      this.#logger.warn({ stopTimeoutMs }, 'the embedded PostgreSQL is still stopping');
    }
    await client.end().catch(() => undefined);
  }
}

/** @returns whether it was missing. */
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
