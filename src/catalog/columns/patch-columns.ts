import { patchCreation } from './creation-order.js';
import type { Work } from '../../lib/in-slices.js';
import {
  categoriesOf,
  columnsWork,
  eventColumns,
  eventNumber,
  identities,
  isAboutNews,
  isAboutSports,
  isRestricted,
  NUMBER_COLUMNS,
  rowsOf,
  VALUES,
  type CatalogColumns,
  type ColumnsEntry,
  type Numbers,
} from './market-columns.js';
import { readTerms, sameText } from './market-terms.js';
import { editedColumn, editedList, type RowEdits } from './row-edits.js';
import { TermRows, weighed, type CatalogText } from './text-columns.js';
import { patchTopics, weighedTopics } from './topic-columns.js';

/** Whether two versions of a market differ in columns of numbers only, such as its probability and volumes. */
export function differInNumbersOnly(one: ColumnsEntry, other: ColumnsEntry): boolean {
  return (
    sameText(one.market, other.market) &&
    one.market.eventKey === other.market.eventKey &&
    one.scoring.createdAtMs === other.scoring.createdAtMs &&
    isRestricted(one) === isRestricted(other)
  );
}

/**
 * The columns with the numbers of some rows replaced; everything else is shared. Costs a copy of each column that changes.
 *
 * @param entries which differ from those of the columns in numbers only.
 */
export function withNumbers<Columns extends Numbers>(
  columns: Columns,
  entries: readonly { readonly row: number; readonly entry: ColumnsEntry }[],
): Columns {
  const replaced: Partial<Record<keyof Numbers, Float64Array>> = {};
  for (const name of NUMBER_COLUMNS) {
    const old = columns[name];
    if (entries.every(({ row, entry }) => Object.is(old[row], VALUES[name](entry)))) continue;
    const column = old.slice();
    for (const { row, entry } of entries) column[row] = VALUES[name](entry);
    replaced[name] = column;
  }
  return { ...columns, ...replaced };
}

/**
 * The columns of edited rows. Costs copies of the columns: no string of a row that is kept is looked at, and no text is
 * divided into words. They equal `columnsOf` the new rows but for words and topics until {@link refreshWork} is done:
 *
 * - the words of renamed markets are those of before, and new markets have no words;
 * - words and topics weigh what they weighed in `old`, and a topic that is new weighs what that of a single market does.
 *
 * The numbers of words, topics, and events depend on the history, which no score and no order does.
 */
export function patchColumns(old: CatalogColumns, edits: RowEdits<ColumnsEntry>): CatalogColumns {
  const column = (name: keyof Numbers): Float64Array => editedColumn(old[name], edits, VALUES[name]);
  const createdAtMs = column('createdAtMs');
  const topics = patchTopics(old.topics, edits, ({ scoring }) => scoring);
  return {
    ...{ createdAtMs, probability: column('probability'), volume24h: column('volume24h') },
    ...{ volumeTotal: column('volumeTotal'), resolvesAtMs: column('resolvesAtMs') },
    editorialBoost: column('editorialBoost'),
    ...identities(
      editedList(old.ids, edits, ({ market }) => market.id),
      editedColumn(old.slot, edits, ({ market }) => old.markets.add(market.id)),
      old.markets,
    ),
    ...eventColumns(
      editedColumn(old.event, edits, (entry) => eventNumber(entry, old.events)),
      old.events,
    ),
    ...patchCreation(old, edits, old.createdAtMs, createdAtMs),
    isNews: editedColumn(old.isNews, edits, (entry) => Number(isAboutNews(entry))),
    isSports: editedColumn(old.isSports, edits, (entry) => Number(isAboutSports(entry))),
    restrictedRows: patchRestricted(old.restrictedRows, edits),
    category: categoriesOf(topics),
    topics,
    text: old.text,
    textRow: editedColumn(old.textRow, edits, ({ market }) => textRowOf(old, market.id)),
    isTextStale: editedColumn(old.isTextStale, edits, () => 1),
    weighed: false,
  };
}

function textRowOf(columns: CatalogColumns, marketId: string): number {
  const row = columns.rowOf(marketId);
  return row === undefined ? -1 : (columns.textRow[row] as number);
}

function patchRestricted(
  restrictedRows: Int32Array,
  { fresh, newRowOf }: RowEdits<ColumnsEntry>,
): Int32Array {
  const rows = Array.from(restrictedRows, (row) => newRowOf[row] as number).filter((row) => row >= 0);
  for (const { row, entry } of fresh) if (isRestricted(entry)) rows.push(row);
  return Int32Array.from(rows).sort();
}

/**
 * Returns the columns with the words and topics of their rows, and with the weights that follow from them. If much of the
 * numbering belongs to removed markets and words, it rebuilds all columns from the entries, which frees that memory.
 */
export function* refreshWork(
  columns: CatalogColumns,
  entries: readonly ColumnsEntry[],
): Work<CatalogColumns> {
  if (hasMuchGarbage(columns)) return yield* columnsWork(entries);
  const topics = weighedTopics(columns.topics);
  yield;
  const text = yield* weighed(yield* currentTextWork(columns, entries));
  return {
    ...{ ...columns, topics, text, textRow: rowsOf(columns.size) },
    ...{ isTextStale: new Uint8Array(columns.size), weighed: true },
  };
}

const ROWS_AT_ONCE = 256;

/** The words of each row; only stale texts are divided into words. */
function* currentTextWork(
  { size, text, textRow, isTextStale }: CatalogColumns,
  entries: readonly ColumnsEntry[],
): Work<Pick<CatalogText, 'start' | 'terms' | 'counts' | 'words'>> {
  const rows = new TermRows(size, text.terms.length);
  for (let row = 0; row < size; row += 1) {
    if (isTextStale[row] === 1) {
      const { terms, counts } = readTerms((entries[row] as ColumnsEntry).market);
      rows.add(terms, counts, (term) => text.words.add(term));
    } else rows.copy(text, textRow[row] as number, (textRow[row] as number) + 1);
    if (row % ROWS_AT_ONCE === 0) yield;
  }
  return { ...rows.columns(), words: text.words };
}

function hasMuchGarbage({ size, markets, text }: CatalogColumns): boolean {
  let used = 0;
  for (let word = 0; word < text.count; word += 1) {
    if (text.postingStart[word] !== text.postingStart[word + 1]) used += 1;
  }
  return markets.size > 2 * size + 1_000 || text.count > 2 * used + 10_000;
}
