import { visibleLines } from '../lib/input/control-characters.js';

/** Prints text, which may have several lines, on standard output. Control characters of foreign text become visible. */
export function print(text: string): void {
  process.stdout.write(`${visibleLines(text)}\n`);
}

/** Prints on standard error, which holds no results, as {@link print} does. */
export function printNote(text: string): void {
  process.stderr.write(`${visibleLines(text)}\n`);
}
