import type { ScoringMarket } from '../../scoring/v1/inputs.js';
import { inverseDocumentFrequency } from '../../scoring/v2/terms.js';
import type { TopicColumns } from '../../scoring/v2/features.js';
import type { Work } from '../../lib/in-slices.js';
import { Numbering } from './numbering.js';
import type { RowEdits } from './row-edits.js';
import { continued } from './text-columns.js';

type Topics = Pick<ScoringMarket, 'category' | 'tags'>;

/** The topics of a catalog, with their numbering; a category and a tag of the same name are two topics. */
export interface CatalogTopics extends TopicColumns {
  readonly numbering: Numbering;
}

/** What a topic says that no market, or a single one, has. */
const UNKNOWN_IDF = 1;

const ROWS_AT_ONCE = 512;

/**
 * The topics of markets, numbered. What a topic says is `ln(1 + N/df) / ln(1 + N)` with df of N markets having it.
 */
export function* topicColumnsWork(size: number, topicsOf: (row: number) => Topics): Work<CatalogTopics> {
  const numbering = new Numbering();
  const rows = new TopicRows(size);
  for (let row = 0; row < size; row += 1) {
    rows.add(topicsOf(row), numbering);
    if (row % ROWS_AT_ONCE === 0) yield;
  }
  return weighedTopics({ ...rows.columns(), numbering });
}

/**
 * The same rows of topics, weighed by how many of these rows have each topic. A topic that no row has any more keeps its
 * number.
 */
export function weighedTopics({
  start,
  ids,
  numbering,
}: Pick<CatalogTopics, 'start' | 'ids' | 'numbering'>): CatalogTopics {
  const markets = start.length - 1;
  const having = new Float64Array(numbering.size);
  for (const id of ids) having[id] = (having[id] as number) + 1;
  const most = inverseDocumentFrequency(markets, 1);
  return topicColumns(
    start,
    ids,
    having.map((df) => inverseDocumentFrequency(markets, df) / most),
    numbering,
  );
}

/**
 * The topic columns of edited rows. Topics keep the weights that they have in `old`, and a new topic has weight 1;
 * {@link weighedTopics} brings the weights up to date.
 */
export function patchTopics<Entry>(
  old: CatalogTopics,
  { size, pieces }: RowEdits<Entry>,
  topicsOf: (entry: Entry) => Topics,
): CatalogTopics {
  const { numbering } = old;
  const rows = new TopicRows(size);
  for (const piece of pieces) {
    if ('fresh' in piece) rows.add(topicsOf(piece.fresh), numbering);
    else rows.copy(old, piece.from, piece.to);
  }
  const { start, ids } = rows.columns();
  return topicColumns(start, ids, continued(old.idf, numbering.size, UNKNOWN_IDF), numbering);
}

/**
 * The topics of a few markets picked or described by a caller, weighed as a catalog weighs them, and 1 for a topic that
 * is not in it, so that the weight does not depend on the list.
 */
export function topicColumnsOfSome(markets: readonly Topics[], base: TopicColumns): TopicColumns {
  const numbering = new Numbering();
  const rows = new TopicRows(markets.length);
  for (const market of markets) rows.add(market, numbering);
  const { start, ids } = rows.columns();
  const idf = Float64Array.from({ length: numbering.size }, (_, number) => {
    const key = numbering.keyOf(number);
    const id = base.idOf(key.startsWith(CATEGORY) ? 'CATEGORY' : 'TAG', key.slice(1));
    return id === undefined ? UNKNOWN_IDF : (base.idf[id] as number);
  });
  return topicColumns(start, ids, idf, numbering);
}

const CATEGORY = 'c';
const TAG = 't';

function topicColumns(
  start: Int32Array,
  ids: Int32Array,
  idf: Float64Array,
  numbering: Numbering,
): CatalogTopics {
  const count = idf.length;
  return {
    ...{ start, ids, idf, count, numbering },
    idOf: (kind, key) => numbering.find((kind === 'CATEGORY' ? CATEGORY : TAG) + key, count),
  };
}

/** Topics of rows, one row after the other; the category of a row comes first. */
class TopicRows {
  readonly #start: Int32Array;
  #ids: Int32Array<ArrayBuffer>;
  #row = 0;
  #end = 0;

  constructor(size: number) {
    this.#start = new Int32Array(size + 1);
    this.#ids = new Int32Array(size * 6);
  }

  add({ category, tags }: Topics, numbering: Numbering): void {
    this.#makeRoom(1 + tags.length);
    this.#ids[this.#end++] = numbering.add(CATEGORY + category);
    for (const tag of tags) this.#ids[this.#end++] = numbering.add(TAG + tag);
    this.#row += 1;
    this.#start[this.#row] = this.#end;
  }

  /** Adds rows `from` to `to − 1` of other columns. */
  copy({ start, ids }: Pick<TopicColumns, 'start' | 'ids'>, from: number, to: number): void {
    const first = start[from] as number;
    const last = start[to] as number;
    this.#makeRoom(last - first);
    this.#ids.set(ids.subarray(first, last), this.#end);
    const moved = this.#end - first;
    for (let row = from; row < to; row += 1) {
      this.#row += 1;
      this.#start[this.#row] = (start[row + 1] as number) + moved;
    }
    this.#end += last - first;
  }

  columns(): Pick<TopicColumns, 'start' | 'ids'> {
    return { start: this.#start, ids: this.#ids.slice(0, this.#end) };
  }

  #makeRoom(more: number): void {
    if (this.#end + more <= this.#ids.length) return;
    const ids = new Int32Array(Math.max(this.#end + more, this.#ids.length * 2));
    ids.set(this.#ids);
    this.#ids = ids;
  }
}
