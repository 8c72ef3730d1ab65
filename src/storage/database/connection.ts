import { Client, escapeIdentifier, type ClientBase, type ClientConfig } from 'pg';
import { parseDatabaseUrl, type ServerAddress } from '../../config/database-url.js';

/** Settings of a PostgreSQL session, by name. */
export type SessionSettings = Readonly<Record<string, string | number>>;

/** How to connect to a database. Every connection of the gateway is made from one. */
export interface DatabaseConnection {
  /** Where the server is, for a `Client` or `Pool` of pg. It holds the password. */
  readonly address: ServerAddress;
  readonly schema: string;
  /** Whether the URL names the schema. */
  readonly namesSchema: boolean;
  /**
   * Gives a new session the settings that our statements rely on. Startup parameters cannot: the options in a URL
   * override them, and connection poolers reject or drop them.
   */
  readonly prepare: (client: ClientBase) => Promise<void>;
}

/**
 * Prisma's adapter sends and reads instants without their offset, so a session in any other zone would shift them.
 * The schema alone is searched, so that no table of another application is found.
 */
const sessionSettings = (schema: string): SessionSettings => ({
  TimeZone: 'UTC',
  DateStyle: 'ISO, YMD',
  search_path: escapeIdentifier(schema),
  // Statements of one transaction have to see what was committed between them.
  default_transaction_isolation: 'read committed',
});

/**
 * How to connect to the database that a URL names.
 *
 * @param settings further settings of each session, such as `lock_timeout` in milliseconds.
 * @throws {OperatorError} when the URL cannot be read.
 */
export function connectionTo(url: string, settings: SessionSettings = {}): DatabaseConnection {
  const { address, schema, namesSchema } = parseDatabaseUrl(url);
  const wanted = Object.entries({ ...sessionSettings(schema), ...settings });
  const sql = `select ${wanted.map((_, i) => `set_config($${2 * i + 1}, $${2 * i + 2}, false)`).join(', ')}`;
  const values = wanted.flat().map(String);
  const prepare = async (client: ClientBase): Promise<void> => {
    await client.query(sql, values);
  };
  return { address, schema, namesSchema, prepare };
}

/** Opens one connection, with its session prepared. The address comes from `connection`, the rest from `config`. */
export async function openClient(connection: DatabaseConnection, config: ClientConfig): Promise<Client> {
  const client = new Client({ ...config, ...connection.address });
  // Without a listener, an error of an idle connection would end the process. The next statement fails by it.
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
