import { createHash } from 'node:crypto';
import { escapeIdentifier, type Client } from 'pg';
import { OperatorError } from '../../lib/errors.js';
import { roleNameOf, ROLES, type DatabaseRole } from './roles.js';
import { TABLE_ACCESS, type Privilege, type TableAccess } from './table-access.js';

/** A table, partition, or sequence, as it is now. */
interface FoundRelation {
  readonly name: string;
  readonly isSequence: boolean;
  /** Null if it is not a partition. */
  readonly parent: string | null;
  /** Whether row-level security is enabled, also for the owner. */
  readonly secured: boolean;
  /** Names of the policies that this module created. */
  readonly policies: readonly string[];
  readonly app: readonly Privilege[];
  readonly jobs: readonly Privilege[];
}

interface Policy {
  readonly name: string;
  readonly role: DatabaseRole;
  readonly condition: string;
}

/** The statements that change the access to one relation, for one transaction. */
export interface AccessChange {
  readonly relation: string;
  readonly statements: readonly string[];
}

/** Prefix of our policies. Those of operators, such as for a reporting role, stay. */
const POLICY_PREFIX = 'bellwether_';

/**
 * Lets both roles use the schema.
 *
 * @throws {OperatorError} if the login may not grant that.
 */
export async function grantSchema(client: Client, schema: string): Promise<void> {
  const { rows } = await client.query<{ role: string }>(
    `select role from unnest($2::text[]) as r(role) where not has_schema_privilege(role::name, $1::text, 'USAGE')`,
    [schema, ROLES.map((role) => roleNameOf(schema, role))],
  );
  if (rows.length === 0) return;
  const grantees = rows.map(({ role }) => escapeIdentifier(role)).join(', ');
  const statement = `GRANT USAGE ON SCHEMA ${escapeIdentifier(schema)} TO ${grantees}`;
  try {
    await client.query(statement);
  } catch (cause) {
    throw new OperatorError(
      `The login may not grant the use of the schema ${schema}: its owner has to run ${statement}.`,
      { cause },
    );
  }
}

/**
 * Returns what is missing to give the roles the access of {@link TABLE_ACCESS}; nothing in a database that has it, so that a
 * start takes no lock. A condition is compared by its hash in the name of the policy.
 */
export async function accessChanges(client: Client, schema: string): Promise<AccessChange[]> {
  const relations = await readRelations(client, schema);
  return relations.flatMap((relation) => {
    const access = TABLE_ACCESS[relation.parent ?? relation.name];
    if (access === undefined) return [];
    const statements = relation.parent === null ? changesOf(relation, access, schema) : secure(relation);
    return statements.length === 0 ? [] : [{ relation: relation.name, statements }];
  });
}

function changesOf(relation: FoundRelation, access: TableAccess, schema: string): string[] {
  const grants = ROLES.flatMap((role) => grant(relation, access, role, schema));
  if (access.rows === undefined) return grants;
  return [...grants, ...policyChanges(relation, access.rows, schema), ...secure(relation)];
}

function grant(relation: FoundRelation, access: TableAccess, role: DatabaseRole, schema: string): string[] {
  const wanted = access[role];
  if ([...wanted].sort().join() === [...relation[role]].sort().join()) return [];
  const target = `${relation.isSequence ? 'sequence ' : ''}${escapeIdentifier(relation.name)}`;
  const name = escapeIdentifier(roleNameOf(schema, role));
  const revoke = relation[role].length === 0 ? [] : [`revoke all on ${target} from ${name}`];
  return [...revoke, ...(wanted.length === 0 ? [] : [`grant ${wanted.join(', ')} on ${target} to ${name}`])];
}

function policyChanges({ name, policies }: FoundRelation, rows: string, schema: string): string[] {
  const table = escapeIdentifier(name);
  const wanted = [policyOf('app', rows, schema), policyOf('jobs', 'true', schema)];
  return [
    ...policies
      .filter((policy) => wanted.every((other) => other.name !== policy))
      .map((policy) => `drop policy ${escapeIdentifier(policy)} on ${table}`),
    ...wanted
      .filter((policy) => !policies.includes(policy.name))
      .map(
        (policy) =>
          `create policy ${escapeIdentifier(policy.name)} on ${table} ` +
          `to ${escapeIdentifier(roleNameOf(schema, policy.role))} using (${policy.condition})`,
      ),
  ];
}

function policyOf(role: DatabaseRole, condition: string, schema: string): Policy {
  const hash = createHash('sha256')
    .update(`${roleNameOf(schema, role)} ${condition}`)
    .digest('hex');
  return { name: `${POLICY_PREFIX}${role}_${hash.slice(0, 12)}`, role, condition };
}

function secure({ name, secured }: FoundRelation): string[] {
  if (secured) return [];
  return [`alter table ${escapeIdentifier(name)} enable row level security, force row level security`];
}

async function readRelations(client: Client, schema: string): Promise<FoundRelation[]> {
  const privileges = (role: string): string =>
    `array(select lower(privilege_type) from aclexplode(c.relacl) where grantee = ${role}::regrole
       union all
       select lower(privilege_type) || ' (' || string_agg(attname, ', ' order by attname) || ')'
       from pg_attribute cross join aclexplode(attacl) where attrelid = c.oid and grantee = ${role}::regrole
       group by privilege_type)`;
  const { rows } = await client.query<FoundRelation>(
    `select c.relname::text as name, c.relkind = 'S' as "isSequence",
       c.relrowsecurity and c.relforcerowsecurity as secured,
       (select p.relname::text from pg_inherits i join pg_class p on p.oid = i.inhparent where i.inhrelid = c.oid
         and c.relispartition) as parent,
       array(select polname::text from pg_policy where polrelid = c.oid and starts_with(polname::text, $2)) as policies,
       ${privileges('$3')} as app, ${privileges('$4')} as jobs
     from pg_class c
     where c.relnamespace = $1::regnamespace and c.relkind in ('r', 'p', 'S') order by c.relname`,
    [
      escapeIdentifier(schema),
      POLICY_PREFIX,
      ...ROLES.map((role) => escapeIdentifier(roleNameOf(schema, role))),
    ],
  );
  return rows;
}
