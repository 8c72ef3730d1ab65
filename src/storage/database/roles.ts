import { setTimeout as sleep } from 'node:timers/promises';
import { escapeIdentifier, type Client } from 'pg';
import { OperatorError } from '../../lib/errors.js';

/** `app`: requests, limited to rows of their users. `jobs`: background work, which sees the rows of all users. */
export type DatabaseRole = 'app' | 'jobs';

export const ROLES: readonly DatabaseRole[] = ['app', 'jobs'];

/** Names of the roles, which all databases of a server share. Gateways in different schemas have different roles. */
export function roleNameOf(schema: string, role: DatabaseRole): string {
  return schema === 'public' ? `bellwether_${role}` : `bellwether_${schema}_${role}`;
}

interface RoleState {
  readonly name: string;
  readonly exists: boolean;
  /** Whether the login may run statements as the role. */
  readonly assumable: boolean;
  /** Whether row-level security does not apply to the role. */
  readonly unrestricted: boolean;
  readonly login: string;
  /** `server_version_num`. */
  readonly server: number;
}

const INSUFFICIENT_PRIVILEGE = '42501';

/** From this version on, a membership states whether it includes SET ROLE. */
const GRANTS_WITH_SET = 160_000;

/**
 * Creates the roles that requests and jobs run as if they are missing, and lets the login assume them.
 *
 * @throws {OperatorError} if the login lacks a privilege, with the statements for an administrator; or if row-level security
 *   would not apply to a role.
 */
export async function ensureRoles(client: Client, schema: string): Promise<void> {
  const names = ROLES.map((role) => roleNameOf(schema, role));
  const found = await readRoles(client, names);
  requireRestricted(found);
  const missing = found.flatMap(statementsFor);
  if (missing.length === 0) return;
  try {
    for (const statement of missing) await changeRole(client, statement);
  } catch (cause) {
    if (codeOf(cause) !== INSUFFICIENT_PRIVILEGE) throw cause;
    const [{ login } = { login: '' }] = found;
    throw new OperatorError(
      `The role ${login} may not create or assume the roles that requests and jobs run as (${names.join(', ')}): an ` +
        `administrator has to run ${missing.join('; ')}.`,
      { cause },
    );
  }
}

async function readRoles(client: Client, names: readonly string[]): Promise<RoleState[]> {
  const { rows } = await client.query<RoleState>(
    `select n.name, r.oid is not null as exists, current_user as login,
       current_setting('server_version_num')::int as server,
       coalesce(pg_has_role(r.oid, case when current_setting('server_version_num')::int >= $2 then 'SET' else 'MEMBER' end),
         current_setting('is_superuser') = 'on') as assumable,
       coalesce(r.rolsuper or r.rolbypassrls, false) as unrestricted
     from unnest($1::text[]) with ordinality as n(name, position) left join pg_roles r on r.rolname = n.name
     order by n.position`,
    [names, GRANTS_WITH_SET],
  );
  return rows;
}

function requireRestricted(roles: readonly RoleState[]): void {
  const unrestricted = roles.find((role) => role.unrestricted);
  if (unrestricted === undefined) return;
  const { name } = unrestricted;
  throw new OperatorError(
    `Row-level security does not apply to the role ${name}: an administrator has to run ALTER ROLE ` +
      `${escapeIdentifier(name)} NOSUPERUSER NOBYPASSRLS.`,
  );
}

/** Without inheritance, the login itself sees no rows of users: it must assume a role first. */
function statementsFor({ name, exists, assumable, login, server }: RoleState): string[] {
  const role = escapeIdentifier(name);
  const options = server >= GRANTS_WITH_SET ? ' WITH INHERIT FALSE, SET TRUE' : '';
  return [
    ...(exists ? [] : [`CREATE ROLE ${role} NOLOGIN`]),
    ...(assumable ? [] : [`GRANT ${role} TO ${escapeIdentifier(login)}${options}`]),
  ];
}

/** Gateways in other databases of the server may change the same role at the same time. */
const ATTEMPTS = 5;
const PAUSE_MS = 50;

const DUPLICATE_ROLE = '42710';

/** The codes of a role that another session is creating, and of one that it changed meanwhile. */
const CONFLICTS = new Set(['23505', 'XX000']);

async function changeRole(client: Client, statement: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await client.query(statement);
      return;
    } catch (error) {
      const code = codeOf(error);
      if (code === DUPLICATE_ROLE) return;
      if (code === undefined || !CONFLICTS.has(code) || attempt === ATTEMPTS) throw error;
      await sleep(PAUSE_MS);
    }
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
