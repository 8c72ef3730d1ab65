import { cpus, totalmem } from 'node:os';
import { Client } from 'pg';
import { pino } from 'pino';
import { startEmbeddedServer } from '../../dist/embedded-postgres/embedded-server.js';

/** What was measured on. */
export async function describeMachine(dataDir: string): Promise<string> {
  const server = await startEmbeddedServer({ dataDir, logger: pino({ level: 'silent' }) });
  const client = new Client({ connectionString: server.url });
  await client.connect();
  try {
    const { rows } = await client.query<{ version: string; settings: string }>(
      `select current_setting('server_version') as version, string_agg(name || '=' || current_setting(name), ', '
         order by name) as settings
       from pg_settings where source in ('command line', 'configuration file', 'database') and name in (
         'shared_buffers', 'max_wal_size', 'wal_compression', 'synchronous_commit', 'fsync', 'full_page_writes',
         'checkpoint_timeout', 'work_mem', 'max_connections', 'autovacuum', 'effective_cache_size')`,
    );
    const [cpu] = cpus();
    const { version = '', settings = '' } = rows[0] ?? {};
    return (
      `${cpu?.model ?? 'unknown processor'}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GB; ` +
      `Node ${process.versions.node}; PostgreSQL ${version} (${settings})`
    );
  } finally {
    await client.end();
    await server.close();
  }
}
