import type { Readable } from 'node:stream';
import type { ImportRecord } from './market-draft.js';
import { neutralRecord } from './neutral-record.js';
import { reject } from './reject.js';
import { textLines } from './text-lines.js';

/**
 * Reads the neutral form: one object a line, `{"type":"market",…}` or `{"type":"interaction",…}`, in
 * any order. Blank lines are passed over.
 */
export async function* readJsonLines(bytes: Readable): AsyncGenerator<ImportRecord> {
  for await (const { line, text } of textLines(bytes)) {
    if (text.trim() !== '') yield lineRecord(line, text);
  }
}

function lineRecord(line: number, text: string): ImportRecord {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return reject(
      line,
      `the line is not JSON: ${error instanceof Error ? error.message : String(error)}`,
      text,
    );
  }
  return neutralRecord(value, line, text);
}
