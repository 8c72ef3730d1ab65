import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Client } from 'pg';
import { MAX_COUNTED_EVENTS } from '../../../src/storage/events/outbox-repository.js';
import { reportUnknownSinks, SinkStatusService } from '../../../src/outbox/sink-status.js';
import { recordingLogger } from '../../support/log-lines.js';
import { openOutbox } from '../../support/outbox.js';

let db: Awaited<ReturnType<typeof openOutbox>>;
let client: Client;

beforeEach(async () => {
  db = await openOutbox();
  client = new Client({ connectionString: db.url });
  await client.connect();
});

afterEach(async () => {
  await client.end();
  await db.close();
});

const RECORDED_AT = new Date('2026-06-15T12:00:00Z');

const fill = (sink: string, events: number) =>
  client.query(
    `insert into outbox (sink, user_key, event, recorded_at)
     select $1, 'user ' || n, '{"marketId": "m"}', $3::timestamptz + n * interval '1 second'
     from generate_series(0, $2::int - 1) n`,
    [sink, events, RECORDED_AT],
  );

const statusOf = (...sinks: string[]) =>
  new SinkStatusService({ sinks, backlog: db.backlog, clock: () => RECORDED_AT.getTime() + 90_000 });

const drop = (sink: string, { force = false, by = statusOf() } = {}) =>
  by.drop(sink, { force, signal: new AbortController().signal, onProgress: () => undefined });

const count = async (sink: string) =>
  (await client.query<{ n: number }>('select count(*)::int as n from outbox where sink = $1', [sink])).rows[0]
    ?.n;

describe('SinkStatusService.list', () => {
  it('returns configured sinks and other sinks with a backlog, with its count, size and age', async () => {
    await fill('renamed', 3);
    await fill('archive', 1);
    await fill('zebra', 2);
    const statuses = await statusOf('empty', 'archive').list();
    expect(statuses).toEqual([
      {
        name: 'empty',
        configured: true,
        events: 0,
        isEstimate: false,
        bytes: 0,
        oldestAt: null,
        lagSeconds: null,
      },
      expect.objectContaining({
        name: 'archive',
        configured: true,
        events: 1,
        oldestAt: RECORDED_AT,
        lagSeconds: 90,
      }),
      expect.objectContaining({
        name: 'renamed',
        configured: false,
        events: 3,
        isEstimate: false,
        lagSeconds: 90,
      }),
      expect.objectContaining({ name: 'zebra', configured: false, events: 2 }),
    ]);
    expect(statuses[2]?.bytes).toBeGreaterThan(3 * 50);
    expect(statuses[2]?.bytes).toBeLessThan(3 * 200);
  });

  it('estimates counts above 10,000, within 1% if the events are evenly spread', async () => {
    await fill('archive', MAX_COUNTED_EVENTS);
    await fill('renamed', 5 * MAX_COUNTED_EVENTS);
    const [archive, renamed] = await statusOf('archive').list();
    expect(archive).toMatchObject({ events: MAX_COUNTED_EVENTS, isEstimate: false });
    expect(renamed?.isEstimate).toBe(true);
    expect(Math.abs((renamed?.events ?? 0) / (5 * MAX_COUNTED_EVENTS) - 1)).toBeLessThan(0.01);
  });

  it('counts from the position of the relay', async () => {
    await fill('archive', 5);
    const { rows } = await client.query<{ seq: string }>(
      'select seq from outbox order by seq offset 2 limit 1',
    );
    await db.outbox.savePosition('archive', BigInt(rows[0]?.seq ?? 0));
    expect(await statusOf('archive').of('archive')).toMatchObject({ events: 2 });
  });

  it('finds unknown sinks without reading the events of known ones', async () => {
    await fill('archive', 20_000);
    await db.transaction(async (tx) => {
      expect(await tx.backlog.sinksExcept(['archive'])).toEqual([]);
      expect(await tx.reads()).toBeLessThan(5);
    });
  });
});

describe('SinkStatusService.drop', () => {
  it('removes all events of the sink in batches, and none of another sink', async () => {
    await fill('renamed', 25_000);
    await fill('archive', 10);
    const progress: number[] = [];
    const removed = await statusOf('archive').drop('renamed', {
      force: false,
      signal: new AbortController().signal,
      onProgress: (removedSoFar) => progress.push(removedSoFar),
    });
    expect(removed).toBe(25_000);
    expect(progress).toEqual([10_000, 20_000]);
    expect([await count('renamed'), await count('archive')]).toEqual([0, 10]);
  });

  it('rejects a configured sink, unless it is forced', async () => {
    await fill('archive', 2);
    await expect(drop('archive', { by: statusOf('archive') })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
    });
    expect(await count('archive')).toBe(2);
    expect(await drop('archive', { by: statusOf('archive'), force: true })).toBe(2);
  });

  it('stops after the current batch when it is interrupted', async () => {
    await fill('renamed', 25_000);
    const interruption = new AbortController();
    const removed = await statusOf().drop('renamed', {
      force: false,
      signal: interruption.signal,
      onProgress: () => interruption.abort(),
    });
    expect(removed).toBe(10_000);
    expect(await count('renamed')).toBe(15_000);
  });
});

describe('reportUnknownSinks', () => {
  it('logs one warning with names, sizes and commands', async () => {
    await fill('renamed', 3);
    await fill('archive', 1);
    const { logger, lines } = recordingLogger();
    await reportUnknownSinks(statusOf('archive'), logger);
    expect(lines).toEqual([
      expect.objectContaining({
        msg: 'outbox contains events for sinks that are not in the config; nothing delivers them',
        sinks: [expect.objectContaining({ name: 'renamed', events: 3, oldestAt: RECORDED_AT.toISOString() })],
        commands: ['bellwether outbox drop renamed --yes'],
      }),
    ]);
  });

  it('logs nothing when the config names all sinks, and does not fail without a database', async () => {
    await fill('archive', 1);
    const { logger, lines } = recordingLogger();
    await reportUnknownSinks(statusOf('archive'), logger);
    expect(lines).toEqual([]);
    await reportUnknownSinks({ list: () => Promise.reject(new Error('no database')) }, logger);
    expect(lines).toHaveLength(1);
  });
});
