import { Prisma } from '../generated/prisma/client.js';

/**
 * The first key of every advisory lock that a statement of ours takes. PostgreSQL shares these keys among all
 * applications of a database.
 */
const LOCKS = {
  /** Serializes writers of markets, so that versions grow in the order of commits. */
  marketWriters: 4_201_001,
  /** Each computation has one process at a time. */
  computation: 4_201_002,
  /** Used by the functions that create partitions. */
  partitions: 4_201_003,
  /** Each sink has one relay at a time. */
  relay: 4_201_004,
  /** One step of the roll-ups at a time. */
  rollups: 4_201_005,
} as const;

/**
 * Both keys of a lock, for `pg_advisory_xact_lock` and its like.
 *
 * @param name which of the locks of this kind. The schema is part of it, so that gateways in several schemas of one
 *   database do not wait for each other.
 */
export function lockKeys(lock: keyof typeof LOCKS, name = ''): Prisma.Sql {
  return Prisma.sql`${LOCKS[lock]}::int, hashtext(current_schema() || '.' || ${name}::text)`;
}
