import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptySnapshot, patchSnapshot, toScoringMarket } from '../../../src/catalog/catalog-snapshot.js';
import type { Market } from '../../../src/domain/market.js';
import { storedMarket } from '../../support/stored-market.js';

const snapshotOf = (...markets: Market[]) => patchSnapshot(emptySnapshot, markets, 1n);
const idsIn = (snapshot: typeof emptySnapshot): string[] => snapshot.entries.map(({ market }) => market.id);

const IDS = ['a', 'B', 'c', 'é', 'm10', 'm9', '\u{1f600}', '\uffff'];

/** The open markets in their last state, sorted by id. */
function expectedMarkets(changed: readonly Market[]): Market[] {
  const latest = new Map(changed.map((market) => [market.id, market]));
  return [...latest.values()]
    .filter(({ status }) => status === 'OPEN')
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

const changes: fc.Arbitrary<Market[]> = fc.array(
  fc
    .record({
      id: fc.constantFrom(...IDS),
      status: fc.constantFrom('OPEN', 'CLOSED', 'RESOLVED'),
      title: fc.constantFrom('One?', 'Two?'),
    })
    .map(({ id, status, title }) => storedMarket(id, { status, title })),
  { maxLength: 14 },
);

describe('CatalogSnapshot', () => {
  it('contains the open markets sorted by id', () => {
    const snapshot = snapshotOf(
      storedMarket('m9'),
      storedMarket('closed', { status: 'CLOSED' }),
      storedMarket('m10'),
      storedMarket('B'),
      storedMarket('resolved', { status: 'RESOLVED' }),
    );
    expect(idsIn(snapshot)).toEqual(['B', 'm10', 'm9']);
    expect(snapshot.byId.get('m10')).toBe(snapshot.entries[1]);
    expect(
      ['B', 'm10', 'm9', 'closed', 'resolved', '', 'm1', 'z'].map((id) => snapshot.byId.has(id)),
    ).toEqual([...[true, true, true], ...[false, false, false, false, false]]);
    expect(snapshot.version).toBe(1n);
  });

  it('applies changes, removes markets that are not open, and keeps other entries', () => {
    const before = snapshotOf(storedMarket('a'), storedMarket('b'), storedMarket('c'));
    const after = patchSnapshot(
      before,
      [
        storedMarket('c', { title: 'Changed?' }),
        storedMarket('a', { status: 'RESOLVED' }),
        storedMarket('d'),
      ],
      2n,
    );
    expect(idsIn(after)).toEqual(['b', 'c', 'd']);
    expect(after.byId.get('c')?.market.title).toBe('Changed?');
    expect(after.byId.get('b')).toBe(before.byId.get('b'));
    expect(after.version).toBe(2n);
    expect(idsIn(patchSnapshot(after, [storedMarket('a')], 3n))).toEqual(['a', 'b', 'c', 'd']);
  });

  it('is immutable, and its content does not depend on how changes are batched', () => {
    fc.assert(
      fc.property(changes, changes, (first, second) => {
        const before = snapshotOf(...first);
        const entries = structuredClone(before.entries);
        const after = patchSnapshot(before, second, 2n);
        expect(before.entries).toEqual(entries);
        expect(after.entries).toEqual(patchSnapshot(emptySnapshot, [...first, ...second], 2n).entries);
        expect(after.entries.map(({ market }) => market)).toEqual(expectedMarkets([...first, ...second]));
        for (const id of IDS) {
          expect(after.byId.get(id)).toBe(after.entries.find(({ market }) => market.id === id));
        }
        expect(emptySnapshot).toMatchObject({ version: 0n, entries: [] });
      }),
    );
  });

  it('precomputes the scoring features of a market', () => {
    const market = storedMarket('a', {
      category: 'Sports',
      tags: ['World Cup', 'FOOTBALL'],
      probability: null,
      volume24h: 1,
      volumeTotal: 2,
      editorialBoost: 0.5,
      resolvesAt: new Date(86_400_000),
      createdAt: new Date(1_000),
    });
    const scoring = {
      id: 'a',
      category: 'sports',
      tags: ['world cup', 'football'],
      probability: null,
      volume24h: 1,
      volumeTotal: 2,
      createdAtMs: 1_000,
      resolvesAtMs: 86_400_000,
      editorialBoost: 0.5,
    };
    expect(toScoringMarket(market)).toEqual(scoring);
    expect(snapshotOf(market).entries).toEqual([
      { market, scoring, resolvesAtMs: 86_400_000, reference: { marketId: 'a', number: market.number } },
    ]);
    expect(snapshotOf(storedMarket('a')).entries[0]).toMatchObject({
      resolvesAtMs: Infinity,
      scoring: { resolvesAtMs: null },
    });
  });
});
