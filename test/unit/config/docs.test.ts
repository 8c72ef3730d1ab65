import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isTree } from '../../../src/config/config-tree.js';
import { patchConfig } from '../../../src/config/patch-config.js';
import { loadRankingConfig } from '../../../src/config/ranking-config.js';
import { restartKeys } from '../../../src/config/restart-keys.js';

const page = readFileSync(new URL('../../../docs/configuration.md', import.meta.url), 'utf8');
const standard = loadRankingConfig(undefined);

/** Key, restart mark, default and range, as the tables have them. */
const rows = [...page.matchAll(/^\| `([a-z]\w*(?:\.\w+)*)`( ↻)? \| (.*?) \| (.*?) \|/gm)]
  .map(([, key = '', mark, fallback = '', range = '']) => ({
    ...{ key, atNextStart: mark !== undefined, fallback, range },
  }))
  .filter(({ key }) => (key.split('.')[0] ?? '') in standard);

function leaves(value: unknown, path: string): { path: string; value: unknown }[] {
  if (!isTree(value)) return [{ path, value }];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, path === '' ? key : `${path}.${key}`));
}

const values = leaves(standard, '');
const patchOf = (path: string, value: unknown): unknown =>
  path.split('.').reduceRight((inner, key) => ({ [key]: inner }), value);

describe('docs/configuration.md', () => {
  it('has every value of the default config, once, and no other', () => {
    expect(rows.map(({ key }) => key).toSorted()).toEqual(values.map(({ path }) => path).toSorted());
  });

  it.each(values.filter(({ value }) => !Array.isArray(value)))(
    'tells the default of $path',
    ({ path, value }) => {
      expect(rows.find(({ key }) => key === path)?.fallback).toBe(String(value));
    },
  );

  it.each(rows.filter(({ range }) => /^(>?-?[\d.]+)–(-?[\d.]+)/.test(range)))(
    'tells the range of $key: $range',
    ({ key, range }) => {
      const [, above, least, most] = /^(>)?(-?[\d.]+)–(-?[\d.]+)/.exec(range) ?? [];
      const refusal = (value: number): string => {
        try {
          patchConfig(standard, patchOf(key, value));
          return '';
        } catch (error) {
          return (error as Error).message;
        }
      };
      const wrong = new RegExp(`config\\.${key.replaceAll('.', '\\.')}: must be (a|0)`);
      expect(refusal(Number(most))).not.toMatch(wrong);
      expect(refusal(Number(most) + 1)).toMatch(wrong);
      if (above === undefined) {
        expect(refusal(Number(least))).not.toMatch(wrong);
        expect(refusal(Number(least) - 1)).toMatch(wrong);
      } else expect(refusal(Number(least))).toMatch(wrong);
    },
  );

  it('marks the values that take effect at the next start only', () => {
    const changed = (value: unknown): unknown => {
      if (isTree(value))
        return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, changed(inner)]));
      return 'something else';
    };
    const marked = rows.filter(({ atNextStart }) => atNextStart).map(({ key }) => key);
    expect(restartKeys(standard, changed(standard) as typeof standard).toSorted()).toEqual(marked.toSorted());
  });
});
