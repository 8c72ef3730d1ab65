import type { CatalogColumns } from '../../src/catalog/columns/build-columns.js';
import { NUMERIC_COLUMNS } from '../../src/catalog/columns/build-columns.js';
import { DAY_MS } from '../../src/lib/time.js';
import type { MarketColumns } from '../../src/scoring/v2/features.js';
import { NOW_MS } from './scoring-v2.js';

/** Topic keys and terms that occur in generated markets. */
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
export const COLUMN_IDS = ['m0', 'm1', 'm2', 'm3', 'm4'];

/** Within the range of the creation times of generated markets. */
const INSTANTS = [-60, -7, 0, 7, 60].map((days) => NOW_MS + days * DAY_MS);

/**
 * The content of columns with terms, topics, and events by name, because their ids depend on earlier edits and nothing
 * depends on the ids.
 */
export function contentOf(columns: CatalogColumns): unknown {
  const { text, topics, events, ids } = columns;
  const rows = [...ids.keys()];
  return {
    size: columns.size,
    ids,
    numbers: NUMERIC_COLUMNS.map((name) => columns[name]),
    flags: [columns.isNews, columns.isSports, columns.restrictedRows],
    creation: [columns.creationRank, columns.creationSpread, columns.creationTimes],
    rowOf: COLUMN_IDS.map((id) => columns.rowOf(id)),
    slots: rows.map((row) => columns.markets.keyOf(columns.slot[row] as number)),
    event: Array.from(columns.event, (event) => (event < 0 ? null : events.keyOf(event))),
    rowsOfEvents: EVENTS.map((key) => {
      const event = columns.eventOf(key);
      return event === undefined ? [] : rows.filter((row) => columns.event[row] === event);
    }),
    creationRankOf: INSTANTS.map((instant) => columns.creationRankOf(instant)),
    creationSpreadOf: INSTANTS.map((instant) => columns.creationSpreadOf(instant)),
    topics: rows.map((row) =>
      topicsOf(columns, row).map((id) => [topics.dictionary.keyOf(id), topics.idf[id]]),
    ),
    category: Array.from(columns.category, (id) => topics.dictionary.keyOf(id)),
    topicWeights: KEYS.map((key) =>
      (['CATEGORY', 'TAG'] as const).map((kind) => {
        const id = topics.idOf(kind, key);
        return id === undefined ? 1 : topics.idf[id];
      }),
    ),
    unknownIdf: text.unknownIdf,
    text: rows.map((row) =>
      termsOf(columns, row).map((id, index) => [
        text.dictionary.keyOf(id),
        text.idf[id],
        weightsOf(columns, row)[index],
        text.counts[(text.start[row] as number) + index],
      ]),
    ),
    terms: KEYS.map((key) => {
      const id = text.idOf(key);
      return id === undefined
        ? { idf: text.unknownIdf, postings: [] }
        : { idf: text.idf[id], postings: postingsOf(columns, id) };
    }),
  };
}

/** The content that is current even before the weights are refreshed. */
export function unweightedContentOf(columns: CatalogColumns): unknown {
  return {
    ...(contentOf(columns) as object),
    ...{ topicWeights: null, unknownIdf: null, text: null, terms: null },
    topics: [...columns.ids.keys()].map((row) =>
      topicsOf(columns, row).map((id) => columns.topics.dictionary.keyOf(id)),
    ),
  };
}

/** The rows that have a term, with its weight. */
export function postingsOf({ text }: CatalogColumns, term: number): [row: number, weight: number][] {
  const { postingStart, postingRows, postingWeights } = text;
  const to = postingStart[term + 1] as number;
  const postings: [number, number][] = [];
  for (let at = postingStart[term] as number; at < to; at += 1) {
    postings.push([postingRows[at] as number, postingWeights[at] as number]);
  }
  return postings.sort(([a], [b]) => a - b);
}

export const termsOf = ({ text }: MarketColumns, row: number): number[] => [
  ...text.terms.subarray(text.start[row], text.start[row + 1]),
];

export const weightsOf = ({ text }: MarketColumns, row: number): number[] => [
  ...text.weights.subarray(text.start[row], text.start[row + 1]),
];

export const topicsOf = ({ topics }: MarketColumns, row: number): number[] => [
  ...topics.ids.subarray(topics.start[row], topics.start[row + 1]),
];
