import type { Connection } from '../sql.js';

/** Events of all users that one statement searches for those of one user: 2,048 index buckets of a few pages each. */
export const SEQ_SPAN = 2_048n << 18n;

/**
 * Returns the lowest and the highest `seq` of all stored events; undefined without any.
 *
 * SQL: two index lookups. Prisma's `aggregate` wraps the table in a subquery, which reads all of it.
 */
export async function storedSeq(
  connection: Connection,
): Promise<{ readonly first: bigint; readonly last: bigint } | undefined> {
  const [stored] = await connection.$queryRaw<{ first: bigint | null; last: bigint | null }[]>`
    select min(seq) as first, max(seq) as last from interactions`;
  if (stored?.first == null || stored.last == null) return undefined;
  return { first: stored.first, last: stored.last };
}
