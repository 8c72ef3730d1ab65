import { configDifferences } from './config-differences.js';
import type { RankingConfig } from './ranking-schema.js';

/** Values, and sections of them, that are read only when the gateway starts. */
const READ_AT_START = [
  'profile.cacheMegabytes',
  'profile.changePollSeconds',
  'trending.refreshSeconds',
  'tracking',
  'sinks',
  'sources',
];

/** The paths of the values that differ and that take effect at the next start only. */
export function restartKeys(before: RankingConfig, after: RankingConfig): string[] {
  return configDifferences(before, after)
    .map(({ path }) => path)
    .filter((path) => READ_AT_START.some((key) => path === key || path.startsWith(`${key}.`)));
}
