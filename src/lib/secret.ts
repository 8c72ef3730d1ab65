import { OperatorError } from './errors.js';

const MIN_SECRET_BYTES = 16;

/**
 * Checks the key of an HMAC.
 *
 * @param use what it is for, as part of a sentence.
 * @throws {OperatorError} when it is short enough to be guessed.
 */
export function requireSecret(secret: Uint8Array, use: string): void {
  if (secret.length < MIN_SECRET_BYTES)
    throw new OperatorError(`The secret for ${use} must have at least ${MIN_SECRET_BYTES} bytes.`);
}
