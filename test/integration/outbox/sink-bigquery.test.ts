import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sinksSchema } from '../../../src/config/schema/sink-schema.js';
import { BigQuerySink } from '../../../src/outbox/sinks/bigquery-sink.js';
import type { Token } from '../../../src/outbox/sinks/google-token.js';
import type { OutgoingEvent } from '../../../src/outbox/sinks/outgoing-event.js';
import { SinkFailure } from '../../../src/outbox/sinks/sink.js';
import { sinkContract } from '../../contract/sink.js';
import { googleError, startBigQueryServer, type BigQueryServer } from '../../support/bigquery-server.js';
import { leaving } from '../../support/outbox.js';
import { NOON_MS } from '../../support/profile-events.js';

let server: BigQueryServer;
let sink: BigQuerySink;
/** The tokens that were given; the last one is valid. */
let tokens: string[];

const token: Token = ({ fresh }) => {
  if (fresh || tokens.length === 0) tokens.push(`token-${tokens.length + 1}`);
  return Promise.resolve(tokens.at(-1) ?? '');
};

function newSink(options: { requestTimeoutMs?: number; token?: Token } = {}): BigQuerySink {
  const [config] = sinksSchema.parse([
    {
      ...{ type: 'bigquery', name: 'warehouse', project: 'my-project', dataset: 'site', table: 'events' },
      ...{ endpoint: server.url, requestTimeoutMs: options.requestTimeoutMs ?? 5_000 },
    },
  ]);
  if (config?.type !== 'bigquery') throw new Error('This is no config of a BigQuery sink.');
  return new BigQuerySink(config, { token: options.token ?? token, clock: () => NOON_MS });
}

beforeEach(async () => {
  tokens = [];
  server = await startBigQueryServer();
  sink = newSink();
});

afterEach(async () => {
  await sink.close();
  await server.close();
});

const manyOfAda = (count: number) => Array.from({ length: count }, (_, n) => leaving('ada', n));
const insertedIds = () => server.inserted.map(({ insertId }) => insertId);
const idsOf = (events: readonly OutgoingEvent[]) => events.map(({ interactionId }) => interactionId);
const isEvent = (n: number) => (row: { insertId: string }) =>
  row.insertId === leaving('ada', n).interactionId;

describe('BigQuery sink', () => {
  sinkContract(() =>
    Promise.resolve({
      sink,
      stored: () =>
        Promise.resolve(
          server.inserted.map(({ json }) => ({
            ...json,
            context: JSON.parse((json['context'] ?? 'null') as string) as unknown,
          })),
        ),
      takeDown: () => {
        server.interrupt = () => ({
          status: 503,
          body: googleError(503, 'backendError', 'Try again later.'),
        });
        return Promise.resolve();
      },
      bringBack: () => {
        server.interrupt = () => undefined;
        return Promise.resolve();
      },
      close: () => Promise.resolve(),
    }),
  );

  it('sends rows to the table with the interaction id as insert id, and the context as JSON text', async () => {
    await sink.deliver([leaving('ada', 1, { context: { page: 'home' } })]);
    expect(server.requests).toEqual([
      expect.objectContaining({
        path: '/bigquery/v2/projects/my-project/datasets/site/tables/events/insertAll',
        authorization: 'Bearer token-1',
        rows: [
          {
            insertId: leaving('ada', 1).interactionId,
            json: { ...leaving('ada', 1), context: '{"page":"home"}' },
          },
        ],
      }),
    ]);
  });

  it('sends at most 500 rows and 9 MB in a request', async () => {
    const events = Array.from({ length: 1_100 }, (_, n) =>
      leaving('ada', n, n < 600 ? {} : { context: { text: 'é'.repeat(12_000) } }),
    );
    const { delivered } = await sink.deliver(events);
    expect(delivered).toHaveLength(1_100);
    expect(insertedIds()).toEqual(idsOf(events));
    expect(Math.max(...server.requests.map(({ rows }) => rows.length))).toBe(500);
    const largest = Math.max(...server.requests.map(({ bytes }) => bytes));
    expect(largest).toBeGreaterThan(8_900_000);
    expect(largest).toBeLessThanOrEqual(9_000_100);
  });

  it('refuses invalid rows with their reason, and sends those again that were stopped for them', async () => {
    const events = manyOfAda(5);
    server.fault = (row) =>
      [1, 3].some((n) => isEvent(n)(row))
        ? { reason: 'invalid', message: 'no such field: user.' }
        : undefined;
    expect(await sink.deliver(events)).toEqual({
      delivered: [0, 2, 4],
      refused: [1, 3].map((index) => ({ index, reason: 'no such field: user.' })),
      failure: undefined,
    });
    expect(server.requests).toHaveLength(2);
    expect(insertedIds()).toEqual(idsOf([events[0], events[2], events[4]].flatMap((event) => event ?? [])));
  });

  it('refuses all when all are invalid, with one request', async () => {
    server.fault = () => ({ reason: 'invalid', message: 'no such field: user.' });
    const delivery = await sink.deliver(manyOfAda(3));
    expect(delivery.refused.map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(server.requests).toHaveLength(1);
  });

  it.each(['timeout', 'backendError', 'something new'])(
    'keeps a row that failed with %s for later, and counts the others',
    async (reason) => {
      server.fault = (row) => (isEvent(1)(row) ? { reason, message: 'later' } : undefined);
      const delivery = await sink.deliver(manyOfAda(3));
      expect(delivery).toMatchObject({ delivered: [0, 2], refused: [] });
      expect(delivery.failure?.message).toContain(`${reason} later`);
    },
  );

  it('sends nothing again before what failed when some rows are invalid and others failed', async () => {
    server.fault = (row) =>
      isEvent(0)(row)
        ? { reason: 'timeout', message: '' }
        : isEvent(1)(row)
          ? { reason: 'invalid', message: 'bad' }
          : undefined;
    const delivery = await sink.deliver(manyOfAda(3));
    expect(delivery).toMatchObject({ delivered: [], refused: [{ index: 1, reason: 'bad' }] });
    expect(delivery.failure).toBeInstanceOf(SinkFailure);
    expect(server.requests).toHaveLength(1);
  });

  it('does not ask for ever when rows are stopped and none is invalid', async () => {
    server.fault = () => ({ reason: 'stopped', message: '' });
    const delivery = await sink.deliver(manyOfAda(3));
    expect(delivery).toMatchObject({ delivered: [], refused: [] });
    expect(delivery.failure?.message).toContain('without naming an invalid row');
    expect(server.requests).toHaveLength(1);
  });

  it('keeps what earlier requests delivered when a later one fails', async () => {
    server.interrupt = () => (server.requests.length === 2 ? { status: 500, body: 'oops' } : undefined);
    const delivery = await sink.deliver(manyOfAda(1_200));
    expect(delivery.delivered).toEqual([...manyOfAda(500).keys()]);
    expect(delivery.failure?.message).toContain('HTTP 500');
    expect(server.requests).toHaveLength(2);
  });

  it('asks for a new token once when it is told 401, and then gives up', async () => {
    const refuse = { status: 401, body: googleError(401, 'authError', 'Invalid Credentials') };
    server.interrupt = ({ authorization }) => (authorization === 'Bearer token-1' ? refuse : undefined);
    expect(await sink.deliver([leaving('ada', 1)])).toMatchObject({ delivered: [0], failure: undefined });
    server.interrupt = () => refuse;
    const { delivered, failure } = await sink.deliver([leaving('ada', 2)]);
    expect(delivered).toEqual([]);
    expect(failure?.message).toContain(
      'does not accept the credentials (HTTP 401, authError Invalid Credentials)',
    );
    expect(tokens).toEqual(['token-1', 'token-2', 'token-3']);
  });

  it.each([
    ['429 with seconds', 429, '7', 7_000],
    ['503 with an instant', 503, new Date(NOON_MS + 90_000).toUTCString(), 90_000],
    ['503 with an instant that is over', 503, new Date(NOON_MS - 90_000).toUTCString(), undefined],
    ['503 with nonsense', 503, 'soon', undefined],
  ])('passes on how long it is asked to wait: %s', async (_, status, header, retryAfterMs) => {
    server.interrupt = () => ({ status, headers: { 'retry-after': header }, body: '<html>busy</html>' });
    const { failure } = await sink.deliver([leaving('ada', 1)]);
    expect(failure?.retryAfterMs).toBe(retryAfterMs);
  });

  it.each([
    [404, 'notFound', 'BigQuery has no table my-project.site.events: make it'],
    [
      403,
      'rateLimitExceeded',
      'does not let the table my-project.site.events be written now (HTTP 403, rateLimit',
    ],
    [
      403,
      'quotaExceeded',
      'does not let the table my-project.site.events be written now (HTTP 403, quotaExceeded',
    ],
    [
      403,
      'accessDenied',
      'does not let the table my-project.site.events be written now (HTTP 403, accessDenied',
    ],
    [400, 'badRequest', 'BigQuery did not take the events (HTTP 400, badRequest said)'],
  ])('says what is wrong: %i %s', async (status, reason, sentence) => {
    server.interrupt = () => ({ status, body: googleError(status, reason, 'said') });
    const { delivered, refused, failure } = await sink.deliver([leaving('ada', 1)]);
    expect([delivered, refused]).toEqual([[], []]);
    expect(failure?.message).toContain(sentence);
  });

  it.each([
    ['413 of something on the way', { status: 413, body: '<html>Request Entity Too Large</html>' }],
    [
      '400 of BigQuery itself',
      {
        status: 400,
        body: googleError(400, 'badRequest', 'Request payload size exceeds the limit: 10485760 bytes.'),
      },
    ],
  ])('halves a request that is too large until it passes: %s', async (_, tooLarge) => {
    server.interrupt = ({ rows }) => (rows.length > 3 ? tooLarge : undefined);
    const events = manyOfAda(10);
    expect(await sink.deliver(events)).toMatchObject({ refused: [], failure: undefined });
    expect(insertedIds()).toEqual(idsOf(events));
    server.interrupt = ({ rows }) => (rows.some(isEvent(1)) ? tooLarge : undefined);
    expect(await sink.deliver(manyOfAda(3))).toMatchObject({
      delivered: [0, 2],
      refused: [{ index: 1, reason: 'BigQuery takes no event of this size.' }],
    });
  });

  it('gives up on a server that does not answer, and on a token that does not come', async () => {
    server.hang = true;
    const impatient = newSink({ requestTimeoutMs: 100 });
    expect((await impatient.deliver([leaving('ada', 1)])).failure?.message).toMatch(
      /could not be reached: .*timeout/,
    );
    const tokenless = newSink({ requestTimeoutMs: 100, token: () => new Promise(() => undefined) });
    expect((await tokenless.deliver([leaving('ada', 1)])).failure?.message).toMatch(/timeout/);
  });

  it('gives up a request under way when it is closed', async () => {
    server.hang = true;
    const delivery = sink.deliver([leaving('ada', 1)]);
    await sink.close();
    expect((await delivery).failure?.message).toBe('The sink was closed.');
  });

  it('fails on an answer that is not one of BigQuery', async () => {
    server.interrupt = () => ({ status: 200, body: '<html>Welcome to the hotel</html>' });
    const { delivered, failure } = await sink.deliver([leaving('ada', 1)]);
    expect(delivered).toEqual([]);
    expect(failure?.message).toContain('an answer that it is not known to give');
  });
});
