import type { Market } from '../repositories/market.js';
import type { ScoringMarket } from '../scoring/types.js';
import type { MarketColumns } from '../scoring/v2/market-columns.js';
import { sameText } from './market-terms.js';
import { textColumnsOf } from './text-columns.js';
import { creationOrder } from './creation-order.js';
import { topicColumnsOf } from './topic-columns.js';

/** What columns are made of; a catalogue's entry is one. */
export interface ColumnsEntry {
  readonly market: Market;
  readonly scoring: ScoringMarket;
  /** Infinite when the market says nothing. */
  readonly resolvesAtMs: number;
}

/**
 * The columns of markets, distinct by id, which are put in the order of their ids.
 *
 * @param base for a few markets picked or described by a caller: the columns of the whole catalogue, which then say how
 *   much each word and topic weighs, and where a market stands in the order of creation. So a market's score is the same however many were asked for, and the same as in
 *   the whole catalogue.
 */
export function columnsOf(entries: readonly ColumnsEntry[], base?: MarketColumns): MarketColumns {
  const rows = entries.toSorted((a, b) => (a.market.id < b.market.id ? -1 : 1));
  const scoring = rows.map((row) => row.scoring);
  const topics = topicColumnsOf(scoring, base?.topics);
  return {
    size: rows.length,
    ...identities(rows.map(({ market }) => market.id)),
    ...numbersFrom(rows),
    ...eventsOf(rows),
    ...creationOrderOf(rows, base),
    restrictedRows: restrictedRows(rows),
    isNews: Uint8Array.from(scoring, (market) => Number(isAboutNews(market))),
    isSports: Uint8Array.from(scoring, (market) => Number(market.category === 'sports')),
    category: Int32Array.from(rows, (_, row) => topics.ids[topics.start[row] as number] as number),
    topics,
    text: textColumnsOf(
      rows.map(({ market }) => market),
      base?.text,
    ),
  };
}

/**
 * The columns after a change, equal to `columnsOf(after)`. What did not change is shared: when the same markets say the
 * same, only the columns of numbers are new.
 *
 * @param before the entries that `columns` were made of, and @param after those now, both ordered by id. Entries that
 *   did not change are the same objects.
 */
export function patchColumns(
  columns: MarketColumns,
  before: readonly ColumnsEntry[],
  after: readonly ColumnsEntry[],
): MarketColumns {
  if (before.length !== after.length) return columnsOf(after);
  const changed: number[] = [];
  let sameEvents = true;
  let sameCreation = true;
  let sameRestrictions = true;
  for (const [row, entry] of after.entries()) {
    const old = before[row] as ColumnsEntry;
    if (old === entry) continue;
    if (old.market.id !== entry.market.id || !sameText(old.market, entry.market)) return columnsOf(after);
    sameEvents &&= old.market.eventKey === entry.market.eventKey;
    sameCreation &&= old.scoring.createdAtMs === entry.scoring.createdAtMs;
    sameRestrictions &&= isRestricted(old) === isRestricted(entry);
    changed.push(row);
  }
  if (changed.length === 0) return columns;
  return {
    ...columns,
    ...numbersFrom(after, columns, changed),
    ...(sameEvents ? {} : eventsOf(after)),
    ...(sameCreation ? {} : creationOrderOf(after)),
    ...(sameRestrictions ? {} : { restrictedRows: restrictedRows(after) }),
  };
}

function identities(ids: readonly string[]): Pick<MarketColumns, 'ids' | 'rowOf'> {
  const rows = new Map(ids.map((id, row) => [id, row]));
  return { ids, rowOf: (id) => rows.get(id) };
}

type Numbers = Pick<
  MarketColumns,
  'probability' | 'volume24h' | 'volumeTotal' | 'createdAtMs' | 'resolvesAtMs' | 'editorialBoost'
>;

/** The columns of numbers; with earlier ones, copies of them in which only the rows that changed are read again. */
function numbersFrom(
  entries: readonly ColumnsEntry[],
  earlier?: Numbers,
  changed?: readonly number[],
): Numbers {
  const column = (old?: Float64Array): Float64Array => old?.slice() ?? new Float64Array(entries.length);
  const numbers = {
    probability: column(earlier?.probability),
    volume24h: column(earlier?.volume24h),
    volumeTotal: column(earlier?.volumeTotal),
    createdAtMs: column(earlier?.createdAtMs),
    resolvesAtMs: column(earlier?.resolvesAtMs),
    editorialBoost: column(earlier?.editorialBoost),
  };
  for (const row of changed ?? entries.keys()) {
    const { scoring, resolvesAtMs } = entries[row] as ColumnsEntry;
    numbers.probability[row] = scoring.probability ?? NaN;
    numbers.volume24h[row] = scoring.volume24h;
    numbers.volumeTotal[row] = scoring.volumeTotal;
    numbers.createdAtMs[row] = scoring.createdAtMs;
    numbers.resolvesAtMs[row] = resolvesAtMs;
    numbers.editorialBoost[row] = scoring.editorialBoost;
  }
  return numbers;
}

function eventsOf(entries: readonly ColumnsEntry[]): Pick<MarketColumns, 'event' | 'eventOf'> {
  const numbers = new Map<string, number>();
  const event = new Int32Array(entries.length).fill(-1);
  for (const [row, { market }] of entries.entries()) {
    if (market.eventKey === null) continue;
    const number = numbers.get(market.eventKey) ?? numbers.size;
    numbers.set(market.eventKey, number);
    event[row] = number;
  }
  return { event, eventOf: (eventKey) => numbers.get(eventKey) };
}

function creationOrderOf(
  entries: readonly ColumnsEntry[],
  base?: MarketColumns,
): ReturnType<typeof creationOrder> {
  return creationOrder(
    Float64Array.from(entries, ({ scoring }) => scoring.createdAtMs),
    base,
  );
}

function isRestricted({ market }: ColumnsEntry): boolean {
  return market.blockedCountries.length > 0;
}

function restrictedRows(entries: readonly ColumnsEntry[]): Int32Array {
  return Int32Array.from(entries.flatMap((entry, row) => (isRestricted(entry) ? [row] : [])));
}

function isAboutNews({ category, tags }: ScoringMarket): boolean {
  return [category, ...tags].some((topic) => topic === 'news' || topic === 'breaking');
}
