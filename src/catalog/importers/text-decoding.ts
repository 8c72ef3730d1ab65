import type { Readable } from 'node:stream';

/**
 * Stands for bytes that are not valid in the encoding: a code point that Unicode reserves for such internal use. Readers
 * reject the record around it.
 */
const UNDECODABLE = '\uFDD0';

/** Why a record with undecodable bytes is rejected. */
export const UNDECODABLE_REASON =
  'holds bytes that are not valid in the encoding of the source (UTF-8 unless declared)';

const REPLACEMENT = '\uFFFD';
const REPLACEMENT_BYTES = Buffer.from(REPLACEMENT);
const LONGEST_MARK = 3;

/** Byte-order marks, which outrank whatever was declared. */
const marks: readonly (readonly [bytes: readonly number[], encoding: string])[] = [
  [[0xef, 0xbb, 0xbf], 'utf-8'],
  [[0xff, 0xfe], 'utf-16le'],
  [[0xfe, 0xff], 'utf-16be'],
];

/** Whether a text holds undecodable bytes. */
export function isUndecodable(text: string): boolean {
  return text.includes(UNDECODABLE);
}

/**
 * The text of a stream without its byte-order mark. The encoding is that of the mark, else the declared one, else UTF-8.
 * Invalid bytes do not turn into "�": they are marked, so that {@link isUndecodable} finds them.
 */
export async function* decodedText(bytes: Readable, declared: string | undefined): AsyncGenerator<string> {
  let head = Buffer.alloc(0);
  let decoder: StrictDecoder | undefined;
  for await (const chunk of bytes as AsyncIterable<Buffer>) {
    if (decoder === undefined) {
      head = Buffer.concat([head, chunk]);
      if (head.length < LONGEST_MARK) continue;
      decoder = new StrictDecoder(markedEncoding(head) ?? declared);
      yield decoder.decode(head);
    } else {
      yield decoder.decode(chunk);
    }
  }
  if (decoder === undefined) {
    decoder = new StrictDecoder(markedEncoding(head) ?? declared);
    yield decoder.decode(head);
  }
  yield decoder.end();
}

function markedEncoding(head: Buffer): string | undefined {
  return marks.find(([bytes]) => bytes.every((byte, index) => head[index] === byte))?.[1];
}

class StrictDecoder {
  readonly #decoder: TextDecoder;
  /** The last bytes before the next chunk: the character "�" itself may begin in them. */
  #tail: Uint8Array = Buffer.alloc(0);

  constructor(encoding = 'utf-8') {
    this.#decoder = new TextDecoder(encoding);
  }

  decode(chunk: Uint8Array): string {
    const text = this.#decoder.decode(chunk, { stream: true });
    const bytes = Buffer.concat([this.#tail, chunk]);
    this.#tail = bytes.subarray(-(REPLACEMENT_BYTES.length - 1));
    return text.includes(REPLACEMENT) ? this.#withMarks(text, bytes) : text;
  }

  end(): string {
    return this.#decoder.decode().replaceAll(REPLACEMENT, UNDECODABLE);
  }

  /** A "�" of the source itself is text. If a record has both kinds, each counts as undecodable. */
  #withMarks(text: string, bytes: Buffer): string {
    const isText =
      this.#decoder.encoding === 'utf-8' &&
      occurrences(bytes, REPLACEMENT_BYTES) === text.split(REPLACEMENT).length - 1;
    return isText ? text : text.replaceAll(REPLACEMENT, UNDECODABLE);
  }
}

function occurrences(bytes: Buffer, wanted: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(wanted); at >= 0; at = bytes.indexOf(wanted, at + wanted.length)) count += 1;
  return count;
}
