import { createHmac, createSecretKey } from 'node:crypto';
import { requireSecret } from './secret.js';

/** 32 characters of 6 bits, 192 in all: no two users of a deployment get the same pseudonym. */
const PSEUDONYM_LENGTH = 32;

/**
 * Creates the pseudonymization of user keys: `u_` and the first 32 characters of base64url(HMAC-SHA-256(secret, user
 * key)). It is the `id` of a user in the API, and `user` in events for sinks. A user keeps it as long as the secret stays
 * the same. Without the secret, a pseudonym can be neither reversed nor computed from a guessed user key.
 *
 * @throws {OperatorError} when the secret is short enough to be guessed.
 */
export function userPseudonym(secret: string | Uint8Array): (userKey: string) => string {
  const bytes = Buffer.from(secret);
  requireSecret(bytes, 'user pseudonyms');
  // Bytes as a key take Node six times as long for each user.
  const key = createSecretKey(bytes);
  return (userKey) =>
    `u_${createHmac('sha256', key).update(userKey).digest('base64url').slice(0, PSEUDONYM_LENGTH)}`;
}
