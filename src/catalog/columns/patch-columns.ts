import type { Work } from '../../lib/event-loop.js';
import {
  buildColumnsWork,
  categoryColumn,
  eventColumns,
  eventIdOf,
  idColumns,
  isAboutNews,
  isAboutSports,
  isRestricted,
  NUMERIC_COLUMNS,
  NUMERIC_VALUES,
  ownRowNumbers,
  type CatalogColumns,
  type ColumnEntry,
  type NumericColumns,
} from './build-columns.js';
import { patchCreation } from './creation-order.js';
import { countMarketTerms, hasSameText } from './market-terms.js';
import { patchPatterns } from './pattern-columns.js';
import { editColumn, editList, type RowEdits } from './row-edits.js';
import { TermRows, weightText, type CatalogText } from './text-columns.js';
import { patchVectors } from './vector-columns.js';
import { patchTopics, weightTopics } from './topic-columns.js';

/** Whether two versions of a market differ in numeric columns only, such as probability and volumes. */
export function differOnlyInNumbers(one: ColumnEntry, other: ColumnEntry): boolean {
  return (
    hasSameText(one.market, other.market) &&
    one.market.eventKey === other.market.eventKey &&
    one.market.source === other.market.source &&
    one.scoring.createdAtMs === other.scoring.createdAtMs &&
    isRestricted(one) === isRestricted(other)
  );
}

/**
 * Replaces the numbers of some rows. Copies only the columns that change and shares the others.
 *
 * @param entries differ from those of the columns in numbers only.
 */
export function replaceNumbers<Columns extends NumericColumns & { readonly catalogEndsMs: Float64Array }>(
  columns: Columns,
  entries: readonly { readonly row: number; readonly entry: ColumnEntry }[],
): Columns {
  const replaced: Partial<Record<keyof NumericColumns, Float64Array>> = {};
  for (const name of NUMERIC_COLUMNS) {
    const old = columns[name];
    if (entries.every(({ row, entry }) => Object.is(old[row], NUMERIC_VALUES[name](entry)))) continue;
    const column = old.slice();
    for (const { row, entry } of entries) column[row] = NUMERIC_VALUES[name](entry);
    replaced[name] = column;
  }
  return { ...columns, ...replaced, catalogEndsMs: replaced.resolvesAtMs ?? columns.catalogEndsMs };
}

/**
 * Derives the columns of edited rows by copying columns. Reads no strings of kept rows and tokenizes no text. The result
 * equals `buildColumns` of the new rows, except for terms and topics until {@link refreshWeightsWork} is done:
 *
 * - Renamed markets still have their former terms, and new markets have none.
 * - Terms and topics have their weights of `old`; a new topic has the weight of a topic of a single market.
 *
 * The ids of terms, topics, and events depend on earlier edits. No score and no order depends on these ids.
 */
export function patchColumns(old: CatalogColumns, edits: RowEdits<ColumnEntry>): CatalogColumns {
  const column = (name: keyof NumericColumns): Float64Array =>
    editColumn(old[name], edits, NUMERIC_VALUES[name]);
  const createdAtMs = column('createdAtMs');
  const topics = patchTopics(old.topics, edits, ({ scoring }) => scoring);
  const resolvesAtMs = column('resolvesAtMs');
  const patterns = patchPatterns(old.patterns, edits);
  return {
    ...{ createdAtMs, probability: column('probability'), volume24h: column('volume24h') },
    ...{ volumeTotal: column('volumeTotal'), resolvesAtMs, catalogEndsMs: resolvesAtMs },
    ...{ patterns, catalogPatterns: patterns },
    editorialBoost: column('editorialBoost'),
    ...idColumns(
      editList(old.ids, edits, ({ market }) => market.id),
      editColumn(old.slot, edits, ({ market }) => old.markets.add(market.id)),
      old.markets,
    ),
    ...eventColumns(
      editColumn(old.event, edits, (entry) => eventIdOf(entry, old.events)),
      old.events,
    ),
    ...patchCreation(old, edits, old.createdAtMs, createdAtMs),
    isNews: editColumn(old.isNews, edits, (entry) => Number(isAboutNews(entry))),
    isSports: editColumn(old.isSports, edits, (entry) => Number(isAboutSports(entry))),
    restrictedRows: patchRestrictedRows(old.restrictedRows, edits),
    category: categoryColumn(topics),
    topics,
    text: old.text,
    textRow: editColumn(old.textRow, edits, ({ market }) => textRowOf(old, market.id)),
    isTextStale: editColumn(old.isTextStale, edits, () => 1),
    vectors:
      old.vectors === null ? null : patchVectors(old.vectors, edits, ({ market }) => old.rowOf(market.id)),
    hasCurrentWeights: false,
  };
}

/** Row of the market in `text`, which stays as it is; −1 if its terms are not in it. */
function textRowOf(columns: CatalogColumns, marketId: string): number {
  const row = columns.rowOf(marketId);
  return row === undefined ? -1 : (columns.textRow[row] as number);
}

function patchRestrictedRows(
  restrictedRows: Int32Array,
  { inserted, newRowOf }: RowEdits<ColumnEntry>,
): Int32Array {
  const rows = Array.from(restrictedRows, (row) => newRowOf[row] as number).filter((row) => row >= 0);
  for (const { row, entry } of inserted) if (isRestricted(entry)) rows.push(row);
  return Int32Array.from(rows).sort();
}

/**
 * Brings the terms and topics of all rows, and their weights, up to date. If removed markets and terms fill much of the
 * dictionaries, it rebuilds all columns from the entries, which frees that memory.
 */
export function* refreshWeightsWork(
  columns: CatalogColumns,
  entries: readonly ColumnEntry[],
): Work<CatalogColumns> {
  const { vectors } = columns;
  if (hasMuchGarbage(columns)) return { ...(yield* buildColumnsWork(entries)), vectors };
  const topics = weightTopics(columns.topics);
  yield;
  const text = yield* weightText(yield* currentTermsWork(columns, entries));
  return {
    ...{ ...columns, topics, text, textRow: ownRowNumbers(columns.size) },
    ...{ isTextStale: new Uint8Array(columns.size), hasCurrentWeights: true },
  };
}

/** Rows between two points at which work may be interrupted. */
const ROWS_PER_STEP = 256;

/** The terms of each row. Tokenizes stale texts only. */
function* currentTermsWork(
  { size, text, textRow, isTextStale }: CatalogColumns,
  entries: readonly ColumnEntry[],
): Work<Pick<CatalogText, 'start' | 'terms' | 'counts' | 'dictionary'>> {
  const rows = new TermRows(size, text.terms.length);
  for (let row = 0; row < size; row += 1) {
    if (isTextStale[row] === 1) {
      const { terms, counts } = countMarketTerms((entries[row] as ColumnEntry).market);
      rows.add(terms, counts, (term) => text.dictionary.add(term));
    } else rows.copy(text, textRow[row] as number, (textRow[row] as number) + 1);
    if (row % ROWS_PER_STEP === 0) yield;
  }
  return { ...rows.columns(), dictionary: text.dictionary };
}

/**
 * Whether more than about half of the dictionary of markets or of terms is unused, because ids are never reused. The
 * absolute margins keep a small catalog from rebuilding after a few changes.
 */
function hasMuchGarbage({ size, markets, text }: CatalogColumns): boolean {
  let used = 0;
  for (let term = 0; term < text.count; term += 1) {
    if (text.postingStart[term] !== text.postingStart[term + 1]) used += 1;
  }
  return markets.size > 2 * size + 1_000 || text.count > 2 * used + 10_000;
}
