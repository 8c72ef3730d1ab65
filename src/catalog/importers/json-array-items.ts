import type { Readable } from 'node:stream';
import { jsonParser } from 'stream-json/parser.js';
import { jsonVerifier } from 'stream-json/utils/verifier.js';
import { OperatorError } from '../../lib/errors.js';
import { JsonItems } from './json-items.js';
import { decodedText, isUndecodable } from './text-decoding.js';

/** One item of an array, or why it was not read. `place` counts from 1. */
export type JsonArrayItem =
  | { readonly place: number; readonly value: unknown; readonly fault?: never }
  | { readonly place: number; readonly value?: never; readonly fault: string };

type OnText = (field: string, text: string) => void;

/**
 * The items of a JSON array, one by one, however large the file. The array is the file itself, or stands in one of the
 * named fields of the object that the file is. Memory is bounded: an item that is too large, nested too deeply or not
 * valid text becomes a fault, and the items after it are read.
 *
 * @param fields where the array may stand.
 * @param encoding declared by the source; undefined: UTF-8, unless a byte-order mark differs.
 * @param onText receives the string fields of the object that contains the array, with their names.
 * @throws OperatorError when the text is not JSON (naming line and column), ends early, or holds no such array.
 */
export async function* jsonArrayItems(
  bytes: Readable,
  fields: readonly string[],
  { encoding, onText = () => undefined }: { encoding?: string | undefined; onText?: OnText } = {},
): AsyncGenerator<JsonArrayItem> {
  // Values come in pieces: the parser would hold a packed one in memory whole, however long.
  const tokens = jsonParser({ packValues: false });
  const verify = jsonVerifier();
  const items = new JsonItems(fields, onText);
  let place = 0;
  let isEmpty = true;
  let hadUndecodable = false;
  for await (const text of decodedText(bytes, encoding)) {
    if (text === '') continue;
    isEmpty &&= text.trim() === '';
    checkJson(verify, text, place);
    const parsed = tokens(text);
    if (typeof parsed !== 'object' || !('values' in parsed)) continue;
    // The parser holds back a few characters of a piece until the next one.
    const hasUndecodable = isUndecodable(text);
    items.mayBeUndecodable = hadUndecodable || hasUndecodable;
    hadUndecodable = hasUndecodable;
    for (const token of parsed.values) {
      if (!items.take(token)) continue;
      place += 1;
      yield items.fault === undefined ? { place, value: items.item } : { place, fault: items.fault };
    }
  }
  if (isEmpty) throw new OperatorError('The file is empty.');
  if (!items.complete) {
    throw new OperatorError(`The JSON ends too early, after record ${place}: the file is not complete.`);
  }
  if (!items.foundArray) {
    throw new OperatorError(
      `The file must be a JSON array, or an object with an array as ${fields.join(', ')}.`,
    );
  }
}

/** Tokenizing alone tells that something is wrong, but not where. */
function checkJson(verify: ReturnType<typeof jsonVerifier>, text: string, place: number): void {
  try {
    verify(text);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const at =
      'line' in error && 'pos' in error ? `line ${String(error.line)}, column ${String(error.pos)}` : '';
    throw new OperatorError(`The file is not JSON at ${at} (soon after record ${place}).`, { cause: error });
  }
}
