import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  buildSnapshotWork,
  emptySnapshot,
  patchSnapshot,
  refreshSnapshotWork,
  toEntry,
} from '../../../../src/catalog/catalog-snapshot.js';
import { buildColumns } from '../../../../src/catalog/columns/build-columns.js';
import type { Market } from '../../../../src/domain/market.js';
import { atOnce, inSlices } from '../../../../src/lib/event-loop.js';
import {
  COLUMN_IDS,
  contentOf,
  postingsOf,
  termsOf,
  unweightedContentOf,
} from '../../../support/column-content.js';
import { marketArbitrary } from '../../../support/scoring-v2.js';
import { storedMarket } from '../../../support/stored-market.js';

/** Changes of all kinds, many of them of numbers only. */
const patches: fc.Arbitrary<Market[][]> = fc.array(
  fc.array(
    fc
      .constantFrom(...COLUMN_IDS)
      .chain((id) =>
        fc
          .tuple(marketArbitrary(id), fc.constantFrom('OPEN' as const, 'OPEN' as const, 'CLOSED' as const))
          .map(([market, status]) => ({ ...market, status })),
      ),
    { maxLength: 4 },
  ),
  { maxLength: 6 },
);
const priceChange = fc.record({
  id: fc.constantFrom(...COLUMN_IDS),
  probability: fc.double({ min: 0, max: 1, noNaN: true }),
});

describe('patchColumns', () => {
  it('equals columns built from scratch after any changes, once the weights are refreshed', () => {
    fc.assert(
      fc.property(
        patches,
        fc.array(priceChange, { maxLength: 4 }),
        fc.func(fc.boolean()),
        (changes, prices, refreshes) => {
          let snapshot = emptySnapshot;
          const step = (changed: readonly Market[]) => {
            snapshot = patchSnapshot(snapshot, changed, snapshot.version + 1n);
            const rebuilt = buildColumns(
              snapshot.entries.map(({ market }) => toEntry(structuredClone(market))),
            );
            expect(unweightedContentOf(snapshot.columns)).toEqual(unweightedContentOf(rebuilt));
            if (snapshot.columns.hasCurrentWeights)
              expect(contentOf(snapshot.columns)).toEqual(contentOf(rebuilt));
            const refreshed = atOnce(refreshSnapshotWork(snapshot));
            expect(contentOf(refreshed.columns)).toEqual(contentOf(rebuilt));
            expect(refreshed.columns.hasCurrentWeights).toBe(true);
            if (refreshes(snapshot.version)) snapshot = refreshed;
          };
          for (const changed of changes) step(changed);
          for (const { id, probability } of prices) {
            const entry = snapshot.byId.get(id);
            if (entry !== undefined) step([{ ...entry.market, probability }]);
          }
        },
      ),
    );
  });

  it('shares text and topics with the old columns if none changed', () => {
    const markets = [storedMarket('a', { tags: ['x1'] }), storedMarket('b'), storedMarket('c')];
    const before = patchSnapshot(emptySnapshot, markets, 1n);
    const { columns } = patchSnapshot(
      before,
      [{ ...storedMarket('a', { tags: ['x1'] }), probability: 0.9 }],
      2n,
    );
    expect(columns.text).toBe(before.columns.text);
    expect(columns.topics).toBe(before.columns.topics);
    expect(columns.ids).toBe(before.columns.ids);
    expect([columns.probability[0], before.columns.probability[0]]).toEqual([0.9, 0.5]);
    expect(columns.hasCurrentWeights).toBe(true);
    const grouped = patchSnapshot(before, [storedMarket('a', { tags: ['x1'], eventKey: 'e0' })], 2n);
    expect([grouped.columns.eventOf('e0'), before.columns.eventOf('e0')]).toEqual([0, undefined]);
    expect(patchSnapshot(before, [storedMarket('z', { status: 'CLOSED' })], 2n).columns).toBe(before.columns);
    const patched = patchSnapshot(before, [storedMarket('a', { tags: ['x2'] })], 2n);
    expect(patched.columns.text).toBe(before.columns.text);
    expect(patched.columns.topics.idOf('TAG', 'x2')).toBeDefined();
    expect(before.columns.topics.idOf('TAG', 'x2')).toBeUndefined();
    const retagged = atOnce(refreshSnapshotWork(patched)).columns;
    expect(before.columns.text.idOf('x2')).toBeUndefined();
    expect(postingsOf(retagged, retagged.text.idOf('x2') ?? NaN)).toHaveLength(1);
    expect(postingsOf(retagged, retagged.text.idOf('x1') ?? NaN)).toEqual([]);
  });

  it('keeps the old terms of a renamed market, and has none of a new one, until the weights are refreshed', () => {
    const before = patchSnapshot(emptySnapshot, [storedMarket('b', { title: 'Rain?' })], 1n);
    const patched = patchSnapshot(
      before,
      [storedMarket('b', { title: 'Snow?' }), storedMarket('a', { title: 'Hail?' })],
      2n,
    );
    const terms = ({ columns }: typeof patched) =>
      [...columns.ids.keys()].map((row) =>
        columns.textRow[row] === -1
          ? []
          : termsOf(columns, columns.textRow[row] as number).map((id) => columns.text.dictionary.keyOf(id)),
      );
    expect(terms(patched)).toEqual([[], ['rain', 'politic']]);
    expect(terms(atOnce(refreshSnapshotWork(patched)))).toEqual([
      ['hail', 'politic'],
      ['snow', 'politic'],
    ]);
  });

  it('updates the creation order if the creation time of a market changes', () => {
    const created = (id: string, ms: number) => storedMarket(id, { createdAt: new Date(ms) });
    const before = patchSnapshot(emptySnapshot, [created('a', 10), created('b', 20)], 1n);
    const repriced = patchSnapshot(before, [{ ...created('b', 20), probability: 0.9 }], 2n);
    expect(repriced.columns.creationRank).toBe(before.columns.creationRank);
    expect([...patchSnapshot(before, [created('b', 5)], 2n).columns.creationRank]).toEqual([1, 0]);
    expect([...before.columns.creationRank]).toEqual([0, 1]);
  });
});

describe('buildSnapshotWork', () => {
  it('equals a patched snapshot, for markets in any order', async () => {
    const markets = Array.from({ length: 3_000 }, (_, index) =>
      storedMarket(`m${(index * 7_919) % 3_000}`, { title: `Rain ${index % 50}?`, tags: [`t${index % 7}`] }),
    );
    const built = await inSlices(buildSnapshotWork(markets.map(toEntry), 3n));
    const patched = atOnce(refreshSnapshotWork(patchSnapshot(emptySnapshot, markets, 3n)));
    expect(built.version).toBe(3n);
    expect(built.entries).toEqual(patched.entries);
    expect(contentOf(built.columns)).toEqual(contentOf(patched.columns));
  });
});

describe('refreshSnapshotWork', () => {
  it('frees the memory of removed terms and markets if most are removed', () => {
    const titled = (round: number) =>
      Array.from({ length: 400 }, (_, index) =>
        storedMarket(`m${round}-${index}`, {
          title: `w${round}x${index} v${round}x${index} u${round}x${index}`,
        }),
      );
    let snapshot = emptySnapshot;
    for (let round = 0; round < 12; round += 1) {
      const gone = snapshot.entries.map(({ market }) => ({ ...market, status: 'CLOSED' as const }));
      snapshot = patchSnapshot(snapshot, [...gone, ...titled(round)], BigInt(round));
      expect(snapshot.entries).toHaveLength(400);
      snapshot = atOnce(refreshSnapshotWork(snapshot));
    }
    expect(snapshot.columns.markets.size).toBeLessThan(2_500);
    expect(snapshot.columns.text.count).toBeLessThan(15_000);
  });
});
