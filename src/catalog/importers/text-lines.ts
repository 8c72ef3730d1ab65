/** Longer than any record, in characters; a longer line is not held in memory whole. */
export const LONGEST_LINE = 1024 * 1024;

/** How much of a line that is too long is kept, to find it again. */
const KEPT_OF_LONG_LINE = 500;

export interface TextLine {
  /** From 1. */
  readonly line: number;
  /** Without its end; the beginning of a line that is too long. */
  readonly text: string;
  readonly isTooLong: boolean;
}

/**
 * The text with LF as its line ends, from LF, CRLF or CR. CR alone ends a line only where it ends the first: elsewhere it
 * may stand inside a cell.
 */
export async function* withLineFeeds(text: AsyncIterable<string>): AsyncGenerator<string> {
  let endsWithCr: boolean | undefined;
  let held = '';
  for await (const piece of text) {
    const whole = held + piece;
    // The line feed of a CRLF may be in the next piece.
    held = whole.endsWith('\r') ? '\r' : '';
    const ready = whole.slice(0, whole.length - held.length);
    const firstEnd = endsWithCr === undefined ? /\r\n|\r|\n/.exec(ready)?.[0] : undefined;
    if (firstEnd !== undefined) endsWithCr = firstEnd === '\r';
    const lines = ready.replaceAll('\r\n', '\n');
    yield endsWithCr === true ? lines.replaceAll('\r', '\n') : lines;
  }
  if (held !== '') yield '\n';
}

/**
 * The lines of a text. `node:readline` would also split at U+2028, which may stand inside a JSON string.
 *
 * @param text with LF as its line ends.
 */
export async function* textLines(text: AsyncIterable<string>): AsyncGenerator<TextLine> {
  let line = 0;
  let rest = '';
  let isTooLong = false;
  const take = (piece: string): void => {
    isTooLong ||= rest.length + piece.length > LONGEST_LINE;
    rest = isTooLong ? (rest + piece).slice(0, KEPT_OF_LONG_LINE) : rest + piece;
  };
  const end = (): TextLine => {
    const ended = { line: ++line, text: rest, isTooLong };
    rest = '';
    isTooLong = false;
    return ended;
  };
  for await (const chunk of text) {
    const pieces = chunk.split('\n');
    const last = pieces.pop() ?? '';
    for (const piece of pieces) {
      take(piece);
      yield end();
    }
    take(last);
  }
  if (rest !== '') yield end();
}
