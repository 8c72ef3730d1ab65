import { Readable } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { runImport } from '../../../../src/catalog/importers/run-import.js';
import type { ImportFormat } from '../../../../src/catalog/importers/formats/read-records.js';

const megabyte = 1024 * 1024;
const pieceRecords = 100;

function* pieces(
  records: number,
  first: string,
  separator: string,
  last: string,
  one: (index: number) => object,
) {
  for (let start = 0; start < records; start += pieceRecords) {
    const texts = Array.from({ length: pieceRecords }, (_, offset) => JSON.stringify(one(start + offset)));
    yield Buffer.from(`${start === 0 ? first : separator}${texts.join(separator)}`);
  }
  yield Buffer.from(last);
}

const description = 'A sentence that makes the record as long as those of a real archive. '.repeat(8);

const sources: Record<string, { format: ImportFormat; records: number; stream: () => Readable }> = {
  'JSON lines': {
    format: 'jsonl',
    records: 200_000,
    stream: () =>
      Readable.from(
        pieces(200_000, '', '\n', '\n', (index) => ({
          type: 'market',
          id: `market-${index}`,
          title: `Question ${index}?`,
          description,
        })),
        { objectMode: false },
      ),
  },
  'a JSON array': {
    format: 'gamma',
    records: 50_000,
    stream: () =>
      Readable.from(
        pieces(50_000, '[', ',', ']', (index) => ({
          conditionId: `0x${index}`,
          question: `Question ${index}?`,
          description,
          outcomes: '["Yes","No"]',
          outcomePrices: '["0.4","0.6"]',
        })),
        { objectMode: false },
      ),
  },
};

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function heapBytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

describe('memory of an import', () => {
  it.each(Object.entries(sources))('does not grow with %s', async (_, { format, records, stream }) => {
    let imported = 0;
    let earlyHeap = 0;
    let lateHeap = 0;
    let maxResident = 0;
    const summary = await runImport({
      source: { name: 'generated', totalBytes: 0, read: stream, close: () => Promise.resolve() },
      format,
      dryRun: false,
      now: 0,
      rejectsPath: '/dev/null',
      sink: {
        upsertMarkets: (drafts) => {
          imported += drafts.length;
          if (imported === records / 10) earlyHeap = heapBytes();
          if (imported === records) lateHeap = heapBytes();
          maxResident = Math.max(maxResident, process.memoryUsage.rss());
          return Promise.resolve(drafts.map(({ id }) => ({ id, status: 'CREATED' as const })));
        },
        recordInteractions: () => Promise.resolve([]),
      },
    });
    expect(summary).toMatchObject({ created: records, rejected: 0 });
    expect((lateHeap - earlyHeap) / megabyte).toBeLessThan(5);
    expect(maxResident / megabyte).toBeLessThan(500);
  });
});
