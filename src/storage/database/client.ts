import { PrismaPg } from '@prisma/adapter-pg';
import { clearLogs } from '@prisma/debug';
import { DatabaseError, Pool } from 'pg';
import type { PoolClient } from 'pg';
import type { Logger } from 'pino';
import { PrismaClient } from '../../generated/prisma/client.js';
import { connectionTo } from './connection.js';
import type { DatabaseRole } from './roles.js';
import { StatementsInFlight } from './statements-in-flight.js';

export interface Database {
  readonly prisma: PrismaClient;
  /** The statements that the server has not answered yet. */
  readonly inFlight: StatementsInFlight;
  /** Opens all connections of the pool, so that the first burst of requests does not wait for them. */
  connect(): Promise<void>;
  /**
   * Waits for running statements, then closes every connection.
   *
   * @param withinMs time after which running statements are abandoned together with their connections. Default: never.
   */
  close(withinMs?: number): Promise<void>;
}

interface Options {
  readonly url: string;
  /** Role that the statements run as. Default: the login of the URL. */
  readonly role?: DatabaseRole | undefined;
  readonly logger: Logger;
  /** Maximum number of connections. */
  readonly poolSize: number;
  /**
   * Timeout of one statement, and of waiting for a connection. It also covers a server that stopped answering: the
   * connection is closed together with the statement.
   */
  readonly queryTimeoutMs?: number;
  /** Receives the text of each statement when it is sent, including `BEGIN`, `COMMIT`, and `ROLLBACK`. */
  readonly onStatement?: (sql: string) => void;
}

/** Drops the values of the last statements, which Prisma's driver adapter keeps for reports of its own failures. */
export function forgetStatements(): void {
  clearLogs();
}

/** The share of `queryTimeoutMs` after which the server cancels a statement. */
const SERVER_SHARE = 0.9;

/** Opens a Prisma client on a connection pool. It connects on first use, and reconnects when the server is back. */
export function openDatabase(options: Options): Database {
  const { url, role, logger, poolSize, queryTimeoutMs = 5_000, onStatement = () => undefined } = options;
  // The server times out first, so that no statement is committed after its caller received a failure.
  const settings = { statement_timeout: Math.floor(SERVER_SHARE * queryTimeoutMs) };
  const { address, schema, prepare } = connectionTo(url, settings, role);
  const pool = new Pool({
    max: poolSize,
    query_timeout: queryTimeoutMs,
    connectionTimeoutMillis: queryTimeoutMs,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
    application_name: 'bellwether',
    ...address,
    // eslint-disable-next-line @typescript-eslint/no-misused-promises -- the pool awaits it, contrary to its types
    onConnect: prepare,
  });
  // Prisma's adapter listens only from its first statement to its end; an error without a listener ends the process.
  let isClosing = false;
  pool.on('error', (error) => {
    if (!isClosing) logger.warn({ err: error }, 'idle database connection lost, reconnecting on next use');
  });
  const inFlight = new StatementsInFlight();
  const clients = new Set<PoolClient>();
  pool.on('connect', (client) => {
    clients.add(client);
    watchStatements(client, inFlight, onStatement);
  });
  pool.on('remove', (client) => clients.delete(client));
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool, { schema }) });
  return {
    prisma,
    inFlight,
    connect: async () => {
      await Promise.all(Array.from({ length: poolSize }, () => pool.query('select 1')));
    },
    close: async (withinMs) => {
      isClosing = true;
      const abandon = (): void => clients.forEach((client) => void client.end());
      const timer = withinMs === undefined ? undefined : setTimeout(abandon, withinMs);
      await prisma.$disconnect();
      await pool.end();
      clearTimeout(timer);
    },
  };
}

function watchStatements(
  client: PoolClient,
  inFlight: StatementsInFlight,
  onStatement: (sql: string) => void,
): void {
  const query = client.query.bind(client) as (...args: unknown[]) => unknown;
  const watched = (...args: unknown[]): unknown => {
    onStatement(textOf(args[0]));
    const result = query(...args.map(withoutValues));
    if (result instanceof Promise) inFlight.add(result);
    // Before the caller's handlers, because it is attached first.
    if (result instanceof Promise) result.catch(removeValues);
    // A statement that timed out still occupies its connection, and would delay the next statements on it.
    if (result instanceof Promise) result.catch((error: unknown) => isTimeout(error) && void client.end());
    return result;
  };
  client.query = watched as typeof client.query;
}

/** Wraps the callback of a query. */
function withoutValues(argument: unknown): unknown {
  if (typeof argument !== 'function') return argument;
  return (error: unknown, ...results: unknown[]): void => {
    removeValues(error);
    (argument as (error: unknown, ...results: unknown[]) => void)(error, ...results);
  };
}

/** Removes the fields of an error in which PostgreSQL repeats values, such as those of a row that violates a constraint. */
function removeValues(error: unknown): void {
  if (!(error instanceof DatabaseError)) return;
  error.detail = undefined;
  error.where = undefined;
}

/** Returns the SQL of the first argument of `query`, which is a text or an object with a text. */
function textOf(statement: unknown): string {
  if (typeof statement === 'string') return statement;
  const isObject = typeof statement === 'object' && statement !== null;
  return isObject && 'text' in statement ? String(statement.text) : '';
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.message === 'Query read timeout';
}
