import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Catalog } from '../../../src/catalog/catalog.js';
import { MarketWriter } from '../../../src/catalog/market-writer.js';
import { openTextEncoder } from '../../../src/catalog/vectors/text-encoder.js';
import { VectorRun } from '../../../src/catalog/vectors/vector-run.js';
import { DAY_MS } from '../../../src/lib/time.js';
import { vectorOf, writeCosines } from '../../../src/scoring/v2/vector-similarity.js';
import { openDatabase, type Database } from '../../../src/storage/database/client.js';
import { createStore, type Store } from '../../../src/storage/store.js';
import { decay } from '../../support/profile-events.js';
import { createTestDatabase, type TestDatabase } from '../../support/test-database.js';

const logger = pino({ level: 'silent' });
const NOW_MS = Date.UTC(2026, 5, 15, 12);

let testDatabase: TestDatabase;
let app: Database;
let jobs: Database;
let store: Store;
let jobStore: Store;

beforeEach(async () => {
  testDatabase = await createTestDatabase();
  app = openDatabase({ url: testDatabase.url, logger, poolSize: 2, role: 'app' });
  jobs = openDatabase({ url: testDatabase.url, logger, poolSize: 2, role: 'jobs' });
  store = createStore(app.prisma, { decay });
  jobStore = createStore(jobs.prisma, { decay });
});

afterEach(async () => {
  await app.close();
  await jobs.close();
  await testDatabase.drop();
});

function openCatalog(): Catalog {
  const clock = () => NOW_MS;
  return new Catalog({
    ...{ markets: store.markets, lists: store.markets, vectors: store.vectors, clock, logger },
    writer: new MarketWriter({ markets: store.markets, clock }),
  });
}

/** An encoder whose vectors depend on the length of the title alone, and the titles that it got. */
function fakeEncoder(model = 'fake@1') {
  const titles: string[] = [];
  const vectorOfTitle = (title: string): Int8Array =>
    Int8Array.from({ length: 512 }, (_, i) => (title.length * (i + 1)) % 127);
  return {
    titles,
    open: () => ({
      model,
      encode: (some: readonly string[]) => {
        titles.push(...some);
        return Promise.resolve(
          some.map((title) => (title === ' ' ? new Int8Array(0) : vectorOfTitle(title))),
        );
      },
      close: () => Promise.resolve(),
    }),
  };
}

const runOf = (openEncoder: ConstructorParameters<typeof VectorRun>[0]['openEncoder']): VectorRun =>
  new VectorRun({ vectors: jobStore.vectors, writer: store.vectors, openEncoder, logger });

const run = (open: Parameters<typeof runOf>[0], nowMs = NOW_MS): ReturnType<VectorRun['run']> =>
  runOf(open).run({ now: new Date(nowMs), signal: new AbortController().signal });

function cosine(catalog: Catalog, one: string, other: string): number {
  const { columns } = catalog.snapshot;
  const rows = Int32Array.of(columns.rowOf(other) ?? -1);
  const vector = vectorOf(columns.vectors, columns.rowOf(one) ?? -1);
  const target = new Float64Array(1);
  if (vector === null || columns.vectors === null) throw new Error(`${one} has no vector.`);
  writeCosines(vector, columns.vectors, rows, target);
  return target[0] ?? NaN;
}

const hasVector = (catalog: Catalog, id: string): boolean =>
  vectorOf(catalog.snapshot.columns.vectors, catalog.snapshot.columns.rowOf(id) ?? -1) !== null;

describe('text vectors', () => {
  it('of the real package are close for titles of one meaning, without a common word', async () => {
    const catalog = openCatalog();
    await catalog.upsert([
      { id: 'a', title: 'Will the central bank raise interest rates in March?' },
      { id: 'b', title: 'Fed hikes borrowing costs this spring' },
      { id: 'c', title: 'Real Madrid wins the Champions League' },
    ]);
    await catalog.refresh();
    const before = catalog.snapshot;
    expect(await run(openTextEncoder)).toEqual({ encoded: 3, removed: 0 });
    await catalog.refresh();
    expect(cosine(catalog, 'a', 'a')).toBeCloseTo(1, 12);
    expect(cosine(catalog, 'a', 'b')).toBeGreaterThan(cosine(catalog, 'a', 'c') + 0.1);
    // A later start reads the same, and an earlier version of the catalog keeps what it had.
    const restarted = openCatalog();
    await restarted.refresh();
    expect(cosine(restarted, 'a', 'b')).toBe(cosine(catalog, 'a', 'b'));
    expect(before.columns.vectors?.index).toEqual(Int32Array.of(-1, -1, -1));
    expect(catalog.snapshot.version).toBeGreaterThan(before.version);
    expect(restarted.snapshot.version).toBe(catalog.snapshot.version);
  }, 30_000);

  it('are computed once per title, and again after a change of the title or of the model', async () => {
    const catalog = openCatalog();
    await catalog.upsert([
      { id: 'a', title: 'One' },
      { id: 'b', title: 'Three' },
    ]);
    const first = fakeEncoder();
    expect(await run(first.open)).toEqual({ encoded: 2, removed: 0 });
    expect(await run(first.open)).toEqual({ encoded: 0, removed: 0 });
    await catalog.refresh();
    const before = catalog.snapshot;
    await catalog.upsert([
      { id: 'a', probability: 0.4 },
      { id: 'b', title: 'Thirteen' },
    ]);
    await catalog.refresh();
    // Until the next run, a renamed market keeps its vector.
    expect(cosine(catalog, 'b', 'b')).toBeCloseTo(1, 12);
    const renamed = cosine(catalog, 'a', 'b');
    await run(first.open);
    expect(first.titles).toEqual(['One', 'Three', 'Thirteen']);
    await catalog.refresh();
    expect(cosine(catalog, 'a', 'b')).not.toBe(renamed);
    const { columns } = before;
    expect(columns.vectors?.index).toEqual(Int32Array.of(0, 1));
    const next = fakeEncoder('fake@2');
    expect(await run(next.open)).toEqual({ encoded: 2, removed: 0 });
  });

  it('of different models are not compared', async () => {
    const catalog = openCatalog();
    await catalog.upsert([{ id: 'a', title: 'Same' }]);
    await run(fakeEncoder('fake@1').open);
    await catalog.upsert([{ id: 'b', title: 'Same' }]);
    await catalog.refresh();
    const values = Int8Array.from({ length: 512 }, (_, i) => (4 * (i + 1)) % 127);
    const titles = await jobStore.vectors.unencoded('fake@1', 1);
    const rows = titles.map((title) => ({ ...title, values }));
    await store.vectors.store('fake@2', rows, new Date(NOW_MS));
    await catalog.refresh();
    expect(cosine(catalog, 'b', 'b')).toBeCloseTo(1, 12);
    expect(cosine(catalog, 'a', 'b')).toBe(0);
  });

  it('stay away from markets that the model cannot represent, which are not tried again', async () => {
    const catalog = openCatalog();
    await catalog.upsert([{ id: 'a', title: 'x' }]);
    await app.prisma.market.update({ where: { id: 'a' }, data: { title: ' ' } });
    const encoder = fakeEncoder();
    await run(encoder.open);
    await run(encoder.open);
    await catalog.refresh();
    expect(encoder.titles).toEqual([' ']);
    expect(hasVector(catalog, 'a')).toBe(false);
  });

  it('of a closed market are kept for its users, also after a restart, and removed 30 days later', async () => {
    const catalog = openCatalog();
    await catalog.upsert([
      { id: 'a', title: 'One' },
      { id: 'b', title: 'Three' },
    ]);
    await run(fakeEncoder().open);
    await catalog.refresh();
    const open = catalog.pastMarket('a')?.vector;
    expect(open).not.toBeNull();
    await catalog.upsert([{ id: 'a', status: 'CLOSED' }]);
    await catalog.refresh();
    expect(hasVector(catalog, 'b')).toBe(true);
    const restarted = openCatalog();
    await restarted.refresh();
    await restarted.loadRecentlyClosed();
    const valuesOf = (of: Catalog): Int8Array | undefined => of.pastMarket('a')?.vector?.vectors.values;
    expect(valuesOf(catalog)).toHaveLength(512);
    expect(valuesOf(restarted)).toEqual(valuesOf(catalog));
    expect(await run(fakeEncoder().open, NOW_MS + 29 * DAY_MS)).toEqual({ encoded: 0, removed: 0 });
    expect(await run(fakeEncoder().open, NOW_MS + 31 * DAY_MS)).toEqual({ encoded: 0, removed: 1 });
    expect((await store.vectors.findByIds(['a', 'b'])).size).toBe(1);
  });

  it('of a market that opens again are read with it', async () => {
    const catalog = openCatalog();
    await catalog.upsert([{ id: 'a', title: 'One' }]);
    await run(fakeEncoder().open);
    await catalog.upsert([{ id: 'a', status: 'PAUSED' }]);
    await catalog.refresh();
    await catalog.upsert([{ id: 'a', status: 'OPEN' }]);
    await catalog.refresh();
    expect(hasVector(catalog, 'a')).toBe(true);
  });
});
