import { Assembler } from 'stream-json/assembler.js';
import type { Token } from 'stream-json/parser.js';
import { OperatorError } from '../../lib/errors.js';
import { MAX_JSON_DEPTH } from '../../lib/input/json-depth.js';
import { isUndecodable, UNDECODABLE_REASON } from './text-decoding.js';

/** An event of Gamma with 500 markets comes to about 5 million characters. */
const MOST_CHARACTERS = 16 * 1024 * 1024;

/** What a value weighs besides its text, in characters: an item of many small values takes memory too. */
const VALUE_WEIGHT = 16;

/** The parser remembers every level, also of what is passed over. */
const MOST_LEVELS_IN_FILE = 10_000;

/** Most characters kept of a string field next to the array. */
const LONGEST_TEXT_BESIDE = 4_096;

/** Assembles each item of the wanted arrays from tokens whose values come in pieces, and passes over the rest. */
export class JsonItems {
  /** The item that was completed last, unless it has a fault. */
  item: unknown;
  /** Why the item that was completed last could not be read. */
  fault: string | undefined;
  foundArray = false;
  /** Whether the pieces of text that follow may hold undecodable bytes. */
  mayBeUndecodable = false;
  readonly #fields: readonly string[];
  readonly #onText: (field: string, text: string) => void;
  #depth = 0;
  #started = false;
  /** Depth at which an item starts; 0 outside the arrays wanted. */
  #itemDepth = 0;
  #field = '';
  /** Of the key, string or number that is being read. */
  #text = '';
  #weight = 0;
  #itemFault: string | undefined;
  #assembler: Assembler | undefined;

  constructor(fields: readonly string[], onText: (field: string, text: string) => void) {
    this.#fields = fields;
    this.#onText = onText;
  }

  get complete(): boolean {
    return this.#started && this.#depth === 0;
  }

  /** Whether this token completed an item. */
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
      if (this.#text.length <= LONGEST_TEXT_BESIDE) this.#text += piece;
      return;
    }
    if (this.mayBeUndecodable && isUndecodable(piece)) this.#fail(UNDECODABLE_REASON);
    this.#weigh(piece.length);
    if (this.#itemFault === undefined) this.#text += piece;
  }

  #takeWhole(token: Token): boolean {
    const opens = token.name === 'startArray' || token.name === 'startObject';
    const closes = token.name === 'endArray' || token.name === 'endObject';
    if (closes) this.#depth--;
    if (this.#itemDepth > 0 && this.#depth < this.#itemDepth) this.#itemDepth = 0;
    const inItem = this.#itemDepth > 0;
    if (inItem) this.#addToItem(token);
    else this.#lookFor(token);
    if (opens) this.#deepen();
    if (!inItem || this.#depth !== this.#itemDepth) return false;
    this.item = this.#assembler?.current;
    this.fault = this.#itemFault;
    this.#assembler = undefined;
    this.#itemFault = undefined;
    this.#weight = 0;
    return true;
  }

  #addToItem(token: Token): void {
    this.#weigh(VALUE_WEIGHT);
    if (this.#itemFault !== undefined) return;
    this.#assembler ??= new Assembler();
    this.#assembler.consume(token);
  }

  /** Outside the wanted arrays: where they begin, and the texts beside them. */
  #lookFor(token: Token): void {
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
      this.#fail(`is nested more than ${MAX_JSON_DEPTH} levels deep`);
    }
    if (this.#depth > MOST_LEVELS_IN_FILE) {
      throw new OperatorError(`The JSON is nested more than ${MOST_LEVELS_IN_FILE} levels deep.`);
    }
  }

  #weigh(characters: number): void {
    this.#weight += characters;
    if (this.#weight > MOST_CHARACTERS) this.#fail(`is larger than ${MOST_CHARACTERS / 1024 ** 2} MB`);
  }

  #fail(fault: string): void {
    this.#itemFault ??= fault;
    this.#assembler = undefined;
    this.#text = '';
  }

  #isWanted(): boolean {
    return this.#depth === 0 || (this.#depth === 1 && this.#fields.includes(this.#field));
  }
}

/** An integer beyond what a double keeps exactly stays text, so that an id loses no digit. */
function numberToken(text: string): Token {
  const isUnsafe = /^-?\d+$/.test(text) && !Number.isSafeInteger(Number(text));
  return isUnsafe ? { name: 'stringValue', value: text } : { name: 'numberValue', value: text };
}
