import type { Readable } from 'node:stream';
import { OperatorError } from '../../errors.js';

/** Longer than any record; a file without line breaks is not held in memory whole. */
const longestLine = 16 * 1024 * 1024;

/**
 * The lines of a UTF-8 text, counted from 1, without their ends (LF or CRLF) and without a byte-order
 * mark. `node:readline` would also split at U+2028, which may stand inside a JSON string.
 *
 * @throws OperatorError at a line of over 16 million characters.
 */
export async function* textLines(bytes: Readable): AsyncGenerator<{ line: number; text: string }> {
  const decoder = new TextDecoder();
  let line = 0;
  let rest = '';
  for await (const chunk of bytes as AsyncIterable<Buffer>) {
    const pieces = decoder.decode(chunk, { stream: true }).split('\n');
    pieces[0] = rest + (pieces[0] ?? '');
    rest = pieces.pop() ?? '';
    for (const piece of pieces) yield { line: ++line, text: withoutCarriageReturn(piece) };
    if (rest.length > longestLine) {
      throw new OperatorError(
        `Line ${line + 1} is longer than ${longestLine} characters: the file does not hold one record a line.`,
      );
    }
  }
  rest += decoder.decode();
  if (rest !== '') yield { line: line + 1, text: withoutCarriageReturn(rest) };
}

function withoutCarriageReturn(text: string): string {
  return text.endsWith('\r') ? text.slice(0, -1) : text;
}
