import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runImport } from '../../../src/catalog/importers/run-import.js';
import { openImportSource } from '../../../src/catalog/importers/import-source.js';
import { readStoredArchive } from '../../../src/evaluation/archive-builder.js';
import { EXPORT_KINDS, type ExportKind } from '../../../src/export/export-records.js';
import type { ExportFormat } from '../../../src/export/record-writers.js';
import { runExport } from '../../../src/export/run-export.js';
import { MINUTE_MS } from '../../../src/lib/time.js';
import { startTestGateway, TEST_NOW_MS, type TestGateway } from '../../support/test-gateway.js';

const ALWAYS = { from: new Date(0), to: new Date(TEST_NOW_MS + MINUTE_MS) };

let gateway: TestGateway;
let other: TestGateway;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'bellwether-export-'));
  gateway = await startTestGateway();
  other = await startTestGateway();
  await gateway.addMarkets(
    {
      id: 'a',
      title: 'Will "A", or B, win?',
      tags: ['One', 'Two'],
      probability: 0.25,
      description: 'Line 1\nLine 2',
    },
    {
      id: 'b',
      title: 'האם ב ינצח?',
      blockedCountries: ['IL', 'FR'],
      closesAt: new Date(TEST_NOW_MS + 9 * MINUTE_MS),
    },
  );
  const { tracking, feed } = gateway.backend.services;
  const { id } = await feed.feed({ userKey: 'ann', limit: 2 });
  for (const marketId of ['a', 'b'])
    await tracking.track({
      ...{ userKey: 'ann', marketId, eventType: 'PARTICIPATE', feedId: id, stake: 5, country: 'IL' },
      context: { device: 'a, "b"' },
    });
  await tracking.trackImpressions({
    userKey: 'ann',
    feedId: id,
    items: [{ marketId: 'a', section: 'HERO' }],
  });
  await tracking.track({ userKey: 'bob', marketId: 'a', eventType: 'BOOKMARK' });
});

afterAll(async () => {
  await rm(folder, { recursive: true });
  await gateway.close();
  await other.close();
});

interface Choices {
  readonly users?: 'keys' | 'pseudonyms';
  readonly period?: typeof ALWAYS;
}

function exportTo(name: string, format: ExportFormat, { users = 'keys', period = ALWAYS }: Choices = {}) {
  return runExport(gateway.backend.exportSource(users), {
    ...{ folder: path.join(folder, name), kinds: EXPORT_KINDS, format, period },
    ...{ signal: new AbortController().signal, onProgress: () => undefined },
  });
}

async function linesOf(name: string, kind: ExportKind): Promise<Record<string, unknown>[]> {
  const text = await readFile(path.join(folder, name, `${kind}.jsonl`), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

async function importInto({ backend }: TestGateway, file: string, format: 'jsonl' | 'csv') {
  const source = await openImportSource(file, { stdin: process.stdin });
  try {
    return await runImport({
      ...{ source, format, dryRun: false, now: TEST_NOW_MS },
      rejectsPath: path.join(folder, 'rejects.jsonl'),
      sink: {
        upsertMarkets: (drafts) => backend.services.catalog.upsert(drafts),
        recordInteractions: (drafts) => backend.history.importAll(drafts),
      },
    });
  } finally {
    await source.close();
  }
}

describe('an export', () => {
  it('has a file for each kind, with the attribution of events and the items of served feeds', async () => {
    const files = await exportTo('lines', 'jsonl');
    expect(files.map(({ kind, records }) => [kind, records])).toEqual([
      ['markets', 2],
      ['interactions', 3],
      ['impressions', 1],
      ['slates', 2],
      ['snapshots', 2],
    ]);
    const [slate] = await linesOf('lines', 'slates');
    const [click] = await linesOf('lines', 'interactions');
    expect(click).toMatchObject({
      ...{ type: 'interaction', userKey: 'ann', marketId: 'a', context: { device: 'a, "b"' } },
      ...{ servedFeedId: slate?.['feedId'], algorithmVersion: 'v2', modelVersion: 'default' },
    });
    expect(slate).toMatchObject({ type: 'slate', userKey: 'ann', rank: 1, algorithmVersion: 'v2' });
  });

  it('has pseudonyms instead of user keys unless keys are asked for', async () => {
    await exportTo('pseudonyms', 'jsonl', { users: 'pseudonyms' });
    for (const kind of ['interactions', 'impressions', 'slates'] as const)
      expect(JSON.stringify(await linesOf('pseudonyms', kind))).not.toMatch(/ann|bob/);
  });

  it('has the events of its period only', async () => {
    const period = { from: new Date(TEST_NOW_MS), to: new Date(TEST_NOW_MS) };
    const files = await exportTo('period', 'jsonl', { period });
    expect(files.map(({ records }) => records)).toEqual([2, 0, 0, 0, 0]);
  });

  it('has the same values as Parquet', async () => {
    await exportTo('lines', 'jsonl');
    await exportTo('parquet', 'parquet');
    for (const kind of EXPORT_KINDS) {
      const file = await asyncBufferFromFile(path.join(folder, 'parquet', `${kind}.parquet`));
      const rows = await parquetReadObjects({ file });
      expect(JSON.parse(JSON.stringify(rows))).toEqual(await linesOf('lines', kind));
    }
  });

  it.each(['jsonl', 'csv'] as const)('is imported again without a change: %s', async (format) => {
    await exportTo(format, format);
    for (const kind of ['markets', 'interactions', 'impressions'] as const)
      await importInto(other, path.join(folder, format, `${kind}.${format}`), format);
    await exportTo('lines', 'jsonl');
    const imported = path.join(folder, `again-${format}`);
    await runExport(other.backend.exportSource('keys'), {
      ...{ folder: imported, kinds: EXPORT_KINDS, format: 'jsonl', period: ALWAYS },
      ...{ signal: new AbortController().signal, onProgress: () => undefined },
    });
    const withoutAttribution = (records: Record<string, unknown>[]) =>
      records.map((record) => ({
        ...record,
        ...{ servedFeedId: 0, servedRank: 0, servedSlot: 0, propensity: 0, receivedAt: 0, asOf: 0 },
        ...{ algorithmVersion: 0, configVersion: 0, modelVersion: 0, arms: 0 },
      }));
    for (const kind of ['markets', 'interactions', 'impressions'] as const)
      expect(withoutAttribution(await linesOf(`again-${format}`, kind))).toEqual(
        withoutAttribution(await linesOf('lines', kind)),
      );
  });

  it('is an archive for evaluations', async () => {
    const { archive, intake } = await readStoredArchive(
      gateway.backend.exportSource('keys'),
      () => undefined,
    );
    expect(intake).toMatchObject({ markets: 2, interactions: 3, rejected: 0 });
    expect(archive.prices.length).toBeGreaterThan(0);
  });
});
