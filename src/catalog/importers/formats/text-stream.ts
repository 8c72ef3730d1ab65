import type { Readable } from 'node:stream';

/** Replaces bytes that are invalid in the encoding. Unicode reserves this code point for internal use. */
const INVALID_BYTES = '\uFDD0';

/** Why a record with invalid bytes is rejected. */
export const INVALID_BYTES_REASON =
  'contains bytes that are invalid in the encoding of the source (UTF-8 unless declared); declare its encoding';

const REPLACEMENT = '\uFFFD';
const REPLACEMENT_BYTES = Buffer.from(REPLACEMENT);
const MAX_MARK_BYTES = 3;

/** Byte-order marks, which take precedence over the declared encoding. */
const byteOrderMarks: readonly (readonly [bytes: readonly number[], encoding: string])[] = [
  [[0xef, 0xbb, 0xbf], 'utf-8'],
  [[0xff, 0xfe], 'utf-16le'],
  [[0xfe, 0xff], 'utf-16be'],
];

/** Whether a text contains bytes that {@link decodeText} could not decode. */
export function hasInvalidBytes(text: string): boolean {
  return text.includes(INVALID_BYTES);
}

/**
 * Decodes a byte stream and removes its byte-order mark. The encoding is that of the mark, else the declared one, else
 * UTF-8. Invalid bytes do not become "�"; {@link hasInvalidBytes} finds them.
 */
export async function* decodeText(bytes: Readable, declared: string | undefined): AsyncGenerator<string> {
  let head = Buffer.alloc(0);
  let decoder: StrictDecoder | undefined;
  for await (const chunk of bytes as AsyncIterable<Buffer>) {
    if (decoder === undefined) {
      head = Buffer.concat([head, chunk]);
      if (head.length < MAX_MARK_BYTES) continue;
      decoder = new StrictDecoder(encodingOfMark(head) ?? declared);
      yield decoder.decode(head);
    } else {
      yield decoder.decode(chunk);
    }
  }
  if (decoder === undefined) {
    decoder = new StrictDecoder(encodingOfMark(head) ?? declared);
    yield decoder.decode(head);
  }
  yield decoder.end();
}

function encodingOfMark(head: Buffer): string | undefined {
  return byteOrderMarks.find(([bytes]) => bytes.every((byte, index) => head[index] === byte))?.[1];
}

class StrictDecoder {
  readonly #decoder: TextDecoder;
  /** The last bytes of the previous chunk, in which an encoded "�" may begin. */
  #tail: Uint8Array = Buffer.alloc(0);

  constructor(encoding = 'utf-8') {
    this.#decoder = new TextDecoder(encoding);
  }

  decode(chunk: Uint8Array): string {
    const text = this.#decoder.decode(chunk, { stream: true });
    const bytes = Buffer.concat([this.#tail, chunk]);
    this.#tail = bytes.subarray(-(REPLACEMENT_BYTES.length - 1));
    return text.includes(REPLACEMENT) ? this.#markInvalid(text, bytes) : text;
  }

  end(): string {
    return this.#decoder.decode().replaceAll(REPLACEMENT, INVALID_BYTES);
  }

  /** Keeps a "�" of the source itself. If a chunk has both a "�" and invalid bytes, each "�" counts as invalid. */
  #markInvalid(text: string, bytes: Buffer): string {
    const isText =
      this.#decoder.encoding === 'utf-8' &&
      occurrences(bytes, REPLACEMENT_BYTES) === text.split(REPLACEMENT).length - 1;
    return isText ? text : text.replaceAll(REPLACEMENT, INVALID_BYTES);
  }
}

function occurrences(bytes: Buffer, wanted: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(wanted); at >= 0; at = bytes.indexOf(wanted, at + wanted.length)) count += 1;
  return count;
}

/** Maximum length of a line, in characters. A longer line is not kept in memory as a whole. */
export const MAX_LINE_LENGTH = 1024 * 1024;

/** Characters kept of a line that is too long, so that a reader can find it. */
const KEPT_OF_LONG_LINE = 500;

interface TextLine {
  /** From 1. */
  readonly line: number;
  /** Without the line end. Only the beginning if the line is too long. */
  readonly text: string;
  readonly isTooLong: boolean;
}

/**
 * Converts line ends from LF, CRLF, or CR to LF. CR alone ends lines only if it ends the first line. In any other file it
 * may be part of a CSV cell.
 */
export async function* withLineFeeds(text: AsyncIterable<string>): AsyncGenerator<string> {
  let endsWithCr: boolean | undefined;
  let pendingCr = '';
  for await (const piece of text) {
    const whole = pendingCr + piece;
    // The line feed of a CRLF may be in the next piece.
    pendingCr = whole.endsWith('\r') ? '\r' : '';
    const ready = whole.slice(0, whole.length - pendingCr.length);
    const firstEnd = endsWithCr === undefined ? /\r\n|\r|\n/.exec(ready)?.[0] : undefined;
    if (firstEnd !== undefined) endsWithCr = firstEnd === '\r';
    const lines = ready.replaceAll('\r\n', '\n');
    yield endsWithCr === true ? lines.replaceAll('\r', '\n') : lines;
  }
  if (pendingCr !== '') yield '\n';
}

/**
 * Splits a text into lines. `node:readline` also splits at U+2028, which is allowed inside a JSON string.
 *
 * @param text with LF as its line ends.
 */
export async function* textLines(text: AsyncIterable<string>): AsyncGenerator<TextLine> {
  let line = 0;
  let current = '';
  let isTooLong = false;
  const append = (piece: string): void => {
    isTooLong ||= current.length + piece.length > MAX_LINE_LENGTH;
    current = isTooLong ? (current + piece).slice(0, KEPT_OF_LONG_LINE) : current + piece;
  };
  const finish = (): TextLine => {
    const finished = { line: ++line, text: current, isTooLong };
    current = '';
    isTooLong = false;
    return finished;
  };
  for await (const chunk of text) {
    const pieces = chunk.split('\n');
    const last = pieces.pop() ?? '';
    for (const piece of pieces) {
      append(piece);
      yield finish();
    }
    append(last);
  }
  if (current !== '') yield finish();
}
