import { Client } from 'pg';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openBackend, type Backend } from '../../../src/app/backend.js';
import { createPostgresBus } from '../../../src/bus/postgres-bus.js';
import { readSettings } from '../../../src/config/settings.js';
import { becomesReliable, eventually, joinBus } from '../../support/bus-replica.js';
import { hasPgBouncer, startPgBouncer, type PgBouncer } from '../../support/pgbouncer.js';
import { createTestDatabase, queryDatabase, type TestDatabase } from '../../support/test-database.js';

const logger = pino({ level: 'silent' });

let database: TestDatabase;

/** The test database, on a server whose sessions are in New York and use German dates. */
beforeEach(async () => {
  database = await createTestDatabase();
  const name = new URL(database.url).pathname.slice(1);
  await queryDatabase(
    database.url,
    `alter database ${name} set timezone to 'America/New_York'; alter database ${name} set datestyle to 'German'`,
  );
});

afterEach(() => database.drop());

function open(url: string, isWorker = false): Promise<Backend> {
  const settings = readSettings({ DATABASE_URL: url, NODE_ENV: 'test' });
  return openBackend({ settings, logger, clock: () => Date.UTC(2026, 5, 15, 12), isWorker });
}

// In New York, the first does not exist as a local time, and the second exists twice.
const created = new Date('2026-03-08T02:30:00Z');
const resolves = new Date('2026-11-01T01:30:00Z');

async function storeThenUpdatePrice(url: string): Promise<void> {
  const backend = await open(url);
  try {
    const { catalog } = backend.services;
    const market = { id: 'dst', title: 'Will the clocks change?', category: 'Time' };
    await catalog.upsert([{ ...market, createdAt: created, resolvesAt: resolves, probability: 0.5 }]);
    for (const probability of [0.6, 0.7]) await catalog.upsert([{ id: 'dst', probability }]);
    const [stored] = await backend.store.markets.findByIds(['dst']);
    expect(stored).toMatchObject({ createdAt: created, resolvesAt: resolves, probability: 0.7 });
  } finally {
    await backend.close();
  }
  const [row] = await queryDatabase(
    database.url,
    `select extract(epoch from created_at)::float8 * 1000 as created,
       extract(epoch from resolves_at)::float8 * 1000 as resolves from markets`,
  );
  expect(row).toEqual({ created: created.getTime(), resolves: resolves.getTime() });
}

const withOptions = (options: string): string => {
  const url = new URL(database.url);
  url.searchParams.set('options', options);
  return url.href;
};

describe('price updates on a server in New York keep every instant in the hours of a DST change', () => {
  it('with a plain URL', () => storeThenUpdatePrice(database.url));

  it('with options in the URL', () => storeThenUpdatePrice(withOptions('-c geqo=off')));

  it('with another time zone in the options of the URL', () =>
    storeThenUpdatePrice(withOptions('-c TimeZone=Asia/Tokyo')));
});

describe.skipIf(!hasPgBouncer)('behind a PgBouncer that drops startup options', () => {
  let bouncer: PgBouncer | undefined;

  afterEach(() => bouncer?.close());

  it('keeps every instant in session mode', async () => {
    bouncer = await startPgBouncer(database.url, { mode: 'session' });
    await storeThenUpdatePrice(bouncer.url);
  });

  it('notifies replicas and runs jobs in session mode', async () => {
    bouncer = await startPgBouncer(database.url, { mode: 'session', poolSize: 30 });
    const { url } = bouncer;
    const backend = await open(url, true);
    const [sender, receiver] = [joinBus(createPostgresBus, url), joinBus(createPostgresBus, url)];
    try {
      await becomesReliable(sender, receiver);
      sender.bus.publish(['ada']);
      await eventually(() => expect(receiver.received).toEqual(['ada']));
      backend.jobWorker.start();
      const { jobs } = backend.services;
      const serve = (): Promise<void> => Promise.resolve();
      const signal = AbortSignal.timeout(20_000);
      expect(await jobs.runAndWait(jobs.find('retention'), { serve, signal })).toMatchObject({
        state: 'succeeded',
      });
    } finally {
      await Promise.all([sender.bus.close(), receiver.bus.close()]);
      await backend.close();
    }
  });

  it.each([
    ['transaction', 20],
    ['transaction', 1],
    ['statement', 20],
  ] as const)('rejects %s mode with %d server connections', async (mode, poolSize) => {
    bouncer = await startPgBouncer(database.url, { mode, poolSize });
    await expect(open(bouncer.url)).rejects.toThrow(/^The connection pooler .* session mode/);
  });

  it('rejects transaction mode while other clients use the pooler', async () => {
    bouncer = await startPgBouncer(database.url, { mode: 'transaction' });
    const others = await Promise.all(
      Array.from({ length: 5 }, async () => {
        const client = new Client({ connectionString: bouncer?.url });
        await client.connect();
        return client;
      }),
    );
    let isOver = false;
    const work = others.map(async (client) => {
      while (!isOver) await client.query('select pg_sleep(random() / 100)');
      await client.end();
    });
    try {
      for (let attempt = 0; attempt < 5; attempt++) {
        await expect(open(bouncer.url)).rejects.toThrow(/^The connection pooler .* session mode/);
      }
    } finally {
      isOver = true;
      await Promise.all(work);
    }
  });
});
