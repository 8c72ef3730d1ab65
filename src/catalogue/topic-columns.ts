import type { ScoringMarket } from '../scoring/types.js';
import { inverseFrequency } from '../scoring/v2/inverse-frequency.js';
import type { TopicColumns } from '../scoring/v2/market-columns.js';

type Topics = Pick<ScoringMarket, 'category' | 'tags'>;

/**
 * The topics of markets, numbered: the categories first, then the tags. What a topic says is `ln(1 + N/df) / ln(1 + N)`
 * with df of N markets having it; with a base, as the base has it, and 1 for a topic that is not there, so that it does
 * not depend on the list.
 */
export function topicColumnsOf(markets: readonly Topics[], base?: TopicColumns): TopicColumns {
  const categories = numbersOf(markets.map(({ category }) => category));
  const tags = numbersOf(markets.flatMap((market) => market.tags));
  const count = categories.size + tags.size;
  const start = new Int32Array(markets.length + 1);
  for (const [row, market] of markets.entries()) {
    start[row + 1] = (start[row] as number) + 1 + market.tags.length;
  }
  const ids = new Int32Array(start[markets.length] as number);
  let place = 0;
  for (const market of markets) {
    ids[place++] = categories.get(market.category) as number;
    for (const tag of market.tags) ids[place++] = categories.size + (tags.get(tag) as number);
  }
  const idf =
    base === undefined
      ? ownIdf(ids, count, markets.length)
      : Float64Array.from([
          ...[...categories.keys()].map((key) => idfIn(base, 'CATEGORY', key)),
          ...[...tags.keys()].map((key) => idfIn(base, 'TAG', key)),
        ]);
  return {
    ...{ start, ids, count, idf },
    idOf: (kind, key) => {
      if (kind === 'CATEGORY') return categories.get(key);
      const tag = tags.get(key);
      return tag === undefined ? undefined : categories.size + tag;
    },
  };
}

function numbersOf(keys: readonly string[]): Map<string, number> {
  const numbers = new Map<string, number>();
  for (const key of keys) if (!numbers.has(key)) numbers.set(key, numbers.size);
  return numbers;
}

function ownIdf(ids: Int32Array, count: number, markets: number): Float64Array {
  const having = new Float64Array(count);
  for (const id of ids) having[id] = (having[id] as number) + 1;
  return having.map((df) => inverseFrequency(markets, df) / inverseFrequency(markets, 1));
}

function idfIn(base: TopicColumns, kind: 'CATEGORY' | 'TAG', key: string): number {
  const id = base.idOf(kind, key);
  return id === undefined ? 1 : (base.idf[id] as number);
}
