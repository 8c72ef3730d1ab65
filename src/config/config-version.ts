import { createHash } from 'node:crypto';
import { isTree } from './config-tree.js';
import type { RankingConfig } from './ranking-schema.js';

/**
 * Names the values of a config: the first 12 hexadecimal digits of the SHA-256 of its JSON with sorted keys. Equal
 * values have equal versions on every machine, however they were written.
 */
export function configVersion(config: RankingConfig): string {
  return createHash('sha256').update(canonicalJson(config)).digest('hex').slice(0, 12);
}

function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    isTree(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
