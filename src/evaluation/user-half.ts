import { createHash } from 'node:crypto';

export const HALVES = ['a', 'b'] as const;

/** One of two halves of all people: constants are chosen on one and reported on the other. */
export type Half = (typeof HALVES)[number];

/** Where a person belongs, whatever else is in the archive: by the lowest bit of the first byte of their key's SHA-256. */
export function halfOf(userKey: string): Half {
  const [first = 0] = createHash('sha256').update(userKey).digest();
  return (first & 1) === 0 ? 'a' : 'b';
}
