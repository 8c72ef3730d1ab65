import { Prisma } from '../../generated/prisma/client.js';

export interface UserIdentity {
  readonly userKey: string;
  /** Pseudonym of the key. */
  readonly userHash: string;
}

/** A table with rows of users, for exports. */
export interface UserTable {
  /** Its name in the database, and in an export. */
  readonly name: string;
  /** The columns that contain user keys. */
  readonly keyColumns: readonly string[];
  /** A column that is unique among the rows of a user, and its type: the order of an export. */
  readonly order: readonly [column: string, type: 'text' | 'bigint' | 'uuid'];
  /** The rows of a user. */
  readonly ofUser: (user: UserIdentity) => Prisma.Sql;
}

const byKey = ({ userKey }: UserIdentity): Prisma.Sql => Prisma.sql`user_key = ${userKey}`;

/**
 * Every table with user keys, except `interactions`, which is read by its own index, and the idempotency keys of stored
 * interactions, which are found by them. A test compares the list with the database.
 */
export const USER_TABLES: readonly UserTable[] = [
  { name: 'user_settings', keyColumns: ['user_key'], order: ['user_key', 'text'], ofUser: byKey },
  { name: 'profiles', keyColumns: ['user_key'], order: ['user_key', 'text'], ofUser: byKey },
  { name: 'retired_users', keyColumns: ['user_key'], order: ['user_hash', 'text'], ofUser: byKey },
  {
    name: 'client_events',
    keyColumns: ['user_key'],
    order: ['client_event_id', 'text'],
    ofUser: ({ userKey }) =>
      Prisma.sql`received_at = 'infinity' and hashtext(user_key) = hashtext(${userKey}) and user_key = ${userKey}`,
  },
  {
    name: 'served_feeds',
    keyColumns: ['user_key'],
    order: ['feed_id', 'uuid'],
    ofUser: ({ userKey }) =>
      Prisma.sql`user_key is not null and hashtext(user_key) = hashtext(${userKey}) and user_key = ${userKey}`,
  },
  { name: 'exposures', keyColumns: ['user_key'], order: ['seq', 'bigint'], ofUser: byKey },
  { name: 'outbox', keyColumns: ['user_key'], order: ['seq', 'bigint'], ofUser: byKey },
  {
    name: 'rejected_events',
    keyColumns: [],
    order: ['id', 'bigint'],
    ofUser: ({ userKey, userHash }) =>
      Prisma.sql`(event ->> 'userKey' = ${userKey} or user_hash = ${userHash})`,
  },
  {
    name: 'profile_changes',
    keyColumns: ['user_keys'],
    order: ['xid', 'bigint'],
    ofUser: ({ userKey }) => Prisma.sql`${userKey} = any(user_keys)`,
  },
  { name: 'privacy_changes', keyColumns: ['user_key'], order: ['seq', 'bigint'], ofUser: byKey },
];
