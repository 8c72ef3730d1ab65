import Fastify, { type FastifyInstance } from 'fastify';
import { Client } from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FeedDocument } from '../../../src/generated/client/graphql.js';
import { createErrorMapper } from '../../../src/graphql/errors.js';
import { registerErrorResponses } from '../../../src/server/error-responses.js';
import { registerTrackRoute } from '../../../src/server/track-route.js';
import { openLimits } from '../../support/open-limits.js';
import { rowCounts } from '../../support/row-counts.js';
import { startTestGateway, type TestGateway } from '../../support/test-gateway.js';

let gateway: TestGateway;
let database: Client;

beforeAll(async () => {
  gateway = await startTestGateway();
  database = new Client({ connectionString: gateway.databaseUrl });
  await database.connect();
  await gateway.addMarkets({ id: 'm1' }, { id: 'm2', category: 'Science' });
});

afterAll(async () => {
  await database.end();
  await gateway.close();
});

async function send(body: unknown, contentType = 'application/json') {
  const response = await fetch(`${gateway.url}/track`, {
    method: 'POST',
    headers: { 'content-type': contentType },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

describe('POST /track', () => {
  it('returns the results of the mutations, and the next feed reflects the events', async () => {
    const { status, body } = await send({
      interactions: [
        {
          userKey: 'ada',
          marketId: 'm2',
          eventType: 'CLICK',
          clientEventId: 'c1',
          occurredAt: '2026-06-15T11:59:00Z',
        },
        { userKey: 'ada', marketId: 'nowhere', eventType: 'CLICK' },
        { userKey: 'ada', marketId: 'm2', eventType: 'CLICK', clientEventId: 'c1' },
      ],
      impressions: {
        userKey: 'ada',
        items: [{ marketId: 'm1', section: 'HERO', position: 0 }, { marketId: 'm9' }],
      },
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      interactions: {
        results: [
          { status: 'RECORDED' },
          { status: 'REJECTED', problem: { field: 'marketId', message: 'There is no market "nowhere".' } },
          { status: 'DUPLICATE' },
        ],
        recordedCount: 1,
      },
      impressions: { recordedCount: 1, problems: [{ index: 1, field: 'marketId', code: 'UNKNOWN_MARKET' }] },
    });
    const { data } = await gateway.run(FeedDocument, { userKey: 'ada', limit: 2 });
    expect(data?.feed.personalized).toBe(true);
  });

  it('records interactions and impressions in one transaction', async () => {
    const { status } = await send({
      interactions: [{ userKey: 'bea', marketId: 'm2', eventType: 'CLICK' }],
      impressions: { userKey: 'bea', items: [{ marketId: 'm1' }] },
    });
    expect(status).toBe(200);
    const { rows } = await database.query(
      `select count(*)::int as events, count(distinct xmin::text)::int as transactions
        from interactions where user_key = 'bea'`,
    );
    expect(rows).toEqual([{ events: 2, transactions: 1 }]);
  });

  const click = { userKey: 'cid', marketId: 'm2', eventType: 'CLICK' };
  it.each<[what: string, body: unknown, field: string, code?: string]>([
    ['an empty report', {}, 'interactions'],
    ['an unknown field', { clicks: [] }, ''],
    [
      'too many events',
      { interactions: Array.from({ length: 501 }, () => ({})) },
      'interactions',
      'LIMIT_EXCEEDED',
    ],
    [
      'a valid event and impressions without a user key',
      { interactions: [click], impressions: { items: [{ marketId: 'm1' }] } },
      'impressions.userKey',
    ],
    [
      'a valid event and impressions that are not a list',
      { interactions: [click], impressions: { userKey: 'cid', items: 'm1' } },
      'impressions.items',
    ],
    [
      'valid impressions and too many events',
      {
        interactions: Array.from({ length: 501 }, () => click),
        impressions: { userKey: 'cid', items: [{ marketId: 'm1' }] },
      },
      'interactions',
      'LIMIT_EXCEEDED',
    ],
  ])('rejects %s with the field and stores nothing', async (_, body, field, code = 'BAD_USER_INPUT') => {
    const before = await rowCounts(gateway.databaseUrl);
    const response = await send(body);
    expect(response.status).toBe(400);
    expect(response.body).toMatchObject({ errors: [{ extensions: { code, field } }] });
    expect(await rowCounts(gateway.databaseUrl)).toEqual(before);
  });

  it('rejects invalid impressions and records the others', async () => {
    const { status, body } = await send({
      impressions: {
        userKey: 'dee',
        items: [{ marketId: 'm1' }, { marketId: 'm1', section: 'HER' }, { position: 1 }, null],
      },
    });
    expect([status, body]).toMatchObject([
      200,
      {
        impressions: {
          recordedCount: 1,
          problems: [
            {
              index: 1,
              field: 'section',
              message: 'section must be one of HERO, GRID, STREAM, SEARCH, OTHER.',
            },
            { index: 2, field: 'marketId', message: 'marketId is required.' },
            { index: 3, field: '', message: 'The item must be an object.' },
          ],
        },
      },
    ]);
  });

  it('rejects a report that nests deeper than 64 levels and stores nothing', async () => {
    const before = await rowCounts(gateway.databaseUrl);
    const nested = (depth: number) =>
      JSON.stringify({ interactions: [click, { ...click, context: { a: 'LISTS' } }] }).replace(
        '"LISTS"',
        '['.repeat(depth) + ']'.repeat(depth),
      );
    for (const depth of [61, 200_000]) {
      const response = await fetch(`${gateway.url}/track`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: nested(depth),
      });
      expect([response.status, await response.json()]).toEqual([
        400,
        {
          errors: [
            {
              message: 'The request nests objects and lists more than 64 levels deep.',
              extensions: { code: 'LIMIT_EXCEEDED' },
            },
          ],
        },
      ]);
    }
    expect(await rowCounts(gateway.databaseUrl)).toEqual(before);
    const allowed = await send(JSON.parse(nested(60)) as unknown);
    expect(allowed.body).toMatchObject({
      interactions: { results: [{ status: 'RECORDED' }, { status: 'RECORDED' }] },
    });
  });

  it('rejects a content type that a form of another site can send', async () => {
    expect((await send({ interactions: [] }, 'text/plain')).status).toBe(415);
  });
});

describe('POST /track by a client with a token', () => {
  let app: FastifyInstance;

  beforeAll(async () => {
    app = Fastify();
    registerTrackRoute(app, {
      tracking: gateway.backend.services.tracking,
      viewerOf: () => ({ role: 'CLIENT', userKey: 'cleo', expiresAtMs: Infinity }),
      limits: openLimits,
    });
    const mapError = createErrorMapper({
      logger: pino({ level: 'silent' }),
      correlationId: () => 'an id',
      showSuggestions: false,
    });
    registerErrorResponses(app, mapError);
    await app.ready();
  });
  afterAll(() => app.close());

  const post = async (payload: object) => {
    const response = await app.inject({ method: 'POST', url: '/track', payload });
    return { status: response.statusCode, body: response.json<Record<string, unknown>>() };
  };

  it('rejects the interactions of other users and records those of its own', async () => {
    const { status, body } = await post({
      interactions: ['ben', 'cleo'].map((userKey) => ({ userKey, marketId: 'm1', eventType: 'CLICK' })),
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      interactions: {
        results: [
          { status: 'REJECTED', problem: { index: 0, field: 'userKey', code: 'FORBIDDEN' } },
          { status: 'RECORDED', problem: null },
        ],
      },
    });
  });

  it('is FORBIDDEN for impressions of another user, and records nothing', async () => {
    const counts = () => rowCounts(gateway.databaseUrl);
    const before = await counts();
    const { status, body } = await post({
      interactions: [{ userKey: 'cleo', marketId: 'm1', eventType: 'CLICK' }],
      impressions: { userKey: 'ben', items: [{ marketId: 'm1' }] },
    });
    expect(status).toBe(403);
    expect(body).toMatchObject({
      errors: [{ extensions: { code: 'FORBIDDEN', field: 'impressions.userKey' } }],
    });
    expect(await counts()).toEqual(before);
  });
});
