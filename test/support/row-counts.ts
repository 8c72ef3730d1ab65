import { Client } from 'pg';

/** Returns the number of rows by table, without served feeds, which are stored after the response. */
export async function rowCounts(databaseUrl: string): Promise<Record<string, number>> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const tables = await client.query<{ name: string }>(
      `select quote_ident(tablename) as name from pg_tables where schemaname = 'public'
        and tablename not like 'served\\_feed%' order by tablename`,
    );
    const counts = tables.rows.map(
      ({ name }) => `select '${name}' as name, count(*)::int as rows from ${name}`,
    );
    const { rows } = await client.query<{ name: string; rows: number }>(counts.join(' union all '));
    return Object.fromEntries(rows.map((row) => [row.name, row.rows]));
  } finally {
    await client.end();
  }
}
