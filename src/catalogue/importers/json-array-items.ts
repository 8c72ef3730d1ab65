import type { Readable } from 'node:stream';
import { Assembler } from 'stream-json/assembler.js';
import { jsonParser, type Token } from 'stream-json/parser.js';
import { jsonVerifier } from 'stream-json/utils/verifier.js';
import { OperatorError } from '../../errors.js';

/**
 * The items of a JSON array, one by one, numbered from 1, however large the file. The array is the
 * file itself, or stands in one of the named fields of the object that the file is.
 *
 * @param onText hears of the texts that stand beside the array in that object, by the names of their fields.
 * @throws OperatorError when the text is not JSON (naming line and column), ends early, or holds no
 *   such array.
 */
export async function* jsonArrayItems(
  bytes: Readable,
  fields: readonly string[],
  onText: OnText = () => undefined,
): AsyncGenerator<{ place: number; value: unknown }> {
  const decoder = new TextDecoder();
  const tokens = jsonParser({ streamValues: false });
  const verify = jsonVerifier();
  const items = new ItemAssembler(fields, onText);
  let place = 0;
  for await (const chunk of bytes as AsyncIterable<Buffer>) {
    const text = decoder.decode(chunk, { stream: true });
    if (text === '') continue;
    checkJson(verify, text, place);
    const parsed = tokens(text);
    if (typeof parsed !== 'object' || !('values' in parsed)) continue;
    for (const token of parsed.values) {
      if (items.take(token)) yield { place: ++place, value: items.item };
    }
  }
  if (!items.complete) {
    throw new OperatorError(`The JSON ends too early, after record ${place}: the file is not complete.`);
  }
  if (!items.foundArray) {
    throw new OperatorError(
      `The file must be a JSON array, or an object with an array as ${fields.join(', ')}.`,
    );
  }
}

type OnText = (field: string, text: string) => void;

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

/** Puts together each item of the arrays wanted, and passes over everything else. */
class ItemAssembler {
  item: unknown;
  foundArray = false;
  readonly #fields: readonly string[];
  readonly #onText: OnText;
  #depth = 0;
  #started = false;
  /** Depth at which an item starts; 0 outside the arrays wanted. */
  #itemDepth = 0;
  #field: string | undefined;
  #assembler: Assembler | undefined;

  constructor(fields: readonly string[], onText: OnText) {
    this.#fields = fields;
    this.#onText = onText;
  }

  get complete(): boolean {
    return this.#started && this.#depth === 0;
  }

  /** Whether this token completed an item, which `item` then holds. */
  take(token: Token): boolean {
    this.#started = true;
    const opens = token.name === 'startArray' || token.name === 'startObject';
    const closes = token.name === 'endArray' || token.name === 'endObject';
    if (closes) this.#depth--;
    if (this.#itemDepth > 0 && this.#depth < this.#itemDepth) this.#itemDepth = 0;
    const inItem = this.#itemDepth > 0;
    if (inItem) {
      this.#assembler ??= new Assembler();
      this.#assembler.consume(token);
    } else if (token.name === 'keyValue' && this.#depth === 1) {
      this.#field = token.value;
    } else if (token.name === 'stringValue' && this.#depth === 1) {
      this.#onText(this.#field ?? '', token.value);
    } else if (token.name === 'startArray' && this.#isWanted()) {
      this.foundArray = true;
      this.#itemDepth = this.#depth + 1;
    }
    if (opens) this.#depth++;
    if (!inItem || this.#depth !== this.#itemDepth || this.#assembler === undefined) return false;
    this.item = this.#assembler.current;
    this.#assembler = undefined;
    return true;
  }

  #isWanted(): boolean {
    return this.#depth === 0 || (this.#depth === 1 && this.#fields.includes(this.#field ?? ''));
  }
}
