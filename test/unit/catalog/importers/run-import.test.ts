import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  runImport,
  type ImportOptions,
  type ImportProgress,
  type ImportSink,
} from '../../../../src/catalog/importers/run-import.js';
import type {
  InteractionDraft,
  MarketDraft,
} from '../../../../src/catalog/importers/formats/import-record.js';
import { openImportSource, type ImportSource } from '../../../../src/catalog/importers/import-source.js';
import { readPrices } from '../../../../src/catalog/importers/prices.js';
import { byteStream, importFixturePath } from '../../../support/import-records.js';

const now = Date.parse('2026-01-01T00:00:00Z');
let folder: string;
let rejectsPath: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'import-run-test-'));
  rejectsPath = join(folder, 'x.rejects.jsonl');
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** A sink in memory. It knows a market only after its upsert. */
class MemorySink implements ImportSink {
  readonly markets = new Map<string, MarketDraft>();
  readonly interactions: InteractionDraft[] = [];
  readonly batches: string[] = [];
  inFlight = 0;
  mostInFlight = 0;

  async upsertMarkets(drafts: MarketDraft[]) {
    await this.#take(`${drafts.length} markets`);
    return drafts.map((draft) => {
      if (draft.title === 'invalid') {
        return { id: draft.id, status: 'REJECTED' as const, problem: { message: 'title is invalid.' } };
      }
      const known = this.markets.get(draft.id);
      this.markets.set(draft.id, draft);
      if (!known) return { id: draft.id, status: 'CREATED' as const };
      const isSame = JSON.stringify(known) === JSON.stringify(draft);
      return { id: draft.id, status: isSame ? ('UNCHANGED' as const) : ('UPDATED' as const) };
    });
  }

  async recordInteractions(drafts: InteractionDraft[]) {
    await this.#take(`${drafts.length} interactions`);
    return drafts.map((draft) => {
      if (!this.markets.has(draft.marketId)) {
        return { outcome: 'REJECTED' as const, reason: 'marketId: is unknown' };
      }
      const isKnown = this.interactions.some(
        (known) => known.userKey === draft.userKey && known.clientEventId === draft.clientEventId,
      );
      if (isKnown) return { outcome: 'DUPLICATE' as const };
      this.interactions.push(draft);
      return { outcome: 'RECORDED' as const };
    });
  }

  async #take(batch: string): Promise<void> {
    this.batches.push(batch);
    this.mostInFlight = Math.max(this.mostInFlight, ++this.inFlight);
    await setImmediate();
    this.inFlight--;
  }
}

function textSource(text: string): ImportSource {
  return {
    name: 'x',
    totalBytes: Buffer.byteLength(text),
    read: (onBytes) => {
      onBytes?.(Buffer.byteLength(text));
      return byteStream(text, 64 * 1024);
    },
    close: () => Promise.resolve(),
  };
}

const market = (id: string | number, fields: object = {}) =>
  JSON.stringify({ type: 'market', id: String(id), title: `Title ${id}`, ...fields });
const interaction = (userKey: string, marketId: string, fields: object = {}) =>
  JSON.stringify({
    type: 'interaction',
    userKey,
    marketId,
    eventType: 'CLICK',
    occurredAt: '2025-06-01T00:00:00Z',
    ...fields,
  });

function importLines(lines: readonly string[], sink: ImportSink, options: Partial<ImportOptions> = {}) {
  const source = textSource(lines.join('\n'));
  return runImport({ source, format: 'jsonl', dryRun: false, now, sink, rejectsPath, ...options });
}

async function rejectedRecords(): Promise<unknown[]> {
  const text = await readFile(rejectsPath, 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
}

describe('runImport', () => {
  it('passes all markets to the sink before the first interaction, in any file order', async () => {
    const sink = new MemorySink();
    const summary = await importLines(
      [interaction('ada', '2'), market(1), interaction('bo', '1'), market(2)],
      sink,
    );
    expect(sink.batches).toEqual(['2 markets', '2 interactions']);
    expect(summary).toEqual({
      dryRun: false,
      created: 2,
      updated: 0,
      unchanged: 0,
      open: 2,
      repeated: 0,
      recorded: 2,
      duplicates: 0,
      ignored: 0,
      rejected: 0,
      skippedNotYetCreated: 0,
      skippedLaterInteractions: 0,
      read: 4,
      pricesUnknown: 0,
      prices: null,
      repaired: 0,
      skippedRecords: 0,
      firstRejected: [],
      unreadablePrices: 0,
      rejectsPath: null,
    });
    expect(await readdir(folder)).toEqual([]);
  });

  it('passes at most 500 markets or 1,000 interactions per batch, sequentially', async () => {
    const sink = new MemorySink();
    const markets = Array.from({ length: 1001 }, (_, index) => market(index));
    const interactions = Array.from({ length: 2001 }, (_, index) => interaction(`user ${index}`, '7'));
    await importLines([...interactions, ...markets], sink);
    expect(sink.batches).toEqual([
      '500 markets',
      '500 markets',
      '1 markets',
      '1000 interactions',
      '1000 interactions',
      '1 interactions',
    ]);
    expect(sink.mostInFlight).toBe(1);
  });

  it('applies backpressure while the sink is busy', async () => {
    let pulled = 0;
    const pulledAtBatch: number[] = [];
    const source: ImportSource = {
      ...textSource(''),
      read: () =>
        Readable.from(
          (function* () {
            for (; pulled < 5000; pulled++)
              yield Buffer.from(`${market(pulled, { description: 'x'.repeat(1000) })}\n`);
          })(),
          { objectMode: false, highWaterMark: 1024 },
        ),
    };
    await runImport({
      source,
      format: 'jsonl',
      dryRun: false,
      now,
      rejectsPath,
      sink: {
        upsertMarkets: async (drafts) => {
          for (let turn = 0; turn < 50; turn++) await setImmediate();
          pulledAtBatch.push(pulled);
          return drafts.map(({ id }) => ({ id, status: 'CREATED' as const }));
        },
        recordInteractions: () => Promise.resolve([]),
      },
    });
    expect(pulledAtBatch).toHaveLength(10);
    pulledAtBatch.forEach((count, index) => expect(count).toBeLessThan(500 * (index + 1) + 20));
  });

  it('uses the last of several markets with the same id', async () => {
    const sink = new MemorySink();
    const summary = await importLines([market(1), market(2), market(1, { title: 'Later' })], sink);
    expect(sink.markets.get('1')?.title).toBe('Later');
    expect(summary).toMatchObject({ created: 2, repeated: 1 });
  });

  it('is idempotent, also for a repeated line', async () => {
    const sink = new MemorySink();
    const lines = [
      market(1),
      interaction('ada', '1'),
      interaction('ada', '1', { occurredAt: '2025-06-01T02:00:00+02:00' }),
      interaction('ada', '1', { occurredAt: '2025-06-01T00:00:01Z' }),
      interaction('ada', '1', { clientEventId: 'own' }),
    ];
    expect(await importLines(lines, sink)).toMatchObject({ created: 1, recorded: 3, duplicates: 1 });
    const options = { asOf: Date.parse('2025-12-01T00:00:00Z') };
    const created = market(1, { createdAt: '2025-01-01' });
    expect(await importLines([created, ...lines.slice(1)], sink, options)).toMatchObject({
      recorded: 0,
      duplicates: 4,
    });
    for (const { clientEventId } of sink.interactions) expect(clientEventId?.length).toBeLessThanOrEqual(64);
  });

  it('writes unreadable and rejected records to the rejects file with their lines', async () => {
    const sink = new MemorySink();
    const summary = await importLines(
      [interaction('ada', 'none'), 'oops', market(1, { title: 'invalid' }), '', market(2)],
      sink,
    );
    expect(summary).toMatchObject({ created: 1, rejected: 3, rejectsPath });
    expect(await rejectedRecords()).toEqual([
      { line: 2, reason: expect.stringContaining('not JSON') as string, raw: 'oops' },
      { line: 3, reason: 'title is invalid.', raw: expect.stringContaining('"invalid"') as string },
      { line: 1, reason: 'marketId: is unknown', raw: expect.stringContaining('"none"') as string },
    ]);
  });

  it('imports an archive as of an instant and counts skipped records and unknown prices', async () => {
    const instant = Date.parse('2025-06-20T00:00:00Z');
    const prices = await readPrices(
      byteStream('id,timestamp,price\nlisted,1750000000,0.2\nx,soon,1\n'),
      instant,
    );
    const lines = [
      market('undated', { createdAt: '2025-06-01', probability: 0.9 }),
      market('listed', { createdAt: '2025-06-01', probability: 0.9 }),
      market('dated', { createdAt: '2025-06-01', probability: 0.9, pricedAt: '2025-06-19' }),
      market('ended', {
        createdAt: '2025-06-01',
        probability: 1,
        closedAt: '2025-06-10',
        status: 'RESOLVED',
      }),
      market('later', { createdAt: '2025-06-21' }),
      market('undated-creation'),
      interaction('ada', 'listed', { occurredAt: '2025-06-19T00:00:00Z' }),
      interaction('ada', 'listed', { occurredAt: '2025-06-21T00:00:00Z' }),
    ];
    const sink = new MemorySink();
    const summary = await importLines(lines, sink, { asOf: instant, prices, dryRun: true });
    expect(summary).toMatchObject({
      dryRun: true,
      created: 4,
      open: 3,
      skippedNotYetCreated: 1,
      skippedLaterInteractions: 1,
      pricesUnknown: 1,
      unreadablePrices: 1,
      recorded: 1,
      rejected: 1,
    });
    expect(
      [...sink.markets.values()].map(({ id, probability, status }) => [id, probability, status]),
    ).toEqual([
      ['undated', null, 'OPEN'],
      ['listed', 0.2, 'OPEN'],
      ['dated', 0.9, 'OPEN'],
      ['ended', 1, 'RESOLVED'],
    ]);
    expect(sink.interactions[0]?.occurredAt).toBe('2025-12-31T00:00:00.000Z');
    expect(await rejectedRecords()).toMatchObject([
      { line: 6, reason: expect.stringContaining('createdAt') as string },
    ]);
  });

  it.each([
    ['gamma', 'gamma-markets.json', { created: 3, open: 1 }],
    ['gamma', 'gamma-events.json', { created: 2, open: 1, rejected: 2 }],
    ['manifold', 'manifold-markets.json', { created: 3, rejected: 1 }],
    ['csv', 'neutral.csv', { created: 2, recorded: 1, rejected: 4 }],
    ['jsonl', 'neutral.jsonl', { created: 1, recorded: 2, rejected: 6 }],
  ] as const)('reads a %s file: %s', async (format, name, counts) => {
    const source = await openImportSource(importFixturePath(name), { stdin: Readable.from([]) });
    const options = { source, format, dryRun: false, now, sink: new MemorySink(), rejectsPath };
    expect(await runImport(options)).toMatchObject(counts);
    await source.close();
  });

  it('reports progress once for the markets and once for the interactions', async () => {
    const reported: ImportProgress[] = [];
    const lines = [market(1), interaction('ada', '1')];
    await importLines(lines, new MemorySink(), { onProgress: (progress) => reported.push(progress) });
    const bytes = Buffer.byteLength(lines.join('\n'));
    expect(reported).toEqual([
      { phase: 'markets', bytesRead: bytes, totalBytes: bytes },
      { phase: 'interactions', bytesRead: bytes, totalBytes: bytes },
    ]);
  });

  it('keeps the rejected records written before a failure', async () => {
    const sink: ImportSink = {
      upsertMarkets: () => Promise.reject(new Error('the store is gone')),
      recordInteractions: () => Promise.resolve([]),
    };
    await expect(importLines(['oops', market(1)], sink)).rejects.toThrow('the store is gone');
    expect(await rejectedRecords()).toHaveLength(1);
  });

  it('names the rejects file if it cannot be written', async () => {
    const path = join(folder, 'missing', 'x.jsonl');
    const importing = importLines(['oops'], new MemorySink(), { rejectsPath: path });
    await expect(importing).rejects.toThrow(`The rejects file ${path} cannot be written`);
  });
});
