import type { PoolConfig } from 'pg';
import type { ServerAddress } from '../../config/database-url.js';
import { connectionTo } from './connection.js';
import { jobSchemaOf } from './schema-names.js';

/** Where the job queue of the gateways that use a database URL is. */
export function jobDatabaseOf(url: string): {
  readonly connection: ServerAddress & Pick<PoolConfig, 'onConnect'>;
  readonly schema: string;
} {
  const { address, schema, prepare } = connectionTo(url);
  // eslint-disable-next-line @typescript-eslint/no-misused-promises -- the pool awaits it, contrary to its types
  return { connection: { ...address, onConnect: prepare }, schema: jobSchemaOf(schema) };
}
