import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  emptySnapshot,
  patchSnapshot,
  refreshSnapshotWork,
  withVectors,
  type CatalogSnapshot,
} from '../../../../src/catalog/catalog-snapshot.js';
import { noVectors, setVectors, VectorStore } from '../../../../src/catalog/columns/vector-columns.js';
import { atOnce } from '../../../../src/lib/event-loop.js';
import { VECTOR_SIZE, type VectorColumns } from '../../../../src/scoring/v2/features.js';
import { storedMarket } from '../../../support/stored-market.js';

/** A vector that is recognized by its first number. */
const values = (mark: number): Int8Array =>
  Int8Array.from({ length: VECTOR_SIZE }, (_, i) => (i === 0 ? mark : 1));
const stored = (mark: number) => ({ model: 'm', values: values(mark) });

/** By row, the first number of its vector; null without one. */
function marksOf(vectors: VectorColumns | null): (number | null)[] {
  if (vectors === null) return [];
  return Array.from(vectors.index, (index) =>
    index < 0 ? null : (vectors.values[index * VECTOR_SIZE] ?? null),
  );
}

const marksById = ({ columns }: CatalogSnapshot) =>
  Object.fromEntries(columns.ids.map((id, row) => [id, marksOf(columns.vectors)[row]]));

describe('the text vectors of a catalog', () => {
  it('follow their markets through any sequence of changes, and no version changes later', () => {
    const step = fc.record({
      id: fc.integer({ min: 1, max: 8 }),
      change: fc.constantFrom('open', 'rename', 'close', 'vector', 'refresh'),
      mark: fc.integer({ min: 2, max: 120 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let snapshot = withVectors(emptySnapshot, []);
        const expected = new Map<string, number | null>();
        const versions: { snapshot: CatalogSnapshot; marks: unknown }[] = [];
        for (const { id: number, change, mark } of steps) {
          const id = `m${number}`;
          const market = storedMarket(id, { number, title: change === 'rename' ? `title ${mark}` : id });
          if (change === 'open' || change === 'rename') {
            const isFirst = snapshot.columns.size === 0;
            snapshot = withVectors(patchSnapshot(snapshot, [market], 1n), []);
            if (isFirst || !expected.has(id)) expected.set(id, null);
          } else if (change === 'close') {
            snapshot = patchSnapshot(snapshot, [{ ...market, status: 'CLOSED' }], 1n);
            expected.delete(id);
          } else if (change === 'vector') {
            snapshot = withVectors(snapshot, [{ number, ...stored(mark) }]);
            if (expected.has(id)) expected.set(id, mark);
          } else snapshot = atOnce(refreshSnapshotWork(snapshot));
          expect(marksById(snapshot)).toEqual(Object.fromEntries(expected));
          versions.push({ snapshot, marks: marksById(snapshot) });
        }
        for (const version of versions) expect(marksById(version.snapshot)).toEqual(version.marks);
      }),
      { numRuns: 100 },
    );
  });

  it('are compacted when most of the store is unused, without a change of earlier versions', () => {
    let vectors = setVectors(noVectors(2), [[1, stored(7)]]);
    const before = vectors;
    for (let round = 0; round < 1_010; round += 1)
      vectors = setVectors(vectors, [[0, stored(round % 100 || 1)]]);
    expect(vectors.store.size).toBeLessThan(1_000);
    expect(marksOf(vectors)).toEqual([9, 7]);
    expect(marksOf(before)).toEqual([null, 7]);
  });

  it('leave out a vector of another size or without a direction', () => {
    const store = new VectorStore(1);
    expect(store.add({ model: 'm', values: new Int8Array(0) })).toBe(-1);
    expect(store.add({ model: 'm', values: new Int8Array(VECTOR_SIZE) })).toBe(-1);
    expect(store.add(stored(3))).toBe(0);
  });
});
