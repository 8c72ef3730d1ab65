import { CodecReader } from '../codec/codec-reader.js';
import { CodecWriter } from '../codec/codec-writer.js';

/** The format of all three columns. A new layout gets a new number; every format stays readable. */
export const COLUMN_FORMAT = 2;

/** A profile was stored by a later version of the gateway. */
export class UnknownFormat extends Error {
  override readonly name = 'UnknownFormat';

  constructor(format: number) {
    super(
      `A profile is stored in format ${format}. This version of the gateway reads formats 1 and ${COLUMN_FORMAT}: upgrade it.`,
    );
  }
}

/** Finds the number of a market; without one, the id itself is stored. */
export type NumberOf = (marketId: string) => number | undefined;

/** Finds the id of a market; an entry without one is left out. */
export type IdOf = (number: number) => string | undefined;

/** An empty column. */
export const NO_BYTES = new Uint8Array(0);

const header = new CodecWriter();
const body = new CodecWriter();

/** Encodes a column: the number of its format, the strings that it uses, and the values that `write` writes. */
export function encodeColumn(write: (out: CodecWriter) => void): Uint8Array {
  write(body);
  const { bytes, strings } = body.take();
  header.whole(COLUMN_FORMAT);
  header.list(strings, (text) => {
    header.utf8(text);
  });
  header.raw(bytes);
  return header.take().bytes;
}

/**
 * Returns a reader for the values of {@link encodeColumn}.
 *
 * @throws {UnknownFormat} for a column of a later version; {RangeError} for bytes that are not a column.
 */
export function columnReader(bytes: Uint8Array): CodecReader {
  const from = new CodecReader(bytes);
  const format = from.whole();
  if (format !== COLUMN_FORMAT) throw new UnknownFormat(format);
  const strings = from.list(() => from.utf8());
  return new CodecReader(bytes.subarray(from.position), strings);
}

/** Returns the number of the format in which a column is stored; 0 for no bytes. */
export function formatOf(bytes: Uint8Array): number {
  return bytes.length === 0 ? 0 : new CodecReader(bytes).whole();
}

export function writeMarket(out: CodecWriter, marketId: string, numberOf: NumberOf): void {
  const number = numberOf(marketId) ?? 0;
  out.whole(number);
  if (number === 0) out.text(marketId);
}

export function readMarket(from: CodecReader, idOf: IdOf): string | undefined {
  const number = from.whole();
  return number === 0 ? from.text() : idOf(number);
}

/** Writes distinct times, sorted. @returns a function from a time to its index. */
export function writeTimes(out: CodecWriter, times: readonly number[]): (atMs: number) => number {
  const sorted = [...new Set(times)].sort((a, b) => a - b);
  out.list(sorted, (atMs) => {
    out.time(atMs);
  });
  const indexes = new Map(sorted.map((atMs, index) => [atMs, index]));
  return (atMs) => indexes.get(atMs) ?? 0;
}

/** Reads times. @returns a function from an index to its time. */
export function readTimes(from: CodecReader): (index: number) => number {
  const times = from.list(() => from.time());
  return (index) => {
    const atMs = times[index];
    if (atMs === undefined) throw new RangeError('A profile refers to a time that is not stored.');
    return atMs;
  };
}

/** Returns values by market, without values whose market is unknown. */
export function byMarket<Value extends { readonly marketId: string }>(
  values: readonly (Value | undefined)[],
): Map<string, Value> {
  const map = new Map<string, Value>();
  for (const value of values) if (value !== undefined) map.set(value.marketId, value);
  return map;
}
