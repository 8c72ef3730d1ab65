import { createCipheriv } from 'node:crypto';
import type { RandomBytes } from '../../src/privacy/differential-privacy/exact-random.js';

/** Returns a source of pseudorandom bytes that a seed determines: the key stream of AES-128 in counter mode. */
export function seededBytes(seed: number): RandomBytes {
  const key = Buffer.alloc(16);
  key.writeUInt32BE(seed);
  const stream = createCipheriv('aes-128-ctr', key, Buffer.alloc(16));
  return (count) => stream.update(Buffer.alloc(count));
}
