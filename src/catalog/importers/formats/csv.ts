import { pipeline, type Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { OperatorError } from '../../../lib/errors.js';
import { rejectRecord, type ImportRecord } from './import-record.js';
import { neutralRecord } from './neutral-format.js';
import { decimalNumber } from './record-fields.js';
import {
  decodeText,
  hasInvalidBytes,
  INVALID_BYTES_REASON,
  MAX_LINE_LENGTH,
  withLineFeeds,
} from './text-stream.js';

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
 * Reads the neutral format as CSV: a header with its field names and a column `type`. `tags` and `blockedCountries` are
 * separated by `|`; `context` is JSON. An empty cell means that the value is absent. The probability `null` means that the
 * market has several answers. Unknown columns are ignored.
 *
 * @throws {OperatorError} if the header has no column `type` or repeats a column, or if quotes are unbalanced. After an
 *   unbalanced quote, record boundaries are unknown.
 */
export async function* readCsv(bytes: Readable, encoding?: string): AsyncGenerator<ImportRecord> {
  const parser = parse({
    info: true,
    raw: true,
    skip_empty_lines: true,
    skip_records_with_empty_values: true,
    record_delimiter: '\n',
    // Without a limit, an unclosed quote would read the rest of the file into memory.
    max_record_size: MAX_LINE_LENGTH,
    relax_column_count: true,
    columns: columnNames,
  });
  pipeline(withLineFeeds(decodeText(bytes, encoding)), parser, () => undefined);
  try {
    for await (const row of parser as AsyncIterable<CsvRow>) yield rowRecord(row);
  } catch (error) {
    throw error instanceof CsvError ? malformedCsv(error) : error;
  }
}

/** Names the line at which the record begins. The parser names the line of detection, possibly the last of the file. */
function malformedCsv(error: CsvError): OperatorError {
  const raw = typeof error['raw'] === 'string' ? error['raw'] : '';
  const line = firstLine(Number(error['lines']), raw);
  const [problem = ''] = error.message.split(':');
  return new OperatorError(
    `The CSV is malformed in the record that begins at line ${line}: ${problem}. Correct the quotes of that record.`,
    { cause: error },
  );
}

/** The first line of a record that ends at `lastLine`. Its raw text may include the blank lines before it. */
function firstLine(lastLine: number, raw: string): number {
  return lastLine - (raw.trim().match(/\n/g)?.length ?? 0);
}

function columnNames(header: readonly string[]): string[] {
  const names = header.map((name) => name.trim());
  requireDistinctColumns(names);
  if (!names.includes('type')) {
    throw new OperatorError(
      `The CSV header must name the columns, one of them "type"; it names ${names.join(', ')}. ` +
        'Add a column "type" with the value market or interaction.',
    );
  }
  return names;
}

/** @throws {OperatorError} if two columns have the same name, because only one of them would be read. */
export function requireDistinctColumns(names: readonly string[]): void {
  const repeated = names.find((name, index) => name !== '' && names.indexOf(name) < index);
  if (repeated === undefined) return;
  throw new OperatorError(
    `The CSV header names the column "${repeated}" twice. Rename or remove one of them.`,
  );
}

function rowRecord(row: CsvRow): ImportRecord {
  const raw = row.raw.trim();
  const line = firstLine(row.info.lines, raw);
  if (hasInvalidBytes(raw)) return rejectRecord(line, INVALID_BYTES_REASON, raw);
  if (row.info.error) {
    return rejectRecord(line, 'the line has more or fewer cells than the header has columns', raw);
  }
  const cells = Object.entries(row.record)
    .filter(([, cell]) => cell.trim() !== '')
    .map(([column, cell]) => [column, cellValue(column, cell.trim())]);
  return neutralRecord(Object.fromEntries(cells), line, raw);
}

/** Returns an unreadable cell as text, so that the validation of its field rejects it by name. */
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
