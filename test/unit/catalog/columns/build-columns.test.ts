import { describe, expect, it } from 'vitest';
import { toEntry } from '../../../../src/catalog/catalog-snapshot.js';
import { buildSubsetColumns } from '../../../../src/catalog/columns/build-columns.js';
import type { MarketColumns } from '../../../../src/scoring/v2/features.js';
import { termsOf, topicsOf, weightsOf } from '../../../support/column-content.js';
import { columnsOfMarkets } from '../../../support/scoring-v2.js';
import { storedMarket } from '../../../support/stored-market.js';

describe('buildColumns', () => {
  it('creates one row per market in the order of ids, with NaN for a null probability', () => {
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

  it('ranks markets by creation time and interpolates other times', () => {
    const columns = columnsOfMarkets(
      storedMarket('a', { createdAt: new Date(30) }),
      storedMarket('b', { createdAt: new Date(10) }),
      storedMarket('c', { createdAt: new Date(30) }),
    );
    expect([...columns.creationRank]).toEqual([1.5, 0, 1.5]);
    expect([10, 20, 30, 40].map((instant) => columns.creationRankOf(instant))).toEqual([0, 0.5, 1.5, 2.5]);
  });

  it('flags news by category or tag, and sports by category', () => {
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

  it('assigns ids and weights to topics in the order of first occurrence', () => {
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

  it('builds TF-IDF vectors of length 1 and the inverted index', () => {
    const columns = columnsOfMarkets(
      storedMarket('a', { title: 'Rain, rain?', category: 'Weather', tags: ['rain'] }),
      storedMarket('b', { title: 'Snow?', category: 'Weather' }),
    );
    const { text } = columns;
    const [rain, weather, snow] = ['rain', 'weather', 'snow'].map((word) => text.idOf(word));
    expect([termsOf(columns, 0), termsOf(columns, 1)]).toEqual([
      [rain, weather],
      [snow, weather],
    ]);
    const raw = [3 * Math.log(3), 2 * Math.log(2)] as const;
    expect(weightsOf(columns, 0)).toEqual(
      raw.map((weight) => expect.closeTo(weight / Math.hypot(...raw), 6) as number),
    );
    expect(text.unknownIdf).toBe(Math.log(3));
    const posting = text.postingStart[weather ?? NaN] ?? NaN;
    expect([...text.postingRows.subarray(posting, posting + 2)]).toEqual([0, 1]);
    expect(text.postingStart[text.count]).toBe(4);
    expect(text.postingWeights[posting]).toBe(weightsOf(columns, 0)[1]);
  });

  it('creates an empty vector for a market without terms', () => {
    const columns = columnsOfMarkets(storedMarket('a', { title: 'Will it?', category: 'X' }));
    expect([termsOf(columns, 0), columns.text.count]).toEqual([[], 0]);
  });
});

describe('buildSubsetColumns', () => {
  it('weights terms and topics of a subset as in the whole catalog', () => {
    const markets = [
      storedMarket('a', { title: 'Rain in May?', tags: ['wet'] }),
      storedMarket('b', { title: 'Snow in May?', tags: ['wet', 'cold'] }),
      storedMarket('c', { title: 'Rain in June?' }),
    ];
    const all = columnsOfMarkets(...markets);
    const some = buildSubsetColumns(
      [storedMarket('n', { title: 'Hail in May?', tags: ['wet', 'new'] }), ...markets.slice(1, 2)].map(
        toEntry,
      ),
      all,
    );
    expect(some.ids).toEqual(['b', 'n']);
    expect([termsOf(some, 0), weightsOf(some, 0)]).toEqual([termsOf(all, 1), weightsOf(all, 1)]);
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
