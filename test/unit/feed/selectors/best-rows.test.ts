import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bestRows } from '../../../../src/feed/selectors/best-rows.js';
import { continuation, rankedRows } from '../../../../src/feed/selectors/select-slate.js';
import { slateInput } from './slate-input.js';

const all = { above: -Infinity, wanted: null };
const order = (
  key: number[],
  volume = key.map(() => 0),
): { key: Float64Array; volumeTotal: Float64Array } => ({
  key: Float64Array.from(key),
  volumeTotal: Float64Array.from(volume),
});
const rowsOf = (length: number): Int32Array => Int32Array.from({ length }, (_, row) => row);

describe('the best rows', () => {
  it('have the highest keys, ties by the larger volume and then the lower row', () => {
    const rows = bestRows(rowsOf(6), 5, order([1, 3, 1, 1, 2, 0], [5, 0, 9, 5, 0, 0]), all);
    expect([...rows]).toEqual([1, 4, 2, 0, 3]);
  });

  it('equal the first rows of a full sort, under any condition', () => {
    const entry = fc.record({ key: fc.nat({ max: 9 }), volume: fc.nat({ max: 2 }), isWanted: fc.boolean() });
    fc.assert(
      fc.property(
        fc.array(entry, { maxLength: 200 }),
        fc.nat({ max: 60 }),
        fc.nat({ max: 4 }),
        (entries, count, above) => {
          const key = entries.map((one) => one.key);
          const volume = entries.map((one) => one.volume);
          const isWanted = (row: number): boolean => entries[row]?.isWanted ?? false;
          const sorted = [...rowsOf(entries.length)]
            .filter((row) => isWanted(row) && (key[row] ?? 0) > above)
            .sort((a, b) => (key[b] ?? 0) - (key[a] ?? 0) || (volume[b] ?? 0) - (volume[a] ?? 0) || a - b);
          const best = bestRows(rowsOf(entries.length), count, order(key, volume), {
            above,
            wanted: isWanted,
          });
          expect([...best]).toEqual(sorted.slice(0, count));
        },
      ),
    );
  });

  it('rank NaN last', () => {
    expect([...bestRows(rowsOf(4), 4, order([NaN, -5, NaN, 3]), all)].slice(0, 2)).toEqual([3, 1]);
    expect([...bestRows(rowsOf(4), 2, order([NaN, -5, NaN, 3]), all)]).toEqual([3, 1]);
  });
});

describe('the continuation', () => {
  const rows = [3, 1, 4, 1, 5, 9, 2, 6].map((personal) => ({ personal }));
  const input = slateInput(rows);
  const page = { items: [4, 0].map((row) => ({ row, slot: 'PERSONAL' as const, propensity: null })) };

  it('has the rows that are not on the page, by the key of PERSONAL', () => {
    expect([...continuation(rankedRows(input, 300), page.items, 300)]).toEqual([5, 7, 2, 6, 1, 3]);
  });

  it('ends at the depth of page and continuation together', () => {
    expect([...continuation(rankedRows(input, 5), page.items, 5)]).toEqual([5, 7, 2]);
    expect([...continuation(rankedRows(input, 1), page.items, 1)]).toEqual([]);
  });

  it('has only eligible rows', () => {
    const few = rankedRows(slateInput(rows, { isEligible: (row) => row < 3 || row === 7 }), 300);
    expect([...continuation(few, page.items, 300)]).toEqual([7, 2, 1]);
  });
});
