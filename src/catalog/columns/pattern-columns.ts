import type { Work } from '../../lib/event-loop.js';
import type { KeyColumn, PatternColumns } from '../../scoring/v2/features.js';
import type { PatternSource, TitlePatterns } from '../../scoring/v2/title-patterns.js';
import { Dictionary } from './dictionary.js';
import { marketPatterns } from './market-terms.js';
import { editColumn, editList, type RowEdits } from './row-edits.js';

interface CatalogKeys extends KeyColumn {
  readonly dictionary: Dictionary;
}

/** The pattern columns of a catalog, with the state from which those of its next version are derived. */
export type CatalogPatterns = Pick<PatternColumns, 'numbers'> & Readonly<Record<Key, CatalogKeys>>;

const KEYS = ['ladder', 'series', 'family', 'template', 'source'] as const;

type Key = (typeof KEYS)[number];

/** Rows between two points at which work may be interrupted. */
const ROWS_PER_STEP = 256;

/** Builds the pattern columns of markets, in the order of the rows. */
export function* buildPatternsWork(markets: readonly PatternSource[]): Work<CatalogPatterns> {
  const dictionaries = newKeys(() => new Dictionary());
  const ids = newKeys(() => new Int32Array(markets.length));
  const numbers: (readonly number[])[] = [];
  for (const [row, market] of markets.entries()) {
    const patterns = marketPatterns(market);
    for (const key of KEYS) ids[key][row] = idOf(patterns, key, dictionaries[key]);
    numbers.push(patterns.numbers);
    if (row % ROWS_PER_STEP === 0) yield;
  }
  return { ...newKeys((key) => keyColumn(ids[key], dictionaries[key])), numbers };
}

/** Derives the pattern columns of edited rows. Reads no strings of kept rows. */
export function patchPatterns(
  old: CatalogPatterns,
  edits: RowEdits<{ readonly market: PatternSource }>,
): CatalogPatterns {
  return {
    ...newKeys((key) => {
      const { ids, dictionary } = old[key];
      const edited = editColumn(ids, edits, ({ market }) => idOf(marketPatterns(market), key, dictionary));
      return keyColumn(edited, dictionary);
    }),
    numbers: editList(old.numbers, edits, ({ market }) => marketPatterns(market).numbers),
  };
}

function newKeys<Value>(valueOf: (key: Key) => Value): Record<Key, Value> {
  return {
    ladder: valueOf('ladder'),
    series: valueOf('series'),
    family: valueOf('family'),
    template: valueOf('template'),
    source: valueOf('source'),
  };
}

function idOf(patterns: TitlePatterns, key: Key, dictionary: Dictionary): number {
  const value = patterns[key];
  return value === null ? -1 : dictionary.add(value);
}

function keyColumn(ids: Int32Array, dictionary: Dictionary): CatalogKeys {
  const count = dictionary.size;
  return {
    ...{ ids, count, dictionary },
    idOf: (key) => dictionary.find(key, count),
    keyOf: (id) => dictionary.keyOf(id),
  };
}
