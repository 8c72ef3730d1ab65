import { Client } from 'pg';
import { queryDatabase } from './test-database.js';
import type { TestGateway } from './test-gateway.js';

/** Returns the tables in which a text occurs, in all schemas of a database. Whole rows are searched as text. */
export async function occurrencesOf(databaseUrl: string, text: string): Promise<string[]> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const tables = await client.query<{ name: string; table: string }>(
      `select c.relname as name, c.oid::regclass::text as table
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where c.relkind in ('r', 'm') and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')`,
    );
    // Bytes are shown in hexadecimal.
    const hex = Buffer.from(text).toString('hex');
    const searches = tables.rows.map(
      ({ name, table }) =>
        `select '${name}' as name where exists (
           select from ${table} t where strpos(t::text, $1) > 0 or strpos(t::text, $2) > 0)`,
    );
    const found = await client.query<{ name: string }>(searches.join(' union all '), [text, hex]);
    return found.rows.map(({ name }) => name).sort();
  } finally {
    await client.end();
  }
}

/** Tables with rows of users. */
const USER_TABLES = [
  ...['profiles', 'interactions', 'client_events', 'served_feeds', 'outbox', 'rejected_events'],
  ...['profile_changes', 'user_settings', 'retired_users', 'privacy_changes', 'exposures'],
];

/** Records every write of a table with rows of users, by any process. */
export async function auditWrites(databaseUrl: string): Promise<void> {
  await queryDatabase(
    databaseUrl,
    `create table audit (name text);
     create function audit_write() returns trigger language plpgsql security definer set search_path = public as $$
     begin insert into audit values (tg_argv[0]); return null; end $$;
     ${USER_TABLES.map(
       (name) =>
         `create trigger audit after insert or update or delete on ${name} for each row execute function audit_write('${name}');`,
     ).join('\n')}`,
  );
}

/** Returns the names of the tables that were written since the last call. */
export async function auditedWrites(databaseUrl: string): Promise<string[]> {
  const rows = await queryDatabase(databaseUrl, 'delete from audit returning name');
  return [...new Set(rows.map(({ name }) => String(name)))].sort();
}

/** Changes the settings of a user over HTTP. */
export async function setPersonalization(
  gateway: Pick<TestGateway, 'query'>,
  userKey: string,
  personalizationEnabled: boolean,
  dataSharingConsent?: boolean,
): Promise<void> {
  const { errors } = await gateway.query(
    `mutation ($input: UpdatePersonalizationSettingsInput!) {
      updatePersonalizationSettings(input: $input) { personalizationSettings { updatedAt } } }`,
    { input: { userKey, personalizationEnabled, dataSharingConsent } },
  );
  if (errors !== undefined) throw new Error(JSON.stringify(errors));
}
