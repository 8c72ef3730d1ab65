import type { Readable } from 'node:stream';
import { isTooDeep, MAX_JSON_DEPTH } from '../../lib/input/json-depth.js';
import type { ImportRecord } from './market-draft.js';
import { neutralRecord } from './neutral-record.js';
import { reject } from './reject.js';
import { decodedText, isUndecodable, UNDECODABLE_REASON } from './text-decoding.js';
import { LONGEST_LINE, textLines, withLineFeeds } from './text-lines.js';

/**
 * Reads the neutral form: one object a line, `{"type":"market",…}` or `{"type":"interaction",…}`, in
 * any order. Blank lines are passed over.
 */
export async function* readJsonLines(bytes: Readable, encoding?: string): AsyncGenerator<ImportRecord> {
  for await (const { line, text, isTooLong } of textLines(withLineFeeds(decodedText(bytes, encoding)))) {
    if (isTooLong) yield reject(line, `the line is longer than ${LONGEST_LINE} characters`, text);
    else if (isUndecodable(text)) yield reject(line, UNDECODABLE_REASON, text);
    else if (text.trim() !== '') yield lineRecord(line, text);
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
  if (isTooDeep(value)) return reject(line, `is nested more than ${MAX_JSON_DEPTH} levels deep`, text);
  return neutralRecord(value, line, text);
}
