import type { Readable } from 'node:stream';
import { readCsv } from './csv.js';
import { readGamma } from './gamma.js';
import { readJsonLines } from './jsonl.js';
import { readManifold } from './manifold.js';
import type { ImportRecord } from './market-draft.js';

export const importFormats = ['gamma', 'manifold', 'csv', 'jsonl'] as const;

export type ImportFormat = (typeof importFormats)[number];

/**
 * The records of a source, in its order.
 *
 * @param encoding of the bytes; undefined: UTF-8, unless a byte-order mark says otherwise.
 * @param nowMs by which a market whose time to close is known counts as closed.
 * @throws OperatorError when the source is broken as a whole, naming the place.
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
