import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createGzip } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runImport } from '../../../../src/catalog/import-run.js';
import type { ImportFormat } from '../../../../src/catalog/importers/formats.js';
import { openSource } from '../../../../src/catalog/importers/open-source.js';

const megabyte = 1024 * 1024;

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'import-untrusted-test-'));
});

afterEach(() => rm(folder, { recursive: true }));

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** A small gzip file of one huge record between two good ones. */
async function bomb(before: string, piece: string, after: string, megabytes = 100): Promise<string> {
  const filling = Buffer.from(piece.repeat(Math.ceil(megabyte / piece.length)));
  const parts = [Buffer.from(before), ...Array<Buffer>(megabytes).fill(filling), Buffer.from(after)];
  const bytes = await buffer(Readable.from(parts, { objectMode: false }).pipe(createGzip()));
  expect(bytes.length).toBeLessThan(megabyte);
  const path = join(folder, 'bomb.gz');
  await writeFile(path, bytes);
  return path;
}

/** How much more memory the process takes at most while it imports. */
async function importing(path: string, format: ImportFormat) {
  collectGarbage();
  const startBytes = process.memoryUsage.rss();
  let mostBytes = startBytes;
  const timer = setInterval(() => (mostBytes = Math.max(mostBytes, process.memoryUsage.rss())), 5);
  const source = await openSource(path, { stdin: Readable.from([]) });
  const ids: string[] = [];
  let mostAtOnce = 0;
  try {
    const summary = await runImport({
      ...{ source, format, dryRun: false, now: 0, rejectsPath: join(folder, 'rejects.jsonl') },
      sink: {
        upsertMarkets: (drafts) => {
          mostAtOnce = Math.max(mostAtOnce, drafts.length);
          ids.push(...drafts.map(({ id }) => id));
          return Promise.resolve(drafts.map(({ id }) => ({ id, outcome: 'CREATED' as const })));
        },
        recordInteractions: () => Promise.resolve([]),
      },
    }).catch((error: unknown) => error);
    return { summary, ids, mostAtOnce, megabytes: (mostBytes - startBytes) / megabyte };
  } finally {
    clearInterval(timer);
    await source.close();
  }
}

const gammaBefore = '[{"conditionId":"a","question":"A?"},{"conditionId":"b","question":"B?","x":';
const gammaAfter = '},{"conditionId":"c","question":"C?"}]';
const lineBefore = '{"type":"market","id":"a","title":"A?"}\n';
const lineAfter = '\n{"type":"market","id":"c","title":"C?"}';

describe('a small file that unpacks to a huge record', () => {
  it.each<[string, ImportFormat, string, string, string, number?]>([
    ['a string', 'gamma', `${gammaBefore}"`, 'x', `"${gammaAfter}`],
    ['a number', 'gamma', `${gammaBefore}1`, '1', gammaAfter],
    ['a key', 'gamma', `${gammaBefore}{"`, 'x', `":1}${gammaAfter}`],
    ['many values', 'gamma', `${gammaBefore}[1`, ',1', `]${gammaAfter}`, 20],
    ['many objects', 'gamma', `${gammaBefore}[1`, ',{}', `]${gammaAfter}`, 20],
    ['a line', 'jsonl', `${lineBefore}{"x":"`, 'x', `"}${lineAfter}`],
    ['a line of brackets', 'jsonl', lineBefore, '[', lineAfter],
  ])('rejects it, reads on and takes little memory: %s', async (_, format, ...parts) => {
    const { summary, ids, megabytes } = await importing(await bomb(...parts), format);
    expect(summary).toMatchObject({ created: 2, rejected: 1, firstRejects: [{ line: 2 }] });
    expect(ids).toEqual(['a', 'c']);
    expect(megabytes).toBeLessThan(250);
  });

  it.each<[string, ImportFormat, string, string, RegExp]>([
    ['levels of JSON', 'gamma', gammaBefore, '[', /nested more than 10000 levels deep/],
    ['a CSV cell', 'csv', 'type,id,title\nmarket,a,"', 'x', /broken in the record that begins at line 2/],
  ])('ends the import where nothing after it can be read: %s', async (_, format, before, piece, message) => {
    const { summary, megabytes } = await importing(await bomb(before, piece, ''), format);
    expect(String(summary)).toMatch(message);
    expect(megabytes).toBeLessThan(250);
  });

  it('hands over fewer records at once when they are long', async () => {
    const path = join(folder, 'long.jsonl');
    const line = (id: number) =>
      `{"type":"market","id":"${id}","title":"T","description":"${'x'.repeat(1_000_000)}"}\n`;
    await writeFile(path, Array.from({ length: 40 }, (_, id) => line(id)).join(''));
    const { ids, mostAtOnce } = await importing(path, 'jsonl');
    expect(ids).toHaveLength(40);
    expect(mostAtOnce).toBe(17);
  });

  it('rejects what is nested too deeply, and reads on', async () => {
    const path = join(folder, 'deep.json');
    await writeFile(path, `${gammaBefore}${'['.repeat(5000)}${']'.repeat(5000)}${gammaAfter}`);
    const { summary, ids } = await importing(path, 'gamma');
    expect(summary).toMatchObject({
      firstRejects: [{ line: 2, reason: 'is nested more than 64 levels deep' }],
    });
    expect(ids).toEqual(['a', 'c']);
  });
});
