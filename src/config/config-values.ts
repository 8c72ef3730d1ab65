import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { RankingConfig } from './schema/ranking-schema.js';

/** A YAML or JSON mapping of unknown shape. */
export type Tree = Readonly<Record<string, unknown>>;

export const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Returns the value at a path, or undefined if there is none. */
export function valueAt(value: unknown, keys: readonly string[]): unknown {
  return keys.reduce<unknown>((inside, key) => {
    if (Array.isArray(inside)) return inside[Number(key)] as unknown;
    return isTree(inside) && Object.hasOwn(inside, key) ? inside[key] : undefined;
  }, value);
}

/**
 * Merges one config over another. Mappings are merged key by key; everything else is replaced, a list as a whole.
 * `__proto__` is a key like any other.
 */
export function mergeTrees(base: unknown, over: unknown): unknown {
  if (!isTree(base) || !isTree(over)) return over;
  const merged = new Map(Object.entries(base));
  for (const [key, value] of Object.entries(over)) {
    merged.set(key, merged.has(key) ? mergeTrees(merged.get(key), value) : value);
  }
  return Object.fromEntries(merged);
}

/** A value that differs between two configs. A list is one value. */
interface ConfigDifference {
  /** Such as `feed.quotas.PERSONAL`. */
  readonly path: string;
  readonly from: unknown;
  readonly to: unknown;
}

/** Returns every value that differs, in the order of the config. */
export function configDifferences(before: RankingConfig, after: RankingConfig): ConfigDifference[] {
  return differences(before, after, '');
}

function differences(from: unknown, to: unknown, path: string): ConfigDifference[] {
  if (!isTree(from) || !isTree(to)) return isDeepStrictEqual(from, to) ? [] : [{ path, from, to }];
  return Object.keys({ ...from, ...to }).flatMap((key) =>
    differences(from[key], to[key], path === '' ? key : `${path}.${key}`),
  );
}

/** Values, and sections of values, that are read only when the gateway starts. */
const READ_AT_START = [
  'profile.cacheMegabytes',
  'profile.changePollSeconds',
  'trending.refreshSeconds',
  'textVectors',
  'tracking',
  'sinks',
  'sources',
];

/** Whether a change of the value takes effect only at the next start. */
export function needsRestart(path: string): boolean {
  return READ_AT_START.some((key) => path === key || path.startsWith(`${key}.`));
}

/**
 * Returns the version of a config: the first 12 hexadecimal digits of the SHA-256 of its JSON with sorted keys. Equal
 * values have equal versions on every machine, whatever their order and comments.
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
