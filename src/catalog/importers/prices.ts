import { pipeline, type Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { OperatorError } from '../../lib/errors.js';
import { asShare } from '../../lib/input/rounded-numbers.js';
import { instantMs } from './instant.js';
import { rejectRepeatedColumns } from './csv.js';
import type { MarketDraft } from './market-draft.js';
import { decimalNumber } from './record-fields.js';
import { decodedText } from './text-decoding.js';
import { LONGEST_LINE, withLineFeeds } from './text-lines.js';

const idColumns = ['id', 'marketid', 'market_id', 'conditionid', 'condition_id'];
const questionColumns = ['question', 'title'];

/** Below it a number is taken for seconds (until the year 5138), from it on for milliseconds (since 1973). */
const firstMilliseconds = 1e11;

interface PricePoint {
  atMs: number;
  price: number;
}

/** The last price of each market at an instant or before. */
export class PriceList {
  readonly #byId: ReadonlyMap<string, PricePoint>;
  readonly #byQuestion: ReadonlyMap<string, PricePoint>;
  /** Rows without a readable time, or without a price from 0 to 1. */
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

  /** Markets with a price. */
  get size(): number {
    return Math.max(this.#byId.size, this.#byQuestion.size);
  }

  /** The market's price, 0–1, found by its id, else by its title; undefined when the list has none. */
  priceOf(market: MarketDraft): number | undefined {
    return (this.#byId.get(market.id) ?? this.#byQuestion.get(market.title.trim()))?.price;
  }
}

/**
 * Reads a CSV of prices: a header, in any case, with `id` or `question` (or both), `timestamp` (ISO
 * 8601, or seconds or milliseconds since 1970) and `price`. Where there is a column `outcome`, rows of
 * another outcome than Yes are passed over. Only the last price of each market is held in memory.
 *
 * @param untilMs prices dated later are not read.
 * @throws OperatorError when a column is missing or the CSV is broken.
 */
export async function readPrices(bytes: Readable, untilMs: number, encoding?: string): Promise<PriceList> {
  const byId = new Map<string, PricePoint>();
  const byQuestion = new Map<string, PricePoint>();
  let unreadableRows = 0;
  const parser = parse({
    record_delimiter: '\n',
    max_record_size: LONGEST_LINE,
    columns: priceColumns,
    skip_empty_lines: true,
    relax_column_count: true,
  });
  pipeline(withLineFeeds(decodedText(bytes, encoding)), parser, () => undefined);
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
      ? new OperatorError(`The list of prices is broken. ${error.message}.`)
      : error;
  }
  return new PriceList(byId, byQuestion, unreadableRows);
}

function priceColumns(header: readonly string[]): string[] {
  rejectRepeatedColumns(header.map((name) => name.trim().toLowerCase()));
  const names = header.map((name) => {
    const column = name.trim().toLowerCase();
    if (idColumns.includes(column)) return 'id';
    return questionColumns.includes(column) ? 'question' : column;
  });
  const isComplete = names.includes('timestamp') && names.includes('price');
  if (isComplete && (names.includes('id') || names.includes('question'))) return names;
  throw new OperatorError(
    `The list of prices needs a header with question or id, timestamp and price; it has ${header.join(', ')}.`,
  );
}

function pricePoint(row: Record<string, string>): PricePoint | undefined {
  const atMs = timestampMs(row['timestamp']?.trim() ?? '');
  const price = asShare(decimalNumber(row['price'] ?? '') ?? NaN);
  return atMs === undefined || price === undefined ? undefined : { atMs, price };
}

function timestampMs(text: string): number | undefined {
  if (!/^\d+(\.\d+)?$/.test(text)) return instantMs(text);
  const number = Number(text);
  return number < firstMilliseconds ? number * 1000 : number;
}

/** Of two prices at one time the later row counts. */
function keepLatest(points: Map<string, PricePoint>, key: string | undefined, point: PricePoint): void {
  const name = key?.trim() ?? '';
  if (name === '') return;
  const known = points.get(name);
  if (!known || point.atMs >= known.atMs) points.set(name, point);
}
