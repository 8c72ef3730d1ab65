import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Readable } from 'node:stream';
import type {
  ImportRecord,
  ImportedInteraction,
  ImportedMarket,
  RejectedRecord,
} from '../../src/catalog/importers/formats/import-record.js';

/** The text as a byte stream in small chunks, so that chunk boundaries fall inside tokens and characters. */
export function byteStream(text: string, chunkBytes = 7): Readable {
  const bytes = Buffer.from(text);
  const chunks = Array.from({ length: Math.ceil(bytes.length / chunkBytes) }, (_, index) =>
    bytes.subarray(index * chunkBytes, (index + 1) * chunkBytes),
  );
  return Readable.from(chunks, { objectMode: false });
}

export function importFixture(name: string): string {
  return readFileSync(importFixturePath(name), 'utf8');
}

export function importFixturePath(name: string): string {
  return fileURLToPath(new URL(`../fixtures/import/${name}`, import.meta.url));
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

export function marketsIn(records: readonly ImportRecord[]): ImportedMarket[] {
  return records.filter((record) => record.kind === 'market');
}

export function interactionsIn(records: readonly ImportRecord[]): ImportedInteraction[] {
  return records.filter((record) => record.kind === 'interaction');
}

export function rejectedIn(records: readonly ImportRecord[]): RejectedRecord[] {
  return records.filter((record) => record.kind === 'rejected');
}
