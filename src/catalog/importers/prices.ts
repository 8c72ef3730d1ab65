import { pipeline, type Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { OperatorError } from '../../lib/errors.js';
import { asShare } from '../../lib/input/rounded-numbers.js';
import { requireDistinctColumns } from './formats/csv.js';
import type { MarketDraft } from './formats/import-record.js';
import { decimalNumber, parseInstant } from './formats/record-fields.js';
import { decodeText, MAX_LINE_LENGTH, withLineFeeds } from './formats/text-stream.js';

// Accepted column names, in lower case.
const idColumns = ['id', 'marketid', 'market_id', 'conditionid', 'condition_id'];
const questionColumns = ['question', 'title'];

/** A smaller timestamp is in seconds (up to the year 5138), a larger one in milliseconds (from 1973 on). */
const minMilliseconds = 1e11;

interface PricePoint {
  /** Milliseconds since 1970. */
  atMs: number;
  /** 0–1. */
  price: number;
}

/** The last price of each market at or before an instant. */
export class PriceList {
  readonly #byId: ReadonlyMap<string, PricePoint>;
  readonly #byQuestion: ReadonlyMap<string, PricePoint>;
  /** Rows without a valid time or without a price in 0–1. */
  readonly unreadableRows: number;

  constructor(
    byId: ReadonlyMap<string, PricePoint>,
    byQuestion: ReadonlyMap<string, PricePoint>,
    unreadableRows: number,
  ) {
    this.#byId = byId;
    this.#byQuestion = byQuestion;
    this.unreadableRows = unreadableRows;
  }

  /** Number of markets with a price. If rows name both id and question, both maps have the same markets. */
  get size(): number {
    return Math.max(this.#byId.size, this.#byQuestion.size);
  }

  /** Finds the price of a market, 0–1, by its id, else by its title; undefined if the list has none. */
  priceOf(market: MarketDraft): number | undefined {
    return (this.#byId.get(market.id) ?? this.#byQuestion.get(market.title.trim()))?.price;
  }
}

/**
 * Reads a CSV of prices. The header, in any case, names `id` or `question` (or both), `timestamp` (ISO 8601, or seconds or
 * milliseconds since 1970), and `price`. If there is a column `outcome`, rows with another outcome than Yes are skipped.
 * Only the last price of each market is kept in memory.
 *
 * @param untilMs milliseconds since 1970; later prices are skipped.
 * @throws {OperatorError} if a column is missing or the CSV is malformed.
 */
export async function readPrices(bytes: Readable, untilMs: number, encoding?: string): Promise<PriceList> {
  const byId = new Map<string, PricePoint>();
  const byQuestion = new Map<string, PricePoint>();
  let unreadableRows = 0;
  const parser = parse({
    record_delimiter: '\n',
    max_record_size: MAX_LINE_LENGTH,
    columns: priceColumns,
    skip_empty_lines: true,
    relax_column_count: true,
  });
  // An error of any stream destroys the parser with it, so the loop below throws it.
  pipeline(withLineFeeds(decodeText(bytes, encoding)), parser, () => undefined);
  try {
    for await (const row of parser as AsyncIterable<Record<string, string>>) {
      if ((row['outcome'] ?? 'yes').trim().toLowerCase() !== 'yes') continue;
      const point = pricePoint(row);
      if (!point) unreadableRows++;
      else if (point.atMs <= untilMs) {
        keepLatest(byId, row['id'], point);
        keepLatest(byQuestion, row['question'], point);
      }
    }
  } catch (error) {
    throw error instanceof CsvError
      ? new OperatorError(`The price list is malformed: ${error.message}. Correct that line.`)
      : error;
  }
  return new PriceList(byId, byQuestion, unreadableRows);
}

function priceColumns(header: readonly string[]): string[] {
  requireDistinctColumns(header.map((name) => name.trim().toLowerCase()));
  const names = header.map((name) => {
    const column = name.trim().toLowerCase();
    if (idColumns.includes(column)) return 'id';
    return questionColumns.includes(column) ? 'question' : column;
  });
  const isComplete = names.includes('timestamp') && names.includes('price');
  if (isComplete && (names.includes('id') || names.includes('question'))) return names;
  throw new OperatorError(
    `The price list needs a header with question or id, timestamp, and price; it has ${header.join(', ')}. ` +
      'Add or rename the missing columns.',
  );
}

function pricePoint(row: Record<string, string>): PricePoint | undefined {
  const atMs = timestampMs(row['timestamp']?.trim() ?? '');
  const price = asShare(decimalNumber(row['price'] ?? '') ?? NaN);
  return atMs === undefined || price === undefined ? undefined : { atMs, price };
}

function timestampMs(text: string): number | undefined {
  if (!/^\d+(\.\d+)?$/.test(text)) return parseInstant(text);
  const number = Number(text);
  return number < minMilliseconds ? number * 1000 : number;
}

/** If two rows have the same time, the later row counts. */
function keepLatest(points: Map<string, PricePoint>, key: string | undefined, point: PricePoint): void {
  const name = key?.trim() ?? '';
  if (name === '') return;
  const known = points.get(name);
  if (!known || point.atMs >= known.atMs) points.set(name, point);
}
