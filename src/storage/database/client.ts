import { PrismaPg } from '@prisma/adapter-pg';
import { Pool } from 'pg';
import type { PoolClient } from 'pg';
import type { Logger } from 'pino';
import { PrismaClient } from '../../generated/prisma/client.js';
import { connectionTo } from './connection.js';

export interface Database {
  readonly prisma: PrismaClient;
  /**
   * Waits for the statements under way, and closes every connection.
   *
   * @param withinMs after this time statements are given up together with their connections. Default: never.
   */
  close(withinMs?: number): Promise<void>;
}

interface Options {
  readonly url: string;
  readonly logger: Logger;
  /** Most connections at once. */
  readonly poolSize: number;
  /**
   * How long one statement may take, and how long one may wait for a connection. It also bounds a server that
   * has stopped answering: the connection is given up with the statement.
   */
  readonly queryTimeoutMs?: number;
  /** Told the text of each statement when it is sent; `BEGIN`, `COMMIT` and `ROLLBACK` are statements too. */
  readonly onStatement?: (sql: string) => void;
}

/** The part of `queryTimeoutMs` after which the server cancels a statement. */
const SERVER_SHARE = 0.9;

/** A Prisma client on a pool of connections. Connects when first used; recovers by itself when the server comes back. */
export function openDatabase(options: Options): Database {
  const { url, logger, poolSize, queryTimeoutMs = 5_000, onStatement = () => undefined } = options;
  const { address, schema, prepare } = connectionTo(url, {
    // The server gives up first, so that no statement is committed after its caller received a failure.
    statement_timeout: Math.floor(SERVER_SHARE * queryTimeoutMs),
  });
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
    if (!isClosing) logger.warn({ err: error }, 'an idle database connection was lost');
  });
  const clients = new Set<PoolClient>();
  pool.on('connect', (client) => {
    clients.add(client);
    watchStatements(client, onStatement);
  });
  pool.on('remove', (client) => clients.delete(client));
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool, { schema }) });
  return {
    prisma,
    close: async (withinMs) => {
      isClosing = true;
      const giveUp = (): void => clients.forEach((client) => void client.end());
      const timer = withinMs === undefined ? undefined : setTimeout(giveUp, withinMs);
      await prisma.$disconnect();
      await pool.end();
      clearTimeout(timer);
    },
  };
}

function watchStatements(client: PoolClient, onStatement: (sql: string) => void): void {
  const query = client.query.bind(client) as (...args: unknown[]) => unknown;
  const watched = (...args: unknown[]): unknown => {
    onStatement(textOf(args[0]));
    const result = query(...args);
    // A statement given up still occupies its connection, and after it whatever the pool would send there next.
    if (result instanceof Promise) result.catch((error: unknown) => isTimeout(error) && void client.end());
    return result;
  };
  client.query = watched as typeof client.query;
}

/** What node-postgres takes as its first argument: the text, or an object with it. */
function textOf(statement: unknown): string {
  if (typeof statement === 'string') return statement;
  const isObject = typeof statement === 'object' && statement !== null;
  return isObject && 'text' in statement ? String(statement.text) : '';
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.message === 'Query read timeout';
}
