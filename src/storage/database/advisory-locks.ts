/**
 * Every PostgreSQL advisory lock that the gateway takes. PostgreSQL shares the keys among all applications of a database.
 *
 * A number never changes or moves to another lock: during a rolling upgrade, replicas of both versions must exclude each
 * other. A new lock gets the next number.
 */

/**
 * Locks with two keys, taken until a transaction ends. The number is the first key; the second key is a hash of the schema
 * and a name (`lockKeys` in ../sql.ts).
 */
export const TRANSACTION_LOCKS = {
  /** Serializes writers of markets, so that versions grow in the order of commits. */
  marketWriters: 4_201_001,
  /** One process at a time runs each computation. */
  computation: 4_201_002,
  /** Serializes the creation of partitions. Only functions in prisma/migrations take it. */
  partitions: 4_201_003,
  /** One relay at a time delivers to each sink. */
  relay: 4_201_004,
  /** One transaction at a time changes the roll-ups. */
  rollups: 4_201_005,
  /** Serializes changes of user flags, so that their numbers grow in the order of commits. */
  privacy: 4_201_006,
  /** One process at a time publishes a version of the ranking model. */
  models: 4_201_007,
  /** The same for the collaborative model. */
  collaborative: 4_201_008,
} as const;

export type TransactionLock = keyof typeof TRANSACTION_LOCKS;

/** Locks with one key, held until a session ends. PostgreSQL keeps them apart from locks with two keys. */
export const SESSION_LOCKS = {
  /** The lock of Prisma's own migration tool, so that it and the gateway never migrate the schema `public` together. */
  migrations: 72_707_369,
  /** Shared by all processes that use the embedded server. The process that gets it exclusively is the last one. */
  embeddedServerUsers: 7_230_001,
} as const;
