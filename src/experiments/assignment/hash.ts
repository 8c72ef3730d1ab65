import type { HashVersion } from '../../domain/experiment.js';

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/**
 * The bucket of a unit, in [0, 1): a multiple of 0.0001 with version 2 and of 0.001 with version 1. It equals the `hash`
 * of the GrowthBook SDK for JavaScript, so a site can compute the assignments of the gateway with any such SDK.
 *
 * Version 1 hashes unit and seed in one pass, which correlates seeds that share a beginning. Version 2 hashes twice.
 */
export function bucketOf(seed: string, unit: string, version: HashVersion): number {
  if (version === 1) return (fnv1a(unit + seed) % 1_000) / 1_000;
  return (fnv1a(String(fnv1a(seed + unit))) % 10_000) / 10_000;
}

/**
 * FNV-1a with 32 bits over UTF-16 code units. For texts beyond ASCII, SDKs that hash UTF-8 give other buckets.
 *
 * Source: Fowler, Noll, and Vo, "The FNV non-cryptographic hash algorithm".
 */
function fnv1a(text: string): number {
  let hash = FNV_OFFSET;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), FNV_PRIME);
  }
  return hash >>> 0;
}
