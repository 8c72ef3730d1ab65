import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  emptySnapshot,
  patchSnapshot,
  refreshSnapshotWork,
  snapshotWork,
  toEntry,
} from '../../../src/catalog/catalog-snapshot.js';
import { atOnce, inSlices } from '../../../src/lib/in-slices.js';
import {
  columnsOf,
  columnsOfSome,
  NUMBER_COLUMNS,
  type CatalogColumns,
} from '../../../src/catalog/columns/market-columns.js';
import { marketTerms } from '../../../src/catalog/columns/market-terms.js';
import type { Market } from '../../../src/domain/market.js';
import type { MarketColumns } from '../../../src/scoring/v2/features.js';
import { columnsOfMarkets, DAY_MS, marketArbitrary, NOW_MS } from '../../support/scoring-v2.js';
import { storedMarket } from '../../support/stored-market.js';

const KEYS = [
  'politics',
  'sports',
  'news',
  'politic',
  'sport',
  'rain',
  'odon',
  'usa',
  'bitcoin',
  'breaking',
  'cup',
  'weather',
];
const EVENTS = ['e0', 'e1', 'e2'];
const IDS = ['m0', 'm1', 'm2', 'm3', 'm4'];

/** Within the time in which the markets of the properties are made. */
const INSTANTS = [-60, -7, 0, 7, 60].map((days) => NOW_MS + days * DAY_MS);

/**
 * Everything that columns say, with words, topics, and events by name: their numbers depend on the history, and nothing
 * depends on the numbers.
 */
function contentOf(columns: CatalogColumns): unknown {
  const { text, topics, events, ids } = columns;
  const rows = [...ids.keys()];
  return {
    size: columns.size,
    ids,
    numbers: NUMBER_COLUMNS.map((name) => columns[name]),
    flags: [columns.isNews, columns.isSports, columns.restrictedRows],
    creation: [columns.creationRank, columns.creationSpread, columns.creationTimes],
    rowOf: IDS.map((id) => columns.rowOf(id)),
    slots: rows.map((row) => columns.markets.keyOf(columns.slot[row] as number)),
    event: Array.from(columns.event, (event) => (event < 0 ? null : events.keyOf(event))),
    rowsOfEvents: EVENTS.map((key) => {
      const event = columns.eventOf(key);
      return event === undefined ? [] : rows.filter((row) => columns.event[row] === event);
    }),
    creationRankOf: INSTANTS.map((instant) => columns.creationRankOf(instant)),
    creationSpreadOf: INSTANTS.map((instant) => columns.creationSpreadOf(instant)),
    topics: rows.map((row) =>
      topicsOf(columns, row).map((id) => [topics.numbering.keyOf(id), topics.idf[id]]),
    ),
    category: Array.from(columns.category, (id) => topics.numbering.keyOf(id)),
    topicWeights: KEYS.map((key) =>
      (['CATEGORY', 'TAG'] as const).map((kind) => {
        const id = topics.idOf(kind, key);
        return id === undefined ? 1 : topics.idf[id];
      }),
    ),
    unknownIdf: text.unknownIdf,
    text: rows.map((row) =>
      wordsOf(columns, row).map((id, index) => [
        text.words.keyOf(id),
        text.idf[id],
        weightsOf(columns, row)[index],
        text.counts[(text.start[row] as number) + index],
      ]),
    ),
    words: KEYS.map((key) => {
      const id = text.idOf(key);
      return id === undefined
        ? { idf: text.unknownIdf, postings: [] }
        : { idf: text.idf[id], postings: postingsOf(columns, id) };
    }),
  };
}

/** The rows that have a word, with its weight. */
function postingsOf({ text }: CatalogColumns, word: number): [row: number, weight: number][] {
  const { postingStart, postingRows, postingWeights } = text;
  const to = postingStart[word + 1] as number;
  const postings: [number, number][] = [];
  for (let at = postingStart[word] as number; at < to; at += 1) {
    postings.push([postingRows[at] as number, postingWeights[at] as number]);
  }
  return postings.sort(([a], [b]) => a - b);
}

/** The columns that do not wait for a recomputation of the weights. */
function unweighedContentOf(columns: CatalogColumns): unknown {
  return {
    ...(contentOf(columns) as object),
    ...{ topicWeights: null, unknownIdf: null, text: null, words: null },
    topics: [...columns.ids.keys()].map((row) =>
      topicsOf(columns, row).map((id) => columns.topics.numbering.keyOf(id)),
    ),
  };
}

const wordsOf = ({ text }: MarketColumns, row: number): number[] => [
  ...text.terms.subarray(text.start[row], text.start[row + 1]),
];

const weightsOf = ({ text }: MarketColumns, row: number): number[] => [
  ...text.weights.subarray(text.start[row], text.start[row + 1]),
];

const topicsOf = ({ topics }: MarketColumns, row: number): number[] => [
  ...topics.ids.subarray(topics.start[row], topics.start[row + 1]),
];

/** Changes of all kinds, among them many that touch numbers alone. */
const patches: fc.Arbitrary<Market[][]> = fc.array(
  fc.array(
    fc
      .constantFrom(...IDS)
      .chain((id) =>
        fc
          .tuple(marketArbitrary(id), fc.constantFrom('OPEN' as const, 'OPEN' as const, 'CLOSED' as const))
          .map(([market, status]) => ({ ...market, status })),
      ),
    { maxLength: 4 },
  ),
  { maxLength: 6 },
);
const priceOf = fc.record({
  id: fc.constantFrom(...IDS),
  probability: fc.double({ min: 0, max: 1, noNaN: true }),
});

describe('the columns of markets', () => {
  it('have a row for each market in the order of ids, numbers as they are and NaN where there is none', () => {
    const columns = columnsOfMarkets(
      storedMarket('b', { probability: null, volume24h: 3, volumeTotal: 5, createdAt: new Date(7) }),
      storedMarket('a', { probability: 0.25, editorialBoost: 0.5, resolvesAt: new Date(9), eventKey: 'e' }),
    );
    expect(columns).toMatchObject({ size: 2, ids: ['a', 'b'] });
    expect([...columns.probability]).toEqual([0.25, NaN]);
    expect([...columns.volume24h, ...columns.volumeTotal]).toEqual([0, 3, 0, 5]);
    expect(columns.createdAtMs[1]).toBe(7);
    expect([...columns.resolvesAtMs]).toEqual([9, Infinity]);
    expect([...columns.editorialBoost]).toEqual([0.5, 0]);
    expect([...columns.event]).toEqual([0, -1]);
    expect([columns.eventOf('e'), columns.eventOf('f')]).toEqual([0, undefined]);
    expect(['a', 'b', 'c', ''].map((id) => columns.rowOf(id))).toEqual([0, 1, undefined, undefined]);
  });

  it('have a place in the order of creation, and one for any other time', () => {
    const columns = columnsOfMarkets(
      storedMarket('a', { createdAt: new Date(30) }),
      storedMarket('b', { createdAt: new Date(10) }),
      storedMarket('c', { createdAt: new Date(30) }),
    );
    expect([...columns.creationRank]).toEqual([1.5, 0, 1.5]);
    expect([10, 20, 30, 40].map((instant) => columns.creationRankOf(instant))).toEqual([0, 0.5, 1.5, 2.5]);
  });

  it('know news by category or tag, and sports by category', () => {
    const columns = columnsOfMarkets(
      storedMarket('a', { category: 'News' }),
      storedMarket('b', { category: 'Sports', tags: ['BREAKING'] }),
      storedMarket('c', { category: 'Politics', tags: ['sports'] }),
    );
    expect([[...columns.isNews], [...columns.isSports]]).toEqual([
      [1, 1, 0],
      [0, 1, 0],
    ]);
  });

  it('number topics one by one with what each says', () => {
    const columns = columnsOfMarkets(
      storedMarket('a', { category: 'Sports', tags: ['Cup', 'usa'] }),
      storedMarket('b', { category: 'Weather', tags: ['USA', 'sports'] }),
    );
    const { topics } = columns;
    expect(topics.count).toBe(5);
    expect([topicsOf(columns, 0), topicsOf(columns, 1)]).toEqual([
      [0, 1, 2],
      [3, 2, 4],
    ]);
    expect([...columns.category]).toEqual([0, 3]);
    expect([topics.idOf('CATEGORY', 'sports'), topics.idOf('TAG', 'sports')]).toEqual([0, 4]);
    expect([topics.idOf('TAG', 'weather'), topics.idOf('CATEGORY', 'cup')]).toEqual([undefined, undefined]);
    const shared = Math.log(2) / Math.log(3);
    expect([...topics.idf]).toEqual([1, 1, shared, 1, 1].map((idf) => expect.closeTo(idf, 12) as number));
  });

  it('weigh words by how often a market says them and how few say them, in vectors of length 1', () => {
    const columns = columnsOfMarkets(
      storedMarket('a', { title: 'Rain, rain?', category: 'Weather', tags: ['rain'] }),
      storedMarket('b', { title: 'Snow?', category: 'Weather' }),
    );
    const { text } = columns;
    const [rain, weather, snow] = ['rain', 'weather', 'snow'].map((word) => text.idOf(word));
    expect([wordsOf(columns, 0), wordsOf(columns, 1)]).toEqual([
      [rain, weather],
      [snow, weather],
    ]);
    const raw = [3 * Math.log(3), 2 * Math.log(2)] as const;
    expect(weightsOf(columns, 0)).toEqual(
      raw.map((weight) => expect.closeTo(weight / Math.hypot(...raw), 6) as number),
    );
    expect(text.unknownIdf).toBe(Math.log(3));
    const place = text.postingStart[weather ?? NaN] ?? NaN;
    expect([...text.postingRows.subarray(place, place + 2)]).toEqual([0, 1]);
    expect(text.postingStart[text.count]).toBe(4);
    expect(text.postingWeights[place]).toBe(weightsOf(columns, 0)[1]);
  });

  it('take a market without any word of meaning', () => {
    const columns = columnsOfMarkets(storedMarket('a', { title: 'Will it?', category: 'X' }));
    expect([wordsOf(columns, 0), columns.text.count]).toEqual([[], 0]);
  });

  it('equal columns made from scratch after any changes, once the weights are recomputed', () => {
    fc.assert(
      fc.property(
        patches,
        fc.array(priceOf, { maxLength: 4 }),
        fc.func(fc.boolean()),
        (changes, prices, refreshes) => {
          let snapshot = emptySnapshot;
          const step = (changed: readonly Market[]) => {
            snapshot = patchSnapshot(snapshot, changed, snapshot.version + 1n);
            const anew = columnsOf(snapshot.entries.map(({ market }) => toEntry(structuredClone(market))));
            expect(unweighedContentOf(snapshot.columns)).toEqual(unweighedContentOf(anew));
            if (snapshot.columns.weighed) expect(contentOf(snapshot.columns)).toEqual(contentOf(anew));
            const refreshed = atOnce(refreshSnapshotWork(snapshot));
            expect(contentOf(refreshed.columns)).toEqual(contentOf(anew));
            expect(refreshed.columns.weighed).toBe(true);
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

  it('keep texts and topics as they are when none changed', () => {
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
    expect(columns.weighed).toBe(true);
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

  it('keep the words of a renamed market, and have none of a new one, until the weights are recomputed', () => {
    const before = patchSnapshot(emptySnapshot, [storedMarket('b', { title: 'Rain?' })], 1n);
    const patched = patchSnapshot(
      before,
      [storedMarket('b', { title: 'Snow?' }), storedMarket('a', { title: 'Hail?' })],
      2n,
    );
    const words = ({ columns }: typeof patched) =>
      [...columns.ids.keys()].map((row) =>
        columns.textRow[row] === -1
          ? []
          : wordsOf(columns, columns.textRow[row] as number).map((id) => columns.text.words.keyOf(id)),
      );
    expect(words(patched)).toEqual([[], ['rain', 'politic']]);
    expect(words(atOnce(refreshSnapshotWork(patched)))).toEqual([
      ['hail', 'politic'],
      ['snow', 'politic'],
    ]);
  });

  it('are put in another order of creation when a market turns out to be older', () => {
    const made = (id: string, ms: number) => storedMarket(id, { createdAt: new Date(ms) });
    const before = patchSnapshot(emptySnapshot, [made('a', 10), made('b', 20)], 1n);
    const repriced = patchSnapshot(before, [{ ...made('b', 20), probability: 0.9 }], 2n);
    expect(repriced.columns.creationRank).toBe(before.columns.creationRank);
    expect([...patchSnapshot(before, [made('b', 5)], 2n).columns.creationRank]).toEqual([1, 0]);
    expect([...before.columns.creationRank]).toEqual([0, 1]);
  });

  it('of a few markets weigh words and topics as the whole catalog does', () => {
    const markets = [
      storedMarket('a', { title: 'Rain in May?', tags: ['wet'] }),
      storedMarket('b', { title: 'Snow in May?', tags: ['wet', 'cold'] }),
      storedMarket('c', { title: 'Rain in June?' }),
    ];
    const all = columnsOfMarkets(...markets);
    const some = columnsOfSome(
      [storedMarket('n', { title: 'Hail in May?', tags: ['wet', 'new'] }), ...markets.slice(1, 2)].map(
        toEntry,
      ),
      all,
    );
    expect(some.ids).toEqual(['b', 'n']);
    expect([wordsOf(some, 0), weightsOf(some, 0)]).toEqual([wordsOf(all, 1), weightsOf(all, 1)]);
    expect(some.text.idOf('rain')).toBe(all.text.idOf('rain'));
    expect(some.text.idf[some.text.idOf('hail') ?? NaN]).toBe(all.text.unknownIdf);
    expect(some.text.unknownIdf).toBe(all.text.unknownIdf);
    const idfOf = (columns: MarketColumns, key: string) =>
      columns.topics.idf[columns.topics.idOf('TAG', key) ?? NaN];
    expect(idfOf(some, 'wet')).toBe(idfOf(all, 'wet'));
    expect(idfOf(some, 'new')).toBe(1);
    expect(all.text.idOf('hail')).toBeUndefined();
  });
});

describe('a snapshot made in slices', () => {
  it('equals one made by patching, for markets in any order', async () => {
    const markets = Array.from({ length: 3_000 }, (_, index) =>
      storedMarket(`m${(index * 7_919) % 3_000}`, { title: `Rain ${index % 50}?`, tags: [`t${index % 7}`] }),
    );
    const sliced = await inSlices(snapshotWork(markets.map(toEntry), 3n));
    const patched = atOnce(refreshSnapshotWork(patchSnapshot(emptySnapshot, markets, 3n)));
    expect(sliced.version).toBe(3n);
    expect(sliced.entries).toEqual(patched.entries);
    expect(contentOf(sliced.columns)).toEqual(contentOf(patched.columns));
  });

  it('forgets words and markets that are gone when most are', () => {
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

describe('the words of a market', () => {
  it('are worked out once for each market object, and stay what they are when columns are made', () => {
    const one = storedMarket('a', { title: 'Bitcoin halving?' });
    const terms = marketTerms(one);
    expect(terms.terms).toEqual(['bitcoin', 'halving', 'politic']);
    expect(terms.counts).toEqual([1, 1, 2]);
    expect(marketTerms(one)).toBe(terms);
    columnsOfMarkets(one, storedMarket('b', { title: 'Bitcoin?' }));
    expect(terms.terms).toEqual(['bitcoin', 'halving', 'politic']);
  });
});
