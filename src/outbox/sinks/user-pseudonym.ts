import { createHmac } from 'node:crypto';
import { OperatorError } from '../../lib/errors.js';

/** 32 characters of 6 bits: enough that no two people ever share a name. */
const LENGTH = 32;

const LEAST_SECRET_BYTES = 16;

/**
 * The name under which people leave: the same for the same user key as long as the secret stays the same, and
 * without the secret not to be traced back, nor found by trying user keys.
 *
 * `u_` and the first 32 characters of base64url(HMAC-SHA-256(secret, user key)).
 *
 * @throws {OperatorError} when the secret is short enough to be guessed.
 */
export function userPseudonym(secret: string | Uint8Array): (userKey: string) => string {
  const key = Buffer.from(secret);
  if (key.length < LEAST_SECRET_BYTES) {
    throw new OperatorError(
      `The secret for the pseudonyms of users must have at least ${LEAST_SECRET_BYTES} bytes.`,
    );
  }
  return (userKey) => `u_${createHmac('sha256', key).update(userKey).digest('base64url').slice(0, LENGTH)}`;
}
