import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createGzip } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runImport } from '../../../../src/catalog/importers/run-import.js';
import type { ImportFormat } from '../../../../src/catalog/importers/formats/read-records.js';
import { openImportSource } from '../../../../src/catalog/importers/import-source.js';

const megabyte = 1024 * 1024;

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'import-untrusted-test-'));
});

afterEach(() => rm(folder, { recursive: true }));

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** A small gzip file with one huge record between two valid ones. */
async function bomb(before: string, piece: string, after: string, megabytes = 100): Promise<string> {
  const filling = Buffer.from(piece.repeat(Math.ceil(megabyte / piece.length)));
  const parts = [Buffer.from(before), ...Array<Buffer>(megabytes).fill(filling), Buffer.from(after)];
  const bytes = await buffer(Readable.from(parts, { objectMode: false }).pipe(createGzip()));
  expect(bytes.length).toBeLessThan(megabyte);
  const path = join(folder, 'bomb.gz');
  await writeFile(path, bytes);
  return path;
}

/** Imports a file and measures the peak growth of the process memory. */
async function importing(path: string, format: ImportFormat) {
  collectGarbage();
  const startBytes = process.memoryUsage.rss();
  let peakBytes = startBytes;
  const timer = setInterval(() => (peakBytes = Math.max(peakBytes, process.memoryUsage.rss())), 5);
  const source = await openImportSource(path, { stdin: Readable.from([]) });
  const ids: string[] = [];
  let largestBatch = 0;
  try {
    const summary = await runImport({
      ...{ source, format, dryRun: false, now: 0, rejectsPath: join(folder, 'rejects.jsonl') },
      sink: {
        upsertMarkets: (drafts) => {
          largestBatch = Math.max(largestBatch, drafts.length);
          ids.push(...drafts.map(({ id }) => id));
          return Promise.resolve(drafts.map(({ id }) => ({ id, status: 'CREATED' as const })));
        },
        recordInteractions: () => Promise.resolve([]),
      },
    }).catch((error: unknown) => error);
    return { summary, ids, largestBatch, megabytes: (peakBytes - startBytes) / megabyte };
  } finally {
    clearInterval(timer);
    await source.close();
  }
}

const gammaBefore = '[{"conditionId":"a","question":"A?"},{"conditionId":"b","question":"B?","x":';
const gammaAfter = '},{"conditionId":"c","question":"C?"}]';
const lineBefore = '{"type":"market","id":"a","title":"A?"}\n';
const lineAfter = '\n{"type":"market","id":"c","title":"C?"}';

describe('a small file that decompresses to a huge record', () => {
  it.each<[string, ImportFormat, string, string, string, number?]>([
    ['a string', 'gamma', `${gammaBefore}"`, 'x', `"${gammaAfter}`],
    ['a number', 'gamma', `${gammaBefore}1`, '1', gammaAfter],
    ['a key', 'gamma', `${gammaBefore}{"`, 'x', `":1}${gammaAfter}`],
    ['many values', 'gamma', `${gammaBefore}[1`, ',1', `]${gammaAfter}`, 20],
    ['many objects', 'gamma', `${gammaBefore}[1`, ',{}', `]${gammaAfter}`, 20],
    ['a line', 'jsonl', `${lineBefore}{"x":"`, 'x', `"}${lineAfter}`],
    ['a line of brackets', 'jsonl', lineBefore, '[', lineAfter],
  ])('is rejected in little memory, and later records are read: %s', async (_, format, ...parts) => {
    const { summary, ids, megabytes } = await importing(await bomb(...parts), format);
    expect(summary).toMatchObject({ created: 2, rejected: 1, firstRejected: [{ line: 2 }] });
    expect(ids).toEqual(['a', 'c']);
    expect(megabytes).toBeLessThan(250);
  });

  it.each<[string, ImportFormat, string, string, RegExp]>([
    ['levels of JSON', 'gamma', gammaBefore, '[', /nested more than 10000 levels deep/],
    ['a CSV cell', 'csv', 'type,id,title\nmarket,a,"', 'x', /malformed in the record that begins at line 2/],
  ])('ends the import if later records cannot be read: %s', async (_, format, before, piece, message) => {
    const { summary, megabytes } = await importing(await bomb(before, piece, ''), format);
    expect(String(summary)).toMatch(message);
    expect(megabytes).toBeLessThan(250);
  });

  it('passes smaller batches to the sink if records are long', async () => {
    const path = join(folder, 'long.jsonl');
    const line = (id: number) =>
      `{"type":"market","id":"${id}","title":"T","description":"${'x'.repeat(1_000_000)}"}\n`;
    await writeFile(path, Array.from({ length: 40 }, (_, id) => line(id)).join(''));
    const { ids, largestBatch } = await importing(path, 'jsonl');
    expect(ids).toHaveLength(40);
    expect(largestBatch).toBe(17);
  });

  it('rejects an item that is nested too deeply, and reads the next one', async () => {
    const path = join(folder, 'deep.json');
    await writeFile(path, `${gammaBefore}${'['.repeat(5000)}${']'.repeat(5000)}${gammaAfter}`);
    const { summary, ids } = await importing(path, 'gamma');
    expect(summary).toMatchObject({
      firstRejected: [{ line: 2, reason: 'is nested more than 64 levels deep' }],
    });
    expect(ids).toEqual(['a', 'c']);
  });
});
