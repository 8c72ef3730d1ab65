import { hash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

const PREFIX = 'bwk_';
const RANDOM_BYTES = 24;

/** `bwk_`, 24 random bytes, and the CRC-32 of both, in hexadecimal. */
const FORMAT = /^(bwk_[0-9a-f]{48})([0-9a-f]{8})$/;

/** Creates an API key with 192 random bits. */
export function createApiKey(): string {
  const key = PREFIX + randomBytes(RANDOM_BYTES).toString('hex');
  return key + checksum(key);
}

/** Whether a text has the form and the checksum of an API key, so that almost all other texts need no lookup. */
export function isApiKey(text: string): boolean {
  const [, key, sum] = FORMAT.exec(text) ?? [];
  return key !== undefined && checksum(key) === sum;
}

/** Returns the SHA-256 of an API key. The key has too many random bits for a slow hash to protect it any better. */
export function apiKeyHash(key: string): Buffer<ArrayBuffer> {
  // Hashing to a buffer takes four times as long.
  return Buffer.from(hash('sha256', key, 'hex'), 'hex');
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}
