import { Client, escapeIdentifier, type ClientBase, type ClientConfig, type PoolConfig } from 'pg';
import { parseDatabaseUrl, type ServerAddress } from '../../config/database-url.js';
import { roleNameOf, type DatabaseRole } from './roles.js';

/** Settings of a PostgreSQL session, by name. */
type SessionSettings = Readonly<Record<string, string | number>>;

/** How to connect to a database. Every connection of the gateway is opened from one. */
export interface DatabaseConnection {
  /** Address of the server, for a `Client` or `Pool` of pg. It contains the password. */
  readonly address: ServerAddress;
  readonly schema: string;
  /** Whether the URL names the schema. */
  readonly namesSchema: boolean;
  /**
   * Applies the settings that our statements rely on to a new session. Startup parameters cannot: the options in a URL
   * override them, and connection poolers reject or drop them.
   */
  readonly prepare: (client: ClientBase) => Promise<void>;
}

/**
 * Prisma's adapter sends and reads instants without their offset, so any other time zone would shift them. The search path
 * has only our schema, so that statements never find a table of another application.
 */
const sessionSettings = (schema: string): SessionSettings => ({
  TimeZone: 'UTC',
  DateStyle: 'ISO, YMD',
  search_path: escapeIdentifier(schema),
  // Statements of one transaction must see what other transactions commit between them.
  default_transaction_isolation: 'read committed',
});

/**
 * Returns how to connect to the database of a URL.
 *
 * @param settings further settings of each session, such as `lock_timeout` in milliseconds.
 * @param role role that the statements run as. Default: the login, which owns the tables and sees no rows of users.
 * @throws {OperatorError} if the URL is invalid.
 */
export function connectionTo(
  url: string,
  settings: SessionSettings = {},
  role?: DatabaseRole,
): DatabaseConnection {
  const { address, schema, namesSchema } = parseDatabaseUrl(url);
  const assumed = role === undefined ? {} : { role: roleNameOf(schema, role) };
  const entries = Object.entries({ ...sessionSettings(schema), ...settings, ...assumed });
  const sql = `select ${entries.map((_, i) => `set_config($${2 * i + 1}, $${2 * i + 2}, false)`).join(', ')}`;
  const values = entries.flat().map(String);
  const prepare = async (client: ClientBase): Promise<void> => {
    await client.query(sql, values);
  };
  return { address, schema, namesSchema, prepare };
}

/** Opens one connection and prepares its session. The address comes from `connection`, the rest from `config`. */
export async function openClient(connection: DatabaseConnection, config: ClientConfig): Promise<Client> {
  const client = new Client({ ...config, ...connection.address });
  // Without a listener, an error of an idle connection would end the process. The next statement fails instead.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await connection.prepare(client);
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
}

/** Statements on one connection, outside any transaction. */
export interface OwnSession {
  /** Returns the rows; rejects with the error of PostgreSQL, including its code. */
  query<Row extends object>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
}

/** Timeout of connecting an own session. */
const OWN_SESSION_CONNECT_MS = 5_000;

/** Bounds one statement of an own session, also if the server does not answer. */
const OWN_SESSION_STATEMENT_MS = 60_000;

/**
 * Runs work on a connection of its own: for statements that PostgreSQL rejects within a transaction, or that need session
 * settings. A shared pool can give neither.
 *
 * @param options.lockTimeoutMs how long a statement waits for each lock; then it fails with 55P03.
 */
export async function withOwnSession<Result>(
  { url, lockTimeoutMs }: { readonly url: string; readonly lockTimeoutMs: number },
  work: (session: OwnSession) => Promise<Result>,
): Promise<Result> {
  const client = await openClient(connectionTo(url, { lock_timeout: lockTimeoutMs }), {
    application_name: 'bellwether',
    keepAlive: true,
    connectionTimeoutMillis: OWN_SESSION_CONNECT_MS,
    query_timeout: OWN_SESSION_STATEMENT_MS,
  });
  try {
    return await work({
      query: async <Row extends object>(sql: string, values: readonly unknown[] = []) =>
        (await client.query<Row>(sql, [...values])).rows,
    });
  } finally {
    await client.end();
  }
}

/** Names a database without user and password, such as `database site at db.example.org:5432, schema bellwether`. */
export function databaseLabel({
  address,
  schema,
  namesSchema,
}: Pick<DatabaseConnection, 'address' | 'schema' | 'namesSchema'>): string {
  // The constructor adds the defaults that the URL leaves out; it does not connect.
  const { host, port, database = '' } = new Client(address);
  const server = host.startsWith('/') ? host : `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return `database ${database} at ${server}${namesSchema ? `, schema ${schema}` : ''}`;
}

/**
 * Returns the name of the schema of the job queue. Gateways in different schemas of one database have different job
 * queues.
 */
export function jobSchemaOf(schema: string): string {
  return schema === 'public' ? 'pgboss' : `${schema}_jobs`;
}

/**
 * Returns the name of the channel on which replicas notify each other. Gateways in different schemas have different
 * channels, also in one Redis.
 */
export function busChannelOf(schema: string): string {
  return schema === 'public' ? 'bellwether_profiles' : `bellwether_profiles_${schema}`;
}

/** Returns the connection and schema of the job queue of the gateways that use a database URL. */
export function jobDatabaseOf(url: string): {
  readonly connection: ServerAddress & Pick<PoolConfig, 'onConnect'>;
  readonly schema: string;
} {
  const { address, schema, prepare } = connectionTo(url);
  // eslint-disable-next-line @typescript-eslint/no-misused-promises -- the pool awaits it, contrary to its types
  return { connection: { ...address, onConnect: prepare }, schema: jobSchemaOf(schema) };
}
