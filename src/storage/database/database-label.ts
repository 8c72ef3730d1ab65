import { Client } from 'pg';
import type { DatabaseConnection } from './connection.js';

/** Names a database without user and password, such as `database site at db.example.org:5432, schema bellwether`. */
export function databaseLabel({
  address,
  schema,
  namesSchema,
}: Pick<DatabaseConnection, 'address' | 'schema' | 'namesSchema'>): string {
  // It completes what the URL leaves out, without connecting.
  const { host, port, database = '' } = new Client(address);
  const server = host.startsWith('/') ? host : `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return `database ${database} at ${server}${namesSchema ? `, schema ${schema}` : ''}`;
}
