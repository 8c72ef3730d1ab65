import { Prisma } from '../generated/prisma/client.js';
import { TRANSACTION_LOCKS, type TransactionLock } from './database/advisory-locks.js';

/** A Prisma client or one of its transactions. */
export type Connection = Prisma.TransactionClient;

/**
 * Returns both keys of an advisory lock, for `pg_advisory_xact_lock` and similar functions. Prisma has no advisory locks.
 *
 * @param name distinguishes locks of one kind. The schema is part of the key, so that gateways in several schemas of one
 *   database do not wait for each other.
 */
export function lockKeys(lock: TransactionLock, name = ''): Prisma.Sql {
  return Prisma.sql`${TRANSACTION_LOCKS[lock]}::int, hashtext(current_schema() || '.' || ${name}::text)`;
}

/**
 * Takes an advisory lock until the transaction ends. SQL: Prisma has no advisory locks.
 *
 * @param name as for {@link lockKeys}.
 * @returns false if another process holds it.
 */
export async function tryTransactionLock(
  connection: Connection,
  lock: TransactionLock,
  name?: string,
): Promise<boolean> {
  const [row] = await connection.$queryRaw<{ locked: boolean }[]>`
    select pg_try_advisory_xact_lock(${lockKeys(lock, name)}) as locked`;
  return row?.locked === true;
}

/** How long a transaction waits for a connection of its pool. */
export const CONNECTION_WAIT_MS = 5_000;

/**
 * Runs statements that see and change the rows of these users, in a transaction of their own, or in that of the connection.
 * Row-level security hides all other rows from requests.
 */
export async function forUsers<Result>(
  connection: Connection,
  userKeys: readonly string[],
  work: (connection: Connection) => Promise<Result>,
): Promise<Result> {
  return connection.$transaction(
    async (transaction) => {
      // SQL: a database function; Prisma has no session settings.
      await transaction.$executeRaw`select ${addVisibleUsers(userKeys)}`;
      return work(transaction);
    },
    { maxWait: CONNECTION_WAIT_MS },
  );
}

/** Calls the database function that adds users to those whose rows the transaction sees and changes. */
export function addVisibleUsers(userKeys: readonly string[]): Prisma.Sql {
  return Prisma.sql`add_visible_users(${[...userKeys]}::text[])`;
}

/** Byte strings joined to one parameter, which PostgreSQL parses faster than an array of byte strings. */
interface JoinedBytes {
  readonly bytes: Buffer;
  /** Position of each byte string, from 1. */
  readonly starts: readonly number[];
  readonly lengths: readonly number[];
}

export function joinBytes(pieces: readonly Uint8Array[]): JoinedBytes {
  const lengths = pieces.map(({ length }) => length);
  let end = 1;
  const starts = lengths.map((length) => (end += length) - length);
  return { bytes: Buffer.concat(pieces), starts, lengths };
}

/** Bytes as hexadecimal text, for JSON parameters. */
export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
}

/**
 * Compares user keys by their UTF-8 bytes, as `collate "C"` does in PostgreSQL. Every transaction locks profiles in this
 * order, so that transactions cannot deadlock over them. The default order of JavaScript differs beyond U+FFFF.
 */
export function compareUserKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const difference = orderOf(a.charCodeAt(index)) - orderOf(b.charCodeAt(index));
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Moves the surrogates, U+D800–DFFF, behind all other UTF-16 units. */
function orderOf(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}
