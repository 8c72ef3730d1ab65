import { isDeepStrictEqual } from 'node:util';
import { isTree } from './config-tree.js';
import type { RankingConfig } from './ranking-schema.js';

/** A value that differs between two configs; a list is one value. */
export interface ConfigDifference {
  /** Such as `feed.quotas.PERSONAL`. */
  readonly path: string;
  readonly from: unknown;
  readonly to: unknown;
}

/** Every value that differs, in the order of the config. */
export function configDifferences(before: RankingConfig, after: RankingConfig): ConfigDifference[] {
  return differences(before, after, '');
}

function differences(from: unknown, to: unknown, path: string): ConfigDifference[] {
  if (!isTree(from) || !isTree(to)) return isDeepStrictEqual(from, to) ? [] : [{ path, from, to }];
  return Object.keys({ ...from, ...to }).flatMap((key) =>
    differences(from[key], to[key], path === '' ? key : `${path}.${key}`),
  );
}
