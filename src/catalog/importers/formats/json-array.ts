import type { Readable } from 'node:stream';
import { Assembler } from 'stream-json/assembler.js';
import { jsonParser, type Token } from 'stream-json/parser.js';
import { jsonVerifier } from 'stream-json/utils/verifier.js';
import { OperatorError } from '../../../lib/errors.js';
import { MAX_JSON_DEPTH } from '../../../lib/input/json-depth.js';
import { decodeText, hasInvalidBytes, INVALID_BYTES_REASON } from './text-stream.js';

/** An event of Gamma with 500 markets has about 5 million characters. */
const MAX_ITEM_CHARACTERS = 16 * 1024 * 1024;

/** Characters counted for a value in addition to its text, because an item of many small values takes memory too. */
const VALUE_CHARACTERS = 16;

/** The parser stores every open level, including those outside the array. */
const MAX_FILE_DEPTH = 10_000;

/** Maximum length kept of a string field outside the array. */
const MAX_OUTER_TEXT = 4_096;

/** One item of an array, or the reason for its rejection. `number` counts from 1. */
type JsonArrayItem =
  | { readonly number: number; readonly value: unknown; readonly reason?: never }
  | { readonly number: number; readonly value?: never; readonly reason: string };

type OnText = (field: string, text: string) => void;

/**
 * Streams the items of a JSON array. The array is the whole file, or the value of one of the named fields of a top-level
 * object. Memory is bounded: an item that is too large, nested too deeply, or not valid text is rejected, and the
 * following items are still read.
 *
 * @param fields names of the fields that may contain the array.
 * @param encoding declared by the source; undefined: UTF-8, unless there is a byte-order mark.
 * @param onText receives the name and value of each string field of the top-level object.
 * @throws {OperatorError} if the text is not JSON (naming line and column), is truncated, or has no such array. The message
 *   is one sentence.
 */
export async function* jsonArrayItems(
  bytes: Readable,
  fields: readonly string[],
  { encoding, onText = () => undefined }: { encoding?: string | undefined; onText?: OnText } = {},
): AsyncGenerator<JsonArrayItem> {
  // Without packing, the parser emits a long value in pieces instead of holding it in memory.
  const parse = jsonParser({ packValues: false });
  const verify = jsonVerifier();
  const items = new ItemAssembler(fields, onText);
  let number = 0;
  let isEmpty = true;
  let previousHadInvalid = false;
  for await (const text of decodeText(bytes, encoding)) {
    if (text === '') continue;
    isEmpty &&= text.trim() === '';
    verifyJson(verify, text, number);
    const parsed = parse(text);
    if (typeof parsed !== 'object' || !('values' in parsed)) continue;
    // The parser may hold back the last characters of a piece until the next one.
    const hasInvalid = hasInvalidBytes(text);
    items.mayHaveInvalidBytes = previousHadInvalid || hasInvalid;
    previousHadInvalid = hasInvalid;
    for (const token of parsed.values) {
      if (!items.take(token)) continue;
      number += 1;
      yield items.reason === undefined ? { number, value: items.item } : { number, reason: items.reason };
    }
  }
  if (isEmpty) throw new OperatorError('The text is empty; expected a JSON array of records.');
  if (!items.complete) {
    throw new OperatorError(`The JSON ends too early, after record ${number}; get the complete file again.`);
  }
  if (!items.foundArray) {
    throw new OperatorError(
      `The JSON must be an array, or an object with an array in one of the fields ${fields.join(', ')}.`,
    );
  }
}

/** Locates a syntax error, because the parser reports none. */
function verifyJson(verify: ReturnType<typeof jsonVerifier>, text: string, records: number): void {
  try {
    verify(text);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const at =
      'line' in error && 'pos' in error ? ` at line ${String(error.line)}, column ${String(error.pos)}` : '';
    throw new OperatorError(`The text is not valid JSON${at}, after record ${records}.`, {
      cause: error,
    });
  }
}

/** Assembles the items of the wanted array from tokens and skips everything else. */
class ItemAssembler {
  /** The item completed last, unless it was rejected. */
  item: unknown;
  /** Why the item completed last was rejected. */
  reason: string | undefined;
  foundArray = false;
  /** Whether the next pieces of text may contain invalid bytes. */
  mayHaveInvalidBytes = false;
  readonly #fields: readonly string[];
  readonly #onText: OnText;
  #depth = 0;
  #started = false;
  /** Depth at which an item starts; 0 outside the wanted array. */
  #itemDepth = 0;
  #field = '';
  /** Text so far of the key, string, or number in progress. */
  #text = '';
  #characters = 0;
  #itemReason: string | undefined;
  #assembler: Assembler | undefined;

  constructor(fields: readonly string[], onText: OnText) {
    this.#fields = fields;
    this.#onText = onText;
  }

  get complete(): boolean {
    return this.#started && this.#depth === 0;
  }

  /** @returns whether this token completes an item. */
  take(token: Token): boolean {
    this.#started = true;
    switch (token.name) {
      case 'startKey':
      case 'startString':
      case 'startNumber':
        this.#text = '';
        return false;
      case 'stringChunk':
      case 'numberChunk':
        this.#addText(token.value);
        return false;
      case 'endKey':
        return this.#takeWhole({ name: 'keyValue', value: this.#text });
      case 'endString':
        return this.#takeWhole({ name: 'stringValue', value: this.#text });
      case 'endNumber':
        return this.#takeWhole(numberToken(this.#text));
      default:
        return this.#takeWhole(token);
    }
  }

  #addText(piece: string): void {
    if (this.#itemDepth === 0) {
      if (this.#text.length <= MAX_OUTER_TEXT) this.#text += piece;
      return;
    }
    if (this.mayHaveInvalidBytes && hasInvalidBytes(piece)) this.#reject(INVALID_BYTES_REASON);
    this.#countCharacters(piece.length);
    if (this.#itemReason === undefined) this.#text += piece;
  }

  #takeWhole(token: Token): boolean {
    const opens = token.name === 'startArray' || token.name === 'startObject';
    const closes = token.name === 'endArray' || token.name === 'endObject';
    if (closes) this.#depth--;
    if (this.#itemDepth > 0 && this.#depth < this.#itemDepth) this.#itemDepth = 0;
    const inItem = this.#itemDepth > 0;
    if (inItem) this.#addToItem(token);
    else this.#takeOuter(token);
    if (opens) this.#deepen();
    if (!inItem || this.#depth !== this.#itemDepth) return false;
    this.item = this.#assembler?.current;
    this.reason = this.#itemReason;
    this.#assembler = undefined;
    this.#itemReason = undefined;
    this.#characters = 0;
    return true;
  }

  #addToItem(token: Token): void {
    this.#countCharacters(VALUE_CHARACTERS);
    if (this.#itemReason !== undefined) return;
    this.#assembler ??= new Assembler();
    this.#assembler.consume(token);
  }

  /** Outside the wanted array: detects its beginning and reports string fields of the top-level object. */
  #takeOuter(token: Token): void {
    if (token.name === 'startArray' && this.#isWanted()) {
      this.foundArray = true;
      this.#itemDepth = this.#depth + 1;
    } else if (this.#depth === 1 && token.name === 'keyValue') {
      this.#field = token.value;
    } else if (this.#depth === 1 && token.name === 'stringValue') {
      this.#onText(this.#field, token.value);
    }
  }

  #deepen(): void {
    this.#depth++;
    if (this.#itemDepth > 0 && this.#depth - this.#itemDepth > MAX_JSON_DEPTH) {
      this.#reject(`is nested more than ${MAX_JSON_DEPTH} levels deep`);
    }
    if (this.#depth > MAX_FILE_DEPTH) {
      throw new OperatorError(
        `The JSON is nested more than ${MAX_FILE_DEPTH} levels deep, which is the limit.`,
      );
    }
  }

  #countCharacters(characters: number): void {
    this.#characters += characters;
    if (this.#characters > MAX_ITEM_CHARACTERS) {
      this.#reject(`is larger than ${MAX_ITEM_CHARACTERS / 1024 ** 2} MB`);
    }
  }

  #reject(reason: string): void {
    this.#itemReason ??= reason;
    this.#assembler = undefined;
    this.#text = '';
  }

  #isWanted(): boolean {
    return this.#depth === 0 || (this.#depth === 1 && this.#fields.includes(this.#field));
  }
}

/** Keeps an integer beyond the exact range of a double as text, so that an id loses no digit. */
function numberToken(text: string): Token {
  const isUnsafe = /^-?\d+$/.test(text) && !Number.isSafeInteger(Number(text));
  return isUnsafe ? { name: 'stringValue', value: text } : { name: 'numberValue', value: text };
}
