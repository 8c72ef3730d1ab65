import type { Market } from '../../domain/market.js';
import type { ScoringMarket } from '../../scoring/v1/inputs.js';
import type { MarketColumns } from '../../scoring/v2/features.js';
import type { TermCounts } from '../../scoring/v2/terms.js';
import { creationOrderOfSome, creationOrderWork, type CatalogCreation } from './creation-order.js';
import { atOnce, type Work } from '../../lib/in-slices.js';
import { readTerms, type MarketText } from './market-terms.js';
import { Numbering } from './numbering.js';
import { textColumnsOfSome, textColumnsWork, type CatalogText } from './text-columns.js';
import { topicColumnsOfSome, topicColumnsWork, type CatalogTopics } from './topic-columns.js';

/** What columns are made of; a catalog's entry is one. */
export interface ColumnsEntry {
  readonly market: Market;
  readonly scoring: ScoringMarket;
  /** Infinite when the market has no time of resolution. */
  readonly resolvesAtMs: number;
}

/** The columns of a catalog, with what it takes to derive the next ones from them. */
export interface CatalogColumns extends MarketColumns, CatalogCreation {
  readonly topics: CatalogTopics;
  readonly text: CatalogText;
  readonly markets: Numbering;
  readonly events: Numbering;
  /** By row, 1 where the market's words are missing from `text`, or are those that it had before it was renamed. */
  readonly isTextStale: Uint8Array;
  /** Whether words and topics are those of exactly these rows, and weighed by them. */
  readonly weighed: boolean;
}

/** Reads the words of a market. */
export type ReadTerms = (market: MarketText) => TermCounts;

const ROWS_AT_ONCE = 512;

/** The columns of markets, distinct by id, which are put in the order of their ids. */
export function columnsOf(entries: readonly ColumnsEntry[], termsOf: ReadTerms = readTerms): CatalogColumns {
  return atOnce(columnsWork(inOrder(entries), termsOf));
}

/**
 * The columns of a few markets picked or described by a caller, which are put in the order of their ids. The columns of
 * the whole catalog say how much each word and topic weighs, and where a market is in the order of creation. So a
 * market's score is the same however many were asked for, and the same as in the whole catalog.
 */
export function columnsOfSome(entries: readonly ColumnsEntry[], catalog: MarketColumns): MarketColumns {
  const rows = inOrder(entries);
  const scoring = rows.map((row) => row.scoring);
  const topics = topicColumnsOfSome(scoring, catalog.topics);
  return {
    ...atOnce(identitiesWork(rows)),
    ...atOnce(numbersWork(rows)),
    ...atOnce(eventsWork(rows)),
    ...creationOrderOfSome(
      Float64Array.from(rows, ({ scoring: { createdAtMs } }) => createdAtMs),
      catalog,
    ),
    category: categoriesOf(topics),
    topics,
    textRow: rowsOf(rows.length),
    text: textColumnsOfSome(
      rows.map(({ market }) => readTerms(market)),
      catalog.text,
    ),
  };
}

/** {@link columnsOf} entries that are in the order of their ids. */
export function* columnsWork(
  rows: readonly ColumnsEntry[],
  termsOf: ReadTerms = readTerms,
): Work<CatalogColumns> {
  const entryAt = (row: number): ColumnsEntry => rows[row] as ColumnsEntry;
  const identities = yield* identitiesWork(rows);
  const numbers = yield* numbersWork(rows);
  const events = yield* eventsWork(rows);
  const creation = yield* creationOrderWork(numbers.createdAtMs);
  const topics = yield* topicColumnsWork(rows.length, (row) => entryAt(row).scoring);
  yield;
  const text = yield* textColumnsWork(rows.length, (row) => termsOf(entryAt(row).market));
  return {
    ...{ ...identities, ...numbers, ...events, ...creation },
    ...{ category: categoriesOf(topics), topics, text, textRow: rowsOf(rows.length) },
    ...{ isTextStale: new Uint8Array(rows.length), weighed: true },
  };
}

function inOrder(entries: readonly ColumnsEntry[]): ColumnsEntry[] {
  return entries.toSorted((a, b) => (a.market.id < b.market.id ? -1 : 1));
}

type Identities = Pick<CatalogColumns, 'size' | 'ids' | 'rowOf' | 'slot' | 'markets'>;

function* identitiesWork(rows: readonly ColumnsEntry[]): Work<Identities> {
  const ids: string[] = [];
  const markets = new Numbering();
  const slot = new Int32Array(rows.length);
  for (const [row, { market }] of rows.entries()) {
    ids.push(market.id);
    slot[row] = markets.add(market.id);
    if (row % ROWS_AT_ONCE === 0) yield;
  }
  return identities(ids, slot, markets);
}

/** @param slot by row, the number of the market's id. */
export function identities(ids: readonly string[], slot: Int32Array, markets: Numbering): Identities {
  const slots = markets.size;
  const rowOfSlot = new Int32Array(slots).fill(-1);
  for (let row = 0; row < slot.length; row += 1) rowOfSlot[slot[row] as number] = row;
  return {
    ...{ size: ids.length, ids, slot, markets },
    rowOf: (id) => {
      const of = markets.find(id, slots);
      const row = of === undefined ? -1 : (rowOfSlot[of] as number);
      return row < 0 ? undefined : row;
    },
  };
}

/** By column of plain values, the value of an entry. */
export const VALUES = {
  probability: ({ scoring }) => scoring.probability ?? NaN,
  volume24h: ({ scoring }) => scoring.volume24h,
  volumeTotal: ({ scoring }) => scoring.volumeTotal,
  createdAtMs: ({ scoring }) => scoring.createdAtMs,
  resolvesAtMs: ({ resolvesAtMs }) => resolvesAtMs,
  editorialBoost: ({ scoring }) => scoring.editorialBoost,
} satisfies Partial<Record<keyof MarketColumns, (entry: ColumnsEntry) => number>>;

export type Numbers = Pick<MarketColumns, keyof typeof VALUES>;
export const NUMBER_COLUMNS = Object.keys(VALUES) as (keyof typeof VALUES)[];

function* numbersWork(
  rows: readonly ColumnsEntry[],
): Work<Numbers & Pick<MarketColumns, 'isNews' | 'isSports' | 'restrictedRows'>> {
  const column = (): Float64Array => new Float64Array(rows.length);
  const numbers: Numbers = {
    ...{ probability: column(), volume24h: column(), volumeTotal: column() },
    ...{ createdAtMs: column(), resolvesAtMs: column(), editorialBoost: column() },
  };
  const isNews = new Uint8Array(rows.length);
  const isSports = new Uint8Array(rows.length);
  const restricted: number[] = [];
  for (const [row, entry] of rows.entries()) {
    for (const name of NUMBER_COLUMNS) numbers[name][row] = VALUES[name](entry);
    isNews[row] = Number(isAboutNews(entry));
    isSports[row] = Number(isAboutSports(entry));
    if (isRestricted(entry)) restricted.push(row);
    if (row % ROWS_AT_ONCE === 0) yield;
  }
  return { ...numbers, isNews, isSports, restrictedRows: Int32Array.from(restricted) };
}

type Events = Pick<CatalogColumns, 'event' | 'eventOf' | 'eventCount' | 'events'>;

function* eventsWork(rows: readonly ColumnsEntry[]): Work<Events> {
  const events = new Numbering();
  const event = new Int32Array(rows.length);
  for (const [row, entry] of rows.entries()) {
    event[row] = eventNumber(entry, events);
    if (row % ROWS_AT_ONCE === 0) yield;
  }
  return eventColumns(event, events);
}

export function eventColumns(event: Int32Array, events: Numbering): Events {
  const eventCount = events.size;
  return { event, eventCount, events, eventOf: (eventKey) => events.find(eventKey, eventCount) };
}

export function eventNumber({ market }: ColumnsEntry, events: Numbering): number {
  return market.eventKey === null ? -1 : events.add(market.eventKey);
}

export function categoriesOf({ start, ids }: Pick<CatalogTopics, 'start' | 'ids'>): Int32Array {
  const category = new Int32Array(start.length - 1);
  for (let row = 0; row < category.length; row += 1) category[row] = ids[start[row] as number] as number;
  return category;
}

/** 0, 1, 2 … */
export function rowsOf(size: number): Int32Array {
  return Int32Array.from({ length: size }, (_, row) => row);
}

export function isRestricted({ market }: ColumnsEntry): boolean {
  return market.blockedCountries.length > 0;
}

export function isAboutNews({ scoring: { category, tags } }: ColumnsEntry): boolean {
  return isNewsTopic(category) || tags.some(isNewsTopic);
}

export function isAboutSports({ scoring }: ColumnsEntry): boolean {
  return scoring.category === 'sports';
}

function isNewsTopic(topic: string): boolean {
  return topic === 'news' || topic === 'breaking';
}
