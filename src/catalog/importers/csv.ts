import { pipeline, type Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { OperatorError } from '../../lib/errors.js';
import type { ImportRecord } from './market-draft.js';
import { neutralRecord } from './neutral-record.js';
import { decimalNumber } from './record-fields.js';
import { reject } from './reject.js';
import { decodedText, isUndecodable, UNDECODABLE_REASON } from './text-decoding.js';
import { LONGEST_LINE, withLineFeeds } from './text-lines.js';

const numberColumns = new Set([
  'probability',
  'volume24h',
  'volumeTotal',
  'participantCount',
  'editorialBoost',
  'dwellMs',
  'position',
  'stake',
]);
const listColumns = new Set(['tags', 'blockedCountries']);

interface CsvRow {
  record: Record<string, string>;
  raw: string;
  info: { lines: number; error?: CsvError };
}

/**
 * Reads the neutral form as CSV: a header with the names of its fields and a column `type`; `tags` and
 * `blockedCountries` separated by `|`; `context` as JSON. An empty cell says nothing; `null` as
 * probability says that there is no single one. Columns of other names are passed over.
 *
 * @throws OperatorError when the header has no `type`, or a quote stands where none can or is never
 *   closed (from there on nobody knows where a record ends).
 */
export async function* readCsv(bytes: Readable, encoding?: string): AsyncGenerator<ImportRecord> {
  const parser = parse({
    info: true,
    raw: true,
    skip_empty_lines: true,
    skip_records_with_empty_values: true,
    record_delimiter: '\n',
    // A quote that is never closed would swallow the rest of the file.
    max_record_size: LONGEST_LINE,
    relax_column_count: true,
    columns: columnNames,
  });
  pipeline(withLineFeeds(decodedText(bytes, encoding)), parser, () => undefined);
  try {
    for await (const row of parser as AsyncIterable<CsvRow>) yield rowRecord(row);
  } catch (error) {
    throw error instanceof CsvError ? brokenCsv(error) : error;
  }
}

/** The parser's own message names the line where it noticed the fault, which may be the last of the file. */
function brokenCsv(error: CsvError): OperatorError {
  const raw = typeof error['raw'] === 'string' ? error['raw'] : '';
  const line = firstLine(Number(error['lines']), raw);
  const [fault = ''] = error.message.split(':');
  return new OperatorError(`The CSV is broken in the record that begins at line ${line}: ${fault}.`, {
    cause: error,
  });
}

/** The line where a record begins that ends on `lastLine`; the parser puts blank lines before it into its text. */
function firstLine(lastLine: number, raw: string): number {
  return lastLine - (raw.trim().match(/\n/g)?.length ?? 0);
}

function columnNames(header: readonly string[]): string[] {
  const names = header.map((name) => name.trim());
  rejectRepeatedColumns(names);
  if (!names.includes('type')) {
    throw new OperatorError(
      `The first line of a CSV file must name its columns, one of them "type"; it names ${names.join(', ')}.`,
    );
  }
  return names;
}

/** @throws OperatorError when two columns have one name: only one of them would be read. */
export function rejectRepeatedColumns(names: readonly string[]): void {
  const repeated = names.find((name, index) => name !== '' && names.indexOf(name) < index);
  if (repeated === undefined) return;
  throw new OperatorError(`The first line of the CSV names the column "${repeated}" twice.`);
}

function rowRecord(row: CsvRow): ImportRecord {
  const raw = row.raw.trim();
  const line = firstLine(row.info.lines, raw);
  if (isUndecodable(raw)) return reject(line, UNDECODABLE_REASON, raw);
  if (row.info.error) {
    return reject(line, 'the line has more or fewer cells than the header has columns', raw);
  }
  const cells = Object.entries(row.record)
    .filter(([, cell]) => cell.trim() !== '')
    .map(([column, cell]) => [column, cellValue(column, cell.trim())]);
  return neutralRecord(Object.fromEntries(cells), line, raw);
}

/** A cell that cannot be read stays text, which the check of its field then refuses by name. */
function cellValue(column: string, cell: string): unknown {
  if (listColumns.has(column)) return cell.split('|').map((item) => item.trim());
  if (column === 'probability' && cell === 'null') return null;
  if (numberColumns.has(column)) return decimalNumber(cell) ?? cell;
  if (column === 'context') return jsonOrText(cell);
  return cell;
}

function jsonOrText(cell: string): unknown {
  try {
    return JSON.parse(cell);
  } catch {
    return cell;
  }
}
