import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptySnapshot, patchSnapshot, toEntry } from '../../src/catalogue/catalogue-snapshot.js';
import { columnsOf } from '../../src/catalogue/market-columns.js';
import { marketTerms } from '../../src/catalogue/market-terms.js';
import type { Market } from '../../src/repositories/market.js';
import type { MarketColumns } from '../../src/scoring/v2/market-columns.js';
import { columnsOfMarkets, DAY_MS, marketArbitrary, NOW_MS } from '../support/scoring-v2.js';
import { storedMarket } from '../support/stored-market.js';

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

/** Everything that columns say, what look-ups answer included. */
/** Within the time in which the markets of the properties are made. */
const INSTANTS = [-60, -7, 0, 7, 60].map((days) => NOW_MS + days * DAY_MS);

function contentOf(columns: MarketColumns): unknown {
  const { topics, text } = columns;
  return {
    ...columns,
    rowOf: IDS.map((id) => columns.rowOf(id)),
    eventOf: EVENTS.map((key) => columns.eventOf(key)),
    creationPlaceOf: INSTANTS.map((instant) => columns.creationPlaceOf(instant)),
    creationSpreadOf: INSTANTS.map((instant) => columns.creationSpreadOf(instant)),
    topics: {
      ...topics,
      idOf: KEYS.map((key) => [topics.idOf('CATEGORY', key), topics.idOf('TAG', key)]),
    },
    text: { ...text, idOf: KEYS.map((key) => text.idOf(key)) },
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
    expect([...columns.creationPlace]).toEqual([1.5, 0, 1.5]);
    expect([10, 20, 30, 40].map((instant) => columns.creationPlaceOf(instant))).toEqual([0, 0.5, 1.5, 2.5]);
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

  it('number topics, categories first, one by one with what each says', () => {
    const columns = columnsOfMarkets(
      storedMarket('a', { category: 'Sports', tags: ['Cup', 'usa'] }),
      storedMarket('b', { category: 'Weather', tags: ['USA', 'sports'] }),
    );
    const { topics } = columns;
    expect(topics.count).toBe(5);
    expect([topicsOf(columns, 0), topicsOf(columns, 1)]).toEqual([
      [0, 2, 3],
      [1, 3, 4],
    ]);
    expect([...columns.category]).toEqual([0, 1]);
    expect([topics.idOf('CATEGORY', 'sports'), topics.idOf('TAG', 'sports')]).toEqual([0, 4]);
    expect([topics.idOf('TAG', 'weather'), topics.idOf('CATEGORY', 'cup')]).toEqual([undefined, undefined]);
    const shared = Math.log(2) / Math.log(3);
    expect([...topics.idf]).toEqual([1, 1, 1, shared, 1].map((idf) => expect.closeTo(idf, 12) as number));
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

  it('are after any changes what they would be made from scratch', () => {
    fc.assert(
      fc.property(patches, fc.array(priceOf, { maxLength: 4 }), (changes, prices) => {
        let snapshot = emptySnapshot;
        const step = (changed: readonly Market[]) => {
          snapshot = patchSnapshot(snapshot, changed, snapshot.version + 1n);
          const anew = columnsOf(snapshot.entries.map(({ market }) => toEntry(structuredClone(market))));
          expect(contentOf(snapshot.columns)).toEqual(contentOf(anew));
        };
        for (const changed of changes) step(changed);
        for (const { id, probability } of prices) {
          const entry = snapshot.byId.get(id);
          if (entry !== undefined) step([{ ...entry.market, probability }]);
        }
      }),
    );
  });

  it('keep texts and topics as they are when none changed', () => {
    const markets = [storedMarket('a', { tags: ['x1'] }), storedMarket('b'), storedMarket('c')];
    const before = patchSnapshot(emptySnapshot, markets, 1n);
    const { columns } = patchSnapshot(
      before,
      [{ ...storedMarket('a', { tags: ['x1'] }), probability: 0.9, eventKey: 'e0' }],
      2n,
    );
    expect(columns.text).toBe(before.columns.text);
    expect(columns.topics).toBe(before.columns.topics);
    expect(columns.ids).toBe(before.columns.ids);
    expect([columns.probability[0], before.columns.probability[0]]).toEqual([0.9, 0.5]);
    expect([columns.eventOf('e0'), before.columns.eventOf('e0')]).toEqual([0, undefined]);
    expect(patchSnapshot(before, [storedMarket('z', { status: 'CLOSED' })], 2n).columns).toBe(before.columns);
    const retold = patchSnapshot(before, [storedMarket('a', { tags: ['x2'] })], 2n);
    expect(retold.columns.topics.idOf('TAG', 'x2')).toBeDefined();
    expect(retold.columns.text.idOf('x2')).toBeDefined();
    expect(retold.columns.text.idOf('x1')).toBeUndefined();
  });

  it('are put in another order of creation when a market turns out to be older', () => {
    const made = (id: string, ms: number) => storedMarket(id, { createdAt: new Date(ms) });
    const before = patchSnapshot(emptySnapshot, [made('a', 10), made('b', 20)], 1n);
    const repriced = patchSnapshot(before, [{ ...made('b', 20), probability: 0.9 }], 2n);
    expect(repriced.columns.creationPlace).toBe(before.columns.creationPlace);
    expect([...patchSnapshot(before, [made('b', 5)], 2n).columns.creationPlace]).toEqual([1, 0]);
    expect([...before.columns.creationPlace]).toEqual([0, 1]);
  });

  it('of a few markets weigh words and topics as the whole catalogue does', () => {
    const markets = [
      storedMarket('a', { title: 'Rain in May?', tags: ['wet'] }),
      storedMarket('b', { title: 'Snow in May?', tags: ['wet', 'cold'] }),
      storedMarket('c', { title: 'Rain in June?' }),
    ];
    const all = columnsOfMarkets(...markets);
    const some = columnsOf(
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

describe('the words of a market', () => {
  it('are worked out once for each market object, and stay what they are when columns are made', () => {
    const one = storedMarket('a', { title: 'Bitcoin halving?' });
    const terms = marketTerms(one);
    expect(terms.terms).toEqual(['bitcoin', 'halving', 'politic']);
    expect(terms.counts).toEqual([1, 1, 2]);
    expect(marketTerms(one)).toBe(terms);
    columnsOfMarkets(one, storedMarket('b', { title: 'Bitcoin?' }));
    expect(marketTerms(one)).toBe(terms);
    expect(terms.terms).toEqual(['bitcoin', 'halving', 'politic']);
  });
});
