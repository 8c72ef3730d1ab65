import type { Work } from '../../lib/event-loop.js';
import type { ScoringMarket } from '../../scoring/v1/inputs.js';
import { inverseDocumentFrequency } from '../../scoring/v2/terms.js';
import type { TopicColumns } from '../../scoring/v2/features.js';
import { Dictionary } from './dictionary.js';
import type { RowEdits } from './row-edits.js';
import { padded } from './text-columns.js';

type Topics = Pick<ScoringMarket, 'category' | 'tags'>;

/** The topics of a catalog with their dictionary. A category and a tag of the same name are two topics. */
export interface CatalogTopics extends TopicColumns {
  readonly dictionary: Dictionary;
}

/** The normalized inverse document frequency (weight) of a topic that at most one market has; the maximum. */
const UNKNOWN_IDF = 1;

/** Rows between two points at which work may be interrupted. */
const ROWS_PER_STEP = 512;

/** Initial capacity for topics: one category and five tags per row. It grows on demand. */
const TOPICS_PER_ROW = 6;

/**
 * Builds the topics of markets. The weight of a topic, 0–1, is `ln(1 + N/df) / ln(1 + N)`, where df of the N markets have
 * it.
 */
export function* buildTopicsWork(size: number, topicsOf: (row: number) => Topics): Work<CatalogTopics> {
  const dictionary = new Dictionary();
  const rows = new TopicRows(size);
  for (let row = 0; row < size; row += 1) {
    rows.add(topicsOf(row), dictionary);
    if (row % ROWS_PER_STEP === 0) yield;
  }
  return weightTopics({ ...rows.columns(), dictionary });
}

/** Computes the weights of the topics of all rows. A topic that no row has any more keeps its id, with weight 1. */
export function weightTopics({
  start,
  ids,
  dictionary,
}: Pick<CatalogTopics, 'start' | 'ids' | 'dictionary'>): CatalogTopics {
  const markets = start.length - 1;
  const documentFrequency = new Float64Array(dictionary.size);
  for (const id of ids) documentFrequency[id] = (documentFrequency[id] as number) + 1;
  const highest = inverseDocumentFrequency(markets, 1);
  return topicColumns(
    start,
    ids,
    documentFrequency.map((df) => inverseDocumentFrequency(markets, df) / highest),
    dictionary,
  );
}

/**
 * Derives the topics of edited rows. Topics keep their weights of `old`, and a new topic has weight 1.
 * {@link weightTopics} brings the weights up to date.
 */
export function patchTopics<Entry>(
  old: CatalogTopics,
  { size, segments }: RowEdits<Entry>,
  topicsOf: (entry: Entry) => Topics,
): CatalogTopics {
  const { dictionary } = old;
  const rows = new TopicRows(size);
  for (const segment of segments) {
    if ('inserted' in segment) rows.add(topicsOf(segment.inserted), dictionary);
    else rows.copy(old, segment.from, segment.to);
  }
  const { start, ids } = rows.columns();
  return topicColumns(start, ids, padded(old.idf, dictionary.size, UNKNOWN_IDF), dictionary);
}

/**
 * Builds the topics of a subset of markets with the weights of the catalog's topics, and weight 1 for a topic that the
 * catalog lacks. The weight of a topic therefore does not depend on the other markets of the subset.
 */
export function buildSubsetTopics(markets: readonly Topics[], base: TopicColumns): TopicColumns {
  const dictionary = new Dictionary();
  const rows = new TopicRows(markets.length);
  for (const market of markets) rows.add(market, dictionary);
  const { start, ids } = rows.columns();
  const idf = Float64Array.from({ length: dictionary.size }, (_, topic) => {
    const key = dictionary.keyOf(topic);
    const id = base.idOf(key.startsWith(CATEGORY) ? 'CATEGORY' : 'TAG', key.slice(1));
    return id === undefined ? UNKNOWN_IDF : (base.idf[id] as number);
  });
  return topicColumns(start, ids, idf, dictionary);
}

/** Prefixes of dictionary keys, which keep categories and tags apart. */
const CATEGORY = 'c';
const TAG = 't';

function topicColumns(
  start: Int32Array,
  ids: Int32Array,
  idf: Float64Array,
  dictionary: Dictionary,
): CatalogTopics {
  const count = idf.length;
  return {
    ...{ start, ids, idf, count, dictionary },
    idOf: (kind, key) => dictionary.find((kind === 'CATEGORY' ? CATEGORY : TAG) + key, count),
    keyOf: (id) => dictionary.keyOf(id).slice(1),
  };
}

/** Collects the topics of consecutive rows in growing arrays; the category of a row comes first. */
class TopicRows {
  readonly #start: Int32Array;
  #ids: Int32Array<ArrayBuffer>;
  /** Number of rows so far. */
  #row = 0;
  /** Number of topics so far. */
  #end = 0;

  constructor(size: number) {
    this.#start = new Int32Array(size + 1);
    this.#ids = new Int32Array(size * TOPICS_PER_ROW);
  }

  add({ category, tags }: Topics, dictionary: Dictionary): void {
    this.#reserve(1 + tags.length);
    this.#ids[this.#end++] = dictionary.add(CATEGORY + category);
    for (const tag of tags) this.#ids[this.#end++] = dictionary.add(TAG + tag);
    this.#row += 1;
    this.#start[this.#row] = this.#end;
  }

  /** Appends rows `from` to `to − 1` of other columns. */
  copy({ start, ids }: Pick<TopicColumns, 'start' | 'ids'>, from: number, to: number): void {
    const first = start[from] as number;
    const end = start[to] as number;
    this.#reserve(end - first);
    this.#ids.set(ids.subarray(first, end), this.#end);
    const offset = this.#end - first;
    for (let row = from; row < to; row += 1) {
      this.#row += 1;
      this.#start[this.#row] = (start[row + 1] as number) + offset;
    }
    this.#end += end - first;
  }

  columns(): Pick<TopicColumns, 'start' | 'ids'> {
    return { start: this.#start, ids: this.#ids.slice(0, this.#end) };
  }

  #reserve(more: number): void {
    if (this.#end + more <= this.#ids.length) return;
    const ids = new Int32Array(Math.max(this.#end + more, this.#ids.length * 2));
    ids.set(this.#ids);
    this.#ids = ids;
  }
}
