import { expect, it } from 'vitest';
import { valueAt } from '../../../../src/config/config-values.js';
import { loadRankingConfig, parseRankingConfig } from '../../../../src/config/ranking-config.js';
import { RENAMED_KEYS } from '../../../../src/config/validation/renamed-keys.js';

const defaults = loadRankingConfig(undefined);

it.each([...RENAMED_KEYS])('rejects %s with the present name %s', (former, present) => {
  expect(valueAt(defaults, present.split('.'))).toBeDefined();
  expect(valueAt(defaults, former.split('.'))).toBeUndefined();
  const config = former.split('.').reduceRight<unknown>((inner, key) => ({ [key]: inner }), 1);
  expect(() => parseRankingConfig(JSON.stringify(config), 'ranking.yaml')).toThrow(
    `${former}: was renamed to ${present}`,
  );
});
