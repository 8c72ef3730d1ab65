import type { Readable } from 'node:stream';
import { readCsv } from './csv.js';
import { readGamma } from './gamma.js';
import type { ImportRecord } from './import-record.js';
import { readManifold } from './manifold.js';
import { readJsonLines } from './neutral-format.js';

export const importFormats = ['gamma', 'manifold', 'csv', 'jsonl'] as const;

export type ImportFormat = (typeof importFormats)[number];

/**
 * Streams the records of a source in their order.
 *
 * @param encoding of the bytes; undefined: UTF-8, unless there is a byte-order mark.
 * @param nowMs a market with an earlier close time counts as closed, if the format has no status.
 * @throws {OperatorError} if no further record can be read, naming the line or record.
 */
export function readRecords(
  format: ImportFormat,
  bytes: Readable,
  encoding: string | undefined,
  nowMs: number,
): AsyncGenerator<ImportRecord> {
  switch (format) {
    case 'gamma':
      return readGamma(bytes, encoding);
    case 'manifold':
      return readManifold(bytes, nowMs, encoding);
    case 'csv':
      return readCsv(bytes, encoding);
    case 'jsonl':
      return readJsonLines(bytes, encoding);
  }
}
