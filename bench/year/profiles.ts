/**
 * Gives all users profiles. The product makes those of the template users from their stored events. The other users of a
 * cohort get copies of these rows, in every table with rows of a user.
 */
import type { Client } from 'pg';
import type { Backend } from '../../dist/app/backend.js';
import { USER_KEY_SQL, userKeyOf } from './keys.ts';
import type { CohortUsers } from './size.ts';

/** Tables that hold what a user did, not what is known of the user; their partitions have the same names in front. */
const OF_EVENTS = [
  'interactions',
  'client_events',
  'outbox',
  'rejected_events',
  'served_feeds',
  'year_templates',
];
const USERS_AT_ONCE = 10_000;

export async function rebuildTemplates(
  backend: Pick<Backend, 'rebuildProfile'>,
  cohorts: readonly CohortUsers[],
  onUsers: (users: number) => void,
): Promise<void> {
  for (const { first, templates } of cohorts) {
    for (let index = 0; index < templates; index += 1) {
      await backend.rebuildProfile(userKeyOf(first + index));
      onUsers(1);
    }
  }
}

export async function copyProfiles(
  client: Client,
  cohorts: readonly CohortUsers[],
  onUsers: (users: number) => void,
): Promise<void> {
  for (const { table, columns } of await profileTables(client)) {
    const names = columns.map((name) => `"${name}"`).join(', ');
    const copied = columns.map((name) => `t."${name}"`).join(', ');
    for (const { first, count, templates } of cohorts) {
      await client.query(`create temp table year_templates as
        select n as template, s.* from (select n, ${USER_KEY_SQL} as key from generate_series(${first},
          ${first + templates - 1}) n) k join ${table} s on s.user_key = k.key`);
      await client.query('create index on year_templates (template)');
      for (let start = first + templates; start < first + count; start += USERS_AT_ONCE) {
        const end = Math.min(first + count, start + USERS_AT_ONCE);
        await client.query(`insert into ${table} (user_key${names === '' ? '' : `, ${names}`})
          select ${USER_KEY_SQL}${copied === '' ? '' : `, ${copied}`}
          from generate_series(${start}, ${end - 1}) n
          join year_templates t on t.template = ${first} + (n - ${first}) % ${templates}`);
        if (table === 'profiles') onUsers(end - start);
      }
      await client.query('drop table year_templates');
    }
  }
}

/** The tables that hold what is known of users, and their columns but the user key and what the table itself numbers. */
async function profileTables(client: Client): Promise<{ table: string; columns: string[] }[]> {
  const { rows } = await client.query<{ table: string; columns: string[] }>(
    `select c.relname as table, coalesce(array_agg(a.attname::text order by a.attnum) filter (where
       a.attname <> 'user_key' and coalesce(pg_get_expr(d.adbin, d.adrelid), '') not like 'nextval%'), '{}') as columns
     from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
       and a.attgenerated = ''
     left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
     where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
       and c.relname <> all ($1)
     group by c.relname having bool_or(a.attname = 'user_key')`,
    [OF_EVENTS],
  );
  return rows;
}
