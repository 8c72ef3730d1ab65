import type { Readable } from 'node:stream';
import type { ImportRecord } from './market-draft.js';
import { neutralRecord } from './neutral-record.js';
import { reject } from './reject.js';
import { decodedText, isUndecodable, UNDECODABLE_REASON } from './text-decoding.js';
import { LONGEST_LINE, textLines, withLineFeeds } from './text-lines.js';

/** What is done with a record later recurses into it. */
const MOST_LEVELS = 64;

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
  if (isNestedDeeper(value, MOST_LEVELS)) {
    return reject(line, `is nested more than ${MOST_LEVELS} levels deep`, text);
  }
  return neutralRecord(value, line, text);
}

function isNestedDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inside) => isNestedDeeper(inside, levels - 1));
}
