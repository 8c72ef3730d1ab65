import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sinksSchema } from '../../../src/config/schema/sink-schema.js';
import { BigQuerySink } from '../../../src/outbox/sinks/bigquery-sink.js';
import type { Token } from '../../../src/outbox/sinks/google-token.js';
import type { OutgoingEvent } from '../../../src/outbox/sinks/outgoing-event.js';
import { SinkFailure } from '../../../src/outbox/sinks/sink.js';
import { sinkContract } from '../../contract/sink.js';
import { googleError, startBigQueryServer, type BigQueryServer } from '../../support/bigquery-server.js';
import { outgoing } from '../../support/outbox.js';
import { NOON_MS } from '../../support/profile-events.js';

let server: BigQueryServer;
let sink: BigQuerySink;
/** The issued tokens; the last one is valid. */
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
  if (config?.type !== 'bigquery') throw new Error('This is not the config of a BigQuery sink.');
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

const eventsOfAda = (count: number) => Array.from({ length: count }, (_, n) => outgoing('ada', n));
const insertedIds = () => server.inserted.map(({ insertId }) => insertId);
const idsOf = (events: readonly OutgoingEvent[]) => events.map(({ interactionId }) => interactionId);
const isEvent = (n: number) => (row: { insertId: string }) =>
  row.insertId === outgoing('ada', n).interactionId;

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

  it('inserts rows with the interaction id as insert id and the context as JSON text', async () => {
    await sink.deliver([outgoing('ada', 1, { context: { page: 'home' } })]);
    expect(server.requests).toEqual([
      expect.objectContaining({
        path: '/bigquery/v2/projects/my-project/datasets/site/tables/events/insertAll',
        authorization: 'Bearer token-1',
        rows: [
          {
            insertId: outgoing('ada', 1).interactionId,
            json: { ...outgoing('ada', 1), context: '{"page":"home"}' },
          },
        ],
      }),
    ]);
  });

  it('sends at most 500 rows and 9 MB in a request', async () => {
    const events = Array.from({ length: 1_100 }, (_, n) =>
      outgoing('ada', n, n < 600 ? {} : { context: { text: 'é'.repeat(12_000) } }),
    );
    const { delivered } = await sink.deliver(events);
    expect(delivered).toHaveLength(1_100);
    expect(insertedIds()).toEqual(idsOf(events));
    expect(Math.max(...server.requests.map(({ rows }) => rows.length))).toBe(500);
    const largest = Math.max(...server.requests.map(({ bytes }) => bytes));
    expect(largest).toBeGreaterThan(8_900_000);
    expect(largest).toBeLessThanOrEqual(9_000_100);
  });

  it('rejects invalid rows with their reason, and inserts the rows that were stopped with them', async () => {
    const events = eventsOfAda(5);
    server.fault = (row) =>
      [1, 3].some((n) => isEvent(n)(row))
        ? { reason: 'invalid', message: 'no such field: user.' }
        : undefined;
    expect(await sink.deliver(events)).toEqual({
      delivered: [0, 2, 4],
      rejected: [1, 3].map((index) => ({ index, reason: 'no such field: user.' })),
      failure: undefined,
    });
    expect(server.requests).toHaveLength(2);
    expect(insertedIds()).toEqual(idsOf([events[0], events[2], events[4]].flatMap((event) => event ?? [])));
  });

  it('rejects all rows with one request when all are invalid', async () => {
    server.fault = () => ({ reason: 'invalid', message: 'no such field: user.' });
    const delivery = await sink.deliver(eventsOfAda(3));
    expect(delivery.rejected.map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(server.requests).toHaveLength(1);
  });

  it.each(['timeout', 'backendError', 'something new'])(
    'keeps a row that failed with %s for the next delivery, and delivers the others',
    async (reason) => {
      server.fault = (row) => (isEvent(1)(row) ? { reason, message: 'later' } : undefined);
      const delivery = await sink.deliver(eventsOfAda(3));
      expect(delivery).toMatchObject({ delivered: [0, 2], rejected: [] });
      expect(delivery.failure?.message).toContain(`${reason} later`);
    },
  );

  it('sends no stopped rows when another row failed, so that none overtakes it', async () => {
    server.fault = (row) =>
      isEvent(0)(row)
        ? { reason: 'timeout', message: '' }
        : isEvent(1)(row)
          ? { reason: 'invalid', message: 'bad' }
          : undefined;
    const delivery = await sink.deliver(eventsOfAda(3));
    expect(delivery).toMatchObject({ delivered: [], rejected: [{ index: 1, reason: 'bad' }] });
    expect(delivery.failure).toBeInstanceOf(SinkFailure);
    expect(server.requests).toHaveLength(1);
  });

  it('fails when rows are stopped but none is invalid', async () => {
    server.fault = () => ({ reason: 'stopped', message: '' });
    const delivery = await sink.deliver(eventsOfAda(3));
    expect(delivery).toMatchObject({ delivered: [], rejected: [] });
    expect(delivery.failure?.message).toContain('without naming an invalid row');
    expect(server.requests).toHaveLength(1);
  });

  it('reports the rows of earlier requests as delivered when a later one fails', async () => {
    server.interrupt = () => (server.requests.length === 2 ? { status: 500, body: 'oops' } : undefined);
    const delivery = await sink.deliver(eventsOfAda(1_200));
    expect(delivery.delivered).toEqual([...eventsOfAda(500).keys()]);
    expect(delivery.failure?.message).toContain('HTTP 500');
    expect(server.requests).toHaveLength(2);
  });

  it('requests a new token once after a 401, and then fails', async () => {
    const unauthorized = { status: 401, body: googleError(401, 'authError', 'Invalid Credentials') };
    server.interrupt = ({ authorization }) => (authorization === 'Bearer token-1' ? unauthorized : undefined);
    expect(await sink.deliver([outgoing('ada', 1)])).toMatchObject({ delivered: [0], failure: undefined });
    server.interrupt = () => unauthorized;
    const { delivered, failure } = await sink.deliver([outgoing('ada', 2)]);
    expect(delivered).toEqual([]);
    expect(failure?.message).toContain(
      'does not accept the credentials (HTTP 401, authError Invalid Credentials)',
    );
    expect(tokens).toEqual(['token-1', 'token-2', 'token-3']);
  });

  it.each([
    ['429 with seconds', 429, '7', 7_000],
    ['503 with a date', 503, new Date(NOON_MS + 90_000).toUTCString(), 90_000],
    ['503 with a date in the past', 503, new Date(NOON_MS - 90_000).toUTCString(), undefined],
    ['503 with an invalid value', 503, 'soon', undefined],
  ])('returns the delay that Retry-After asks for: %s', async (_, status, header, retryAfterMs) => {
    server.interrupt = () => ({ status, headers: { 'retry-after': header }, body: '<html>busy</html>' });
    const { failure } = await sink.deliver([outgoing('ada', 1)]);
    expect(failure?.retryAfterMs).toBe(retryAfterMs);
  });

  it.each([
    [404, 'notFound', 'BigQuery has no table my-project.site.events: create it'],
    [403, 'rateLimitExceeded', 'denies writing to the table my-project.site.events (HTTP 403, rateLimit'],
    [403, 'quotaExceeded', 'denies writing to the table my-project.site.events (HTTP 403, quotaExceeded'],
    [403, 'accessDenied', 'denies writing to the table my-project.site.events (HTTP 403, accessDenied'],
    [400, 'badRequest', 'BigQuery did not insert the events (HTTP 400, badRequest details)'],
  ])('describes the failure: %i %s', async (status, reason, message) => {
    server.interrupt = () => ({ status, body: googleError(status, reason, 'details') });
    const { delivered, rejected, failure } = await sink.deliver([outgoing('ada', 1)]);
    expect([delivered, rejected]).toEqual([[], []]);
    expect(failure?.message).toContain(message);
  });

  it.each([
    ['413 of a proxy', { status: 413, body: '<html>Request Entity Too Large</html>' }],
    [
      '400 of BigQuery itself',
      {
        status: 400,
        body: googleError(400, 'badRequest', 'Request payload size exceeds the limit: 10485760 bytes.'),
      },
    ],
  ])('halves a request that is too large until it is accepted: %s', async (_, tooLarge) => {
    server.interrupt = ({ rows }) => (rows.length > 3 ? tooLarge : undefined);
    const events = eventsOfAda(10);
    expect(await sink.deliver(events)).toMatchObject({ rejected: [], failure: undefined });
    expect(insertedIds()).toEqual(idsOf(events));
    server.interrupt = ({ rows }) => (rows.some(isEvent(1)) ? tooLarge : undefined);
    expect(await sink.deliver(eventsOfAda(3))).toMatchObject({
      delivered: [0, 2],
      rejected: [{ index: 1, reason: 'The event exceeds the request size of BigQuery.' }],
    });
  });

  it('fails when the server does not answer in time, or no token arrives', async () => {
    server.hang = true;
    const timingOut = newSink({ requestTimeoutMs: 100 });
    expect((await timingOut.deliver([outgoing('ada', 1)])).failure?.message).toMatch(
      /could not be reached: .*timeout/,
    );
    const withoutToken = newSink({ requestTimeoutMs: 100, token: () => new Promise(() => undefined) });
    expect((await withoutToken.deliver([outgoing('ada', 1)])).failure?.message).toMatch(/timeout/);
  });

  it('aborts a request in progress when it is closed', async () => {
    server.hang = true;
    const delivery = sink.deliver([outgoing('ada', 1)]);
    await sink.close();
    expect((await delivery).failure?.message).toBe('The sink was closed.');
  });

  it('fails on a response that is not one of BigQuery', async () => {
    server.interrupt = () => ({ status: 200, body: '<html>Welcome to the hotel</html>' });
    const { delivered, failure } = await sink.deliver([outgoing('ada', 1)]);
    expect(delivered).toEqual([]);
    expect(failure?.message).toContain('an unknown response');
  });
});
