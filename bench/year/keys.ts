/** Ids of 66 characters, as sites on a blockchain have them. */
import { createHash } from 'node:crypto';

/** The key of a user by number. {@link USER_KEY_SQL} gives the same in PostgreSQL. */
export function userKeyOf(number: number): string {
  return hexOf(`user ${number}`);
}

/** An expression over the column `n`. */
export const USER_KEY_SQL = `'0x' || encode(sha256(convert_to('user ' || n, 'UTF8')), 'hex')`;

export function marketIdOf(number: number): string {
  return hexOf(`market ${number}`);
}

function hexOf(text: string): string {
  return `0x${createHash('sha256').update(text).digest('hex')}`;
}
