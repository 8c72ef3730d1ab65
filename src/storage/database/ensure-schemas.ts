import { escapeIdentifier, type Client } from 'pg';
import { OperatorError } from '../../lib/errors.js';
import { jobSchemaOf, type DatabaseConnection } from './connection.js';

interface SchemaState {
  readonly exists: boolean;
  /** Whether the role may create tables there. */
  readonly writable: boolean;
  /** Whether the given table exists. */
  readonly installed: boolean;
  readonly role: string;
  readonly database: string;
}

/**
 * Creates the schemas of the tables and of the job queue if they are missing.
 *
 * @throws {OperatorError} if the role lacks a privilege, does not own the tables, or has a search path that begins with
 *   another schema.
 */
export async function ensureSchemas(client: Client, connection: DatabaseConnection): Promise<void> {
  const { schema, namesSchema } = connection;
  if (!namesSchema) await requireDefaultSearchPath(client, schema);
  // The gateway creates partitions at any time; pg-boss creates tables once.
  await ensureSchema(client, schema, undefined);
  await ensureSchema(client, jobSchemaOf(schema), 'version');
  await requireOwnTables(client, schema);
}

/** Only the owner of a table can add and drop its partitions. */
async function requireOwnTables(client: Client, schema: string): Promise<void> {
  const { rows } = await client.query<{ owner: string; role: string }>(
    `select pg_get_userbyid(c.relowner) as owner, current_user as role
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = $1 and c.relname = 'interactions' and not pg_has_role(c.relowner, 'USAGE')`,
    [schema],
  );
  const [foreign] = rows;
  if (foreign === undefined) return;
  throw new OperatorError(
    `The role ${foreign.role} does not own the tables of the schema ${schema}: connect as their owner ` +
      `${foreign.owner}, or have it run GRANT ${escapeIdentifier(foreign.owner)} TO ${escapeIdentifier(foreign.role)}.`,
  );
}

/** A version without the parameter `schema` created its tables in the first schema of the role's search path. */
async function requireDefaultSearchPath(client: Client, schema: string): Promise<void> {
  await client.query('begin');
  await client.query('set local search_path to default');
  const { rows } = await client.query<{ schema: string | null; role: string }>(
    'select current_schema() as schema, current_user as role',
  );
  await client.query('rollback');
  const [found] = rows;
  if (found === undefined || found.schema === null || found.schema === schema) return;
  throw new OperatorError(
    `The search path of the role ${found.role} begins with the schema ${found.schema}, not with ${schema}: add the ` +
      `parameter schema=${found.schema} (or schema=${schema}) to DATABASE_URL.`,
  );
}

/** @param installedTable a table whose existence makes further privileges unnecessary. */
async function ensureSchema(
  client: Client,
  schema: string,
  installedTable: string | undefined,
): Promise<void> {
  const { rows } = await client.query<SchemaState>(
    `select n.oid is not null as exists, current_user as role, current_database() as database,
       coalesce(has_schema_privilege(n.oid, 'USAGE') and has_schema_privilege(n.oid, 'CREATE'), false) as writable,
       exists (select from pg_class where relnamespace = n.oid and relname = $2) as installed
     from (select $1::text as name) required left join pg_namespace n on n.nspname = required.name`,
    [schema, installedTable ?? null],
  );
  const [state] = rows;
  if (state === undefined || state.writable || state.installed) return;
  const name = escapeIdentifier(schema);
  const role = escapeIdentifier(state.role);
  if (state.exists) {
    throw new OperatorError(
      `The role ${state.role} may not create tables in the schema ${schema} of the database ${state.database}: its ` +
        `owner has to run GRANT USAGE, CREATE ON SCHEMA ${name} TO ${role}.`,
    );
  }
  try {
    await client.query(`create schema if not exists ${name}`);
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === '42501')) throw cause;
    throw new OperatorError(
      `The role ${state.role} may not create the schema ${schema} in the database ${state.database}: its owner has to ` +
        `run CREATE SCHEMA ${name} AUTHORIZATION ${role}.`,
      { cause },
    );
  }
}
