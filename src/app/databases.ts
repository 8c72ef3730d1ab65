import { startEmbeddedServer } from '../embedded-postgres/embedded-server.js';
import type { Settings } from '../config/settings.js';
import type { DecayConfig } from '../domain/decay.js';
import type { Logger } from '../lib/logger.js';
import { MINUTE_MS, SECOND_MS } from '../lib/time.js';
import { openDatabase, type Database } from '../storage/database/client.js';
import { MarketIndex } from '../storage/markets/market-index.js';
import { createStore, type Store } from '../storage/store.js';

/** Registers a function that closes something. Functions are called in reverse order when the backend closes. */
export type OnClose = (close: () => Promise<unknown>) => void;

/** A store on a connection pool of its own. */
export interface OpenStore extends Store {
  /** Opens all connections of the pool. */
  connect(): Promise<void>;
  /** Whether the database has not responded to this pool for so many milliseconds. */
  isStalled(forMs: number): boolean;
}

/** The stores of one process. Each has its own connection pool, so that no use takes connections from another. */
export interface Stores {
  /** Events and feeds. Sees only rows of the users of each statement, like the next two. */
  readonly requests: OpenStore;
  /** Lists of markets, histories, stored feeds, and the status of jobs. */
  readonly readers: Store;
  /** Writers of markets, which wait for those of other processes. */
  readonly marketWriter: Store;
  /** Sink relays and their status, trends, profile compaction, changes of profiles, and commands. Sees all rows. */
  readonly background: Store;
  /** Sees all rows. */
  readonly jobs: Store;
  /** Changes of users' choices, exports, erasures, and merges. Sees all rows. */
  readonly privacy: Store;
  /** Follows the privacy changes of all replicas. Sees all rows. */
  readonly privacySync: Store;
}

// Connections per pool.
const REQUEST_CONNECTIONS = 10;
const READER_CONNECTIONS = 3;

/** Transactions that write markets exclude each other. */
const MARKET_WRITER_CONNECTIONS = 1;

const PRIVACY_CONNECTIONS = 2;

/** An erasure waits for a delivery in progress. */
const PRIVACY_QUERY_TIMEOUT_MS = MINUTE_MS;

/** Much shorter than the time after which a replica no longer knows the choices of users. */
const PRIVACY_SYNC_QUERY_TIMEOUT_MS = 4 * SECOND_MS;

/** For all but the sinks. Each sink has one more, because its relay keeps a transaction open during a delivery. */
const BACKGROUND_CONNECTIONS = 3;
const BACKGROUND_QUERY_TIMEOUT_MS = MINUTE_MS;

/** Jobs wait for a connection rather than get more: the database has requests to serve. */
const JOB_CONNECTIONS = 3;

/**
 * Upper bound of one statement, and of one transaction, of a job. While it runs, no removed row anywhere in the database
 * can be vacuumed, so longer work is done in steps.
 */
const JOB_QUERY_TIMEOUT_MS = 30 * SECOND_MS;

/** Creates partitions, one at a time. */
const OWNER_CONNECTIONS = 1;

/** All users of a pool stop before it closes, so only a database that does not answer takes longer. */
const CLOSE_WITHIN_MS = SECOND_MS;

/**
 * Returns the database in `DATABASE_URL`, or starts the embedded one if that is not set.
 *
 * @throws {OperatorError} when the embedded PostgreSQL cannot be started.
 */
export async function findDatabase(
  settings: Settings,
  logger: Logger,
): Promise<{ url: string; close(): Promise<void> }> {
  if (settings.databaseUrl === undefined) return startEmbeddedServer({ dataDir: settings.dataDir, logger });
  return { url: settings.databaseUrl, close: () => Promise.resolve() };
}

/** Opens the stores of a process. They connect when they are first used. */
export function openStores(deps: {
  readonly url: string;
  readonly sinkCount: number;
  readonly decay: DecayConfig;
  readonly logger: Logger;
  /** Receives each statement of the stores that serve requests, and of the creation of partitions. */
  readonly onStatement?: ((sql: string) => void) | undefined;
  readonly onClose: OnClose;
}): Stores {
  const { url, sinkCount, decay, logger, onStatement, onClose } = deps;
  const open = (options: Omit<Parameters<typeof openDatabase>[0], 'url' | 'logger'>): Database => {
    const database = openDatabase({ url, logger, ...options });
    onClose(() => database.close(CLOSE_WITHIN_MS));
    return database;
  };
  const background = open({
    role: 'jobs',
    poolSize: BACKGROUND_CONNECTIONS + sinkCount,
    queryTimeoutMs: BACKGROUND_QUERY_TIMEOUT_MS,
  });
  const jobs = open({ role: 'jobs', poolSize: JOB_CONNECTIONS, queryTimeoutMs: JOB_QUERY_TIMEOUT_MS });
  const privacy = open({
    ...{ role: 'jobs', poolSize: PRIVACY_CONNECTIONS, queryTimeoutMs: PRIVACY_QUERY_TIMEOUT_MS },
  });
  const privacySync = open({
    ...{ role: 'jobs', poolSize: 1, queryTimeoutMs: PRIVACY_SYNC_QUERY_TIMEOUT_MS },
  });
  const watched = onStatement === undefined ? {} : { onStatement };
  const owner = open({ poolSize: OWNER_CONNECTIONS, ...watched }).prisma;

  const shared = { decay, markets: new MarketIndex(), owner };
  const openForRequests = (poolSize: number): OpenStore => {
    const database = open({ role: 'app', poolSize, ...watched });
    const store = createStore(database.prisma, { ...shared, history: background.prisma });
    return {
      ...store,
      connect: () => database.connect(),
      isStalled: (forMs) => database.inFlight.isStalled(forMs),
    };
  };
  return {
    requests: openForRequests(REQUEST_CONNECTIONS),
    readers: openForRequests(READER_CONNECTIONS),
    marketWriter: openForRequests(MARKET_WRITER_CONNECTIONS),
    background: createStore(background.prisma, shared),
    privacy: createStore(privacy.prisma, { ...shared, transactionTimeoutMs: PRIVACY_QUERY_TIMEOUT_MS }),
    privacySync: createStore(privacySync.prisma, shared),
    jobs: createStore(jobs.prisma, { ...shared, transactionTimeoutMs: JOB_QUERY_TIMEOUT_MS }),
  };
}
