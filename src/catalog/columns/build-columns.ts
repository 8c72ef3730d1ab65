import type { Market } from '../../domain/market.js';
import { atOnce, type Work } from '../../lib/event-loop.js';
import type { ScoringMarket } from '../../scoring/v1/inputs.js';
import type { MarketColumns } from '../../scoring/v2/features.js';
import type { TermCounts } from '../../scoring/v2/terms.js';
import { creationOrderOfSubset, creationOrderWork, type CatalogCreation } from './creation-order.js';
import { Dictionary } from './dictionary.js';
import { countMarketTerms, type MarketText } from './market-terms.js';
import { buildPatternsWork, type CatalogPatterns } from './pattern-columns.js';
import { buildSubsetText, buildTextWork, type CatalogText } from './text-columns.js';
import { subsetVectors, type CatalogVectors } from './vector-columns.js';
import { buildSubsetTopics, buildTopicsWork, type CatalogTopics } from './topic-columns.js';

/** One row of input; a `CatalogEntry` is one. */
export interface ColumnEntry {
  readonly market: Market;
  readonly scoring: ScoringMarket;
  /** When trading ends, else when the outcome is expected: milliseconds since 1970; Infinity if both are unknown. */
  readonly resolvesAtMs: number;
}

/** The columns of a catalog, with the state from which the columns of its next version are derived. */
export interface CatalogColumns extends MarketColumns, CatalogCreation {
  readonly topics: CatalogTopics;
  readonly patterns: CatalogPatterns;
  readonly text: CatalogText;
  readonly vectors: CatalogVectors | null;
  readonly markets: Dictionary;
  readonly events: Dictionary;
  /** By row: 1 if the market's terms are missing from `text` or precede its last change of text. */
  readonly isTextStale: Uint8Array;
  /** Whether terms, topics, and their weights are those of exactly these rows. */
  readonly hasCurrentWeights: boolean;
}

/** Counts the terms of a market. */
type CountTerms = (market: MarketText) => TermCounts;

/** Rows between two points at which work may be interrupted. */
const ROWS_PER_STEP = 512;

/** Builds the columns of markets, sorted by id. Ids must be distinct. */
export function buildColumns(
  entries: readonly ColumnEntry[],
  countTerms: CountTerms = countMarketTerms,
): CatalogColumns {
  return atOnce(buildColumnsWork(sortedById(entries), countTerms));
}

/**
 * Builds the columns of a few markets that a caller picked or described, sorted by id. The weights of terms and topics and
 * the creation order come from the catalog's columns. The score of a market is therefore the same as in the whole catalog,
 * regardless of the other markets in the request.
 */
export function buildSubsetColumns(entries: readonly ColumnEntry[], catalog: MarketColumns): MarketColumns {
  const rows = sortedById(entries);
  const scoring = rows.map((row) => row.scoring);
  const topics = buildSubsetTopics(scoring, catalog.topics);
  return {
    ...atOnce(idColumnsWork(rows)),
    ...atOnce(numericColumnsWork(rows)),
    ...atOnce(eventColumnsWork(rows)),
    ...creationOrderOfSubset(
      Float64Array.from(rows, ({ scoring: { createdAtMs } }) => createdAtMs),
      catalog,
    ),
    ...{ catalogEndsMs: catalog.catalogEndsMs, catalogPatterns: catalog.catalogPatterns },
    category: categoryColumn(topics),
    topics,
    patterns: atOnce(buildPatternsWork(rows.map(({ market }) => market))),
    textRow: ownRowNumbers(rows.length),
    text: buildSubsetText(
      rows.map(({ market }) => countMarketTerms(market)),
      catalog.text,
    ),
    vectors: subsetVectors(
      catalog.vectors,
      rows.map(({ market }) => catalog.rowOf(market.id)),
    ),
  };
}

/** {@link buildColumns} for entries that are already sorted by id. They have no text vectors yet. */
export function* buildColumnsWork(
  rows: readonly ColumnEntry[],
  countTerms: CountTerms = countMarketTerms,
): Work<CatalogColumns> {
  const entryAt = (row: number): ColumnEntry => rows[row] as ColumnEntry;
  const ids = yield* idColumnsWork(rows);
  const numbers = yield* numericColumnsWork(rows);
  const events = yield* eventColumnsWork(rows);
  const creation = yield* creationOrderWork(numbers.createdAtMs);
  const topics = yield* buildTopicsWork(rows.length, (row) => entryAt(row).scoring);
  const patterns = yield* buildPatternsWork(rows.map(({ market }) => market));
  yield;
  const text = yield* buildTextWork(rows.length, (row) => countTerms(entryAt(row).market));
  return {
    ...{ ...ids, ...numbers, ...events, ...creation, patterns },
    ...{ catalogPatterns: patterns, catalogEndsMs: numbers.resolvesAtMs },
    ...{ category: categoryColumn(topics), topics, text, textRow: ownRowNumbers(rows.length) },
    ...{ isTextStale: new Uint8Array(rows.length), hasCurrentWeights: true },
    vectors: null,
  };
}

function sortedById(entries: readonly ColumnEntry[]): ColumnEntry[] {
  return entries.toSorted((a, b) => (a.market.id < b.market.id ? -1 : 1));
}

type IdColumns = Pick<CatalogColumns, 'size' | 'ids' | 'rowOf' | 'slot' | 'markets'>;

function* idColumnsWork(rows: readonly ColumnEntry[]): Work<IdColumns> {
  const ids: string[] = [];
  const markets = new Dictionary();
  const slot = new Int32Array(rows.length);
  for (const [row, { market }] of rows.entries()) {
    ids.push(market.id);
    slot[row] = markets.add(market.id);
    if (row % ROWS_PER_STEP === 0) yield;
  }
  return idColumns(ids, slot, markets);
}

/** @param slot by row, the dictionary id of the market's id. */
export function idColumns(ids: readonly string[], slot: Int32Array, markets: Dictionary): IdColumns {
  const slots = markets.size;
  const rowOfSlot = new Int32Array(slots).fill(-1);
  for (let row = 0; row < slot.length; row += 1) rowOfSlot[slot[row] as number] = row;
  return {
    ...{ size: ids.length, ids, slot, markets },
    rowOf: (id) => {
      const ofId = markets.find(id, slots);
      const row = ofId === undefined ? -1 : (rowOfSlot[ofId] as number);
      return row < 0 ? undefined : row;
    },
  };
}

/** By numeric column, the function that reads its value from an entry. */
export const NUMERIC_VALUES = {
  probability: ({ scoring }) => scoring.probability ?? NaN,
  volume24h: ({ scoring }) => scoring.volume24h,
  volumeTotal: ({ scoring }) => scoring.volumeTotal,
  createdAtMs: ({ scoring }) => scoring.createdAtMs,
  resolvesAtMs: ({ resolvesAtMs }) => resolvesAtMs,
  editorialBoost: ({ scoring }) => scoring.editorialBoost,
} satisfies Partial<Record<keyof MarketColumns, (entry: ColumnEntry) => number>>;

export type NumericColumns = Pick<MarketColumns, keyof typeof NUMERIC_VALUES>;
export const NUMERIC_COLUMNS = Object.keys(NUMERIC_VALUES) as (keyof typeof NUMERIC_VALUES)[];

function* numericColumnsWork(
  rows: readonly ColumnEntry[],
): Work<NumericColumns & Pick<MarketColumns, 'isNews' | 'isSports' | 'restrictedRows'>> {
  const column = (): Float64Array => new Float64Array(rows.length);
  const numbers: NumericColumns = {
    ...{ probability: column(), volume24h: column(), volumeTotal: column() },
    ...{ createdAtMs: column(), resolvesAtMs: column(), editorialBoost: column() },
  };
  const isNews = new Uint8Array(rows.length);
  const isSports = new Uint8Array(rows.length);
  const restricted: number[] = [];
  for (const [row, entry] of rows.entries()) {
    for (const name of NUMERIC_COLUMNS) numbers[name][row] = NUMERIC_VALUES[name](entry);
    isNews[row] = Number(isAboutNews(entry));
    isSports[row] = Number(isAboutSports(entry));
    if (isRestricted(entry)) restricted.push(row);
    if (row % ROWS_PER_STEP === 0) yield;
  }
  return { ...numbers, isNews, isSports, restrictedRows: Int32Array.from(restricted) };
}

type EventColumns = Pick<CatalogColumns, 'event' | 'eventOf' | 'eventCount' | 'events'>;

function* eventColumnsWork(rows: readonly ColumnEntry[]): Work<EventColumns> {
  const events = new Dictionary();
  const event = new Int32Array(rows.length);
  for (const [row, entry] of rows.entries()) {
    event[row] = eventIdOf(entry, events);
    if (row % ROWS_PER_STEP === 0) yield;
  }
  return eventColumns(event, events);
}

export function eventColumns(event: Int32Array, events: Dictionary): EventColumns {
  const eventCount = events.size;
  return { event, eventCount, events, eventOf: (eventKey) => events.find(eventKey, eventCount) };
}

/** The dictionary id of the market's event; −1 without an event. */
export function eventIdOf({ market }: ColumnEntry, events: Dictionary): number {
  return market.eventKey === null ? -1 : events.add(market.eventKey);
}

export function categoryColumn({ start, ids }: Pick<CatalogTopics, 'start' | 'ids'>): Int32Array {
  const category = new Int32Array(start.length - 1);
  for (let row = 0; row < category.length; row += 1) category[row] = ids[start[row] as number] as number;
  return category;
}

/** The numbers of `size` rows, in an array of their own. */
export function ownRowNumbers(size: number): Int32Array {
  return Int32Array.from({ length: size }, (_, row) => row);
}

export function isRestricted({ market }: ColumnEntry): boolean {
  return market.blockedCountries.length > 0;
}

export function isAboutNews({ scoring: { category, tags } }: ColumnEntry): boolean {
  return isNewsTopic(category) || tags.some(isNewsTopic);
}

export function isAboutSports({ scoring }: ColumnEntry): boolean {
  return scoring.category === 'sports';
}

function isNewsTopic(topic: string): boolean {
  return topic === 'news' || topic === 'breaking';
}
