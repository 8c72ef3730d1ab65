import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { rowCounts } from '../../support/row-counts.js';
import { startTestGateway, type TestGateway } from '../../support/test-gateway.js';
import { nonNullFields } from '../../support/non-null-fields.js';

let gateway: TestGateway;
let before: Record<string, number>;

beforeAll(async () => {
  gateway = await startTestGateway();
  await gateway.addMarkets({ id: 'known', tags: ['elections'], probability: 0.4 });
});

afterAll(() => gateway.close());

beforeEach(async () => {
  before = await rowCounts(gateway.databaseUrl);
});

interface ErrorBody {
  readonly data?: unknown;
  readonly errors: readonly { readonly message: string; readonly extensions: Record<string, unknown> }[];
}

/** Sends a body unchanged. Expects that nothing is stored and that the response reveals no internals. */
async function sendRejected(body: string): Promise<{ status: number; body: ErrorBody }> {
  const response = await fetch(`${gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json' },
    body,
  });
  const text = await response.text();
  expect(text).not.toMatch(/stack|prisma|postgres|invocation|node_modules|\.[jt]s\b|\bat \S+ \(/i);
  expect(text).not.toMatch(/\b(select|insert|update|delete)\b.*\b(from|into|set)\b/i);
  expect(await rowCounts(gateway.databaseUrl)).toEqual(before);
  return { status: response.status, body: JSON.parse(text) as ErrorBody };
}

const FEED =
  'query ($userKey: String, $country: String, $limit: Int! = 20) { feed(userKey: $userKey, country: $country, limit: $limit) { id } }';
const PROFILE = 'query ($userKey: String!) { userProfile(userKey: $userKey) { country } }';
const TRENDING =
  'query ($country: String, $limit: Int!) { trending(country: $country, limit: $limit) { scope } }';
const MARKETS =
  'query ($first: Int = 20, $after: String, $filter: MarketFilterInput) { markets(first: $first, after: $after, filter: $filter) { edges { cursor } } }';
const RANK =
  'query ($marketIds: [ID!], $candidates: [CandidateMarketInput!], $country: String) { rankMarkets(marketIds: $marketIds, candidates: $candidates, country: $country) { personalized } }';
const TRACK = 'mutation ($input: TrackInteractionInput!) { trackInteraction(input: $input) { status } }';
const UPSERT =
  'mutation ($markets: [MarketInput!]!) { upsertMarkets(input: { markets: $markets }) { results { status } } }';

const event = (changes: Record<string, unknown>) => ({
  input: { userKey: 'ada', marketId: 'known', eventType: 'CLICK', ...changes },
});
const cursor = (content: unknown) => Buffer.from(JSON.stringify(content)).toString('base64url');
/** A request with nested lists in the context of its event, as text, because they are too deep for JSON.stringify. */
const trackNested = (depth: number) =>
  JSON.stringify({ query: TRACK, variables: event({ context: { a: 'LISTS' } }) }).replace(
    '"LISTS"',
    '['.repeat(depth) + ']'.repeat(depth),
  );
const manyIds = (count: number) => Array.from({ length: count }, (_, index) => `market-${index}`);

test.each<[input: string, query: string, variables: Record<string, unknown>, field: string]>([
  ['a feed of 0', FEED, { limit: 0 }, 'limit'],
  ['a feed of 101', FEED, { limit: 101 }, 'limit'],
  ['a feed in a malformed country', FEED, { country: 'XX1' }, 'country'],
  ['a feed in an unassigned country', FEED, { country: 'XQ' }, 'country'],
  ['a feed of an empty user key', FEED, { userKey: '' }, 'userKey'],
  ['a feed of a user key of 129 characters', FEED, { userKey: 'u'.repeat(129) }, 'userKey'],
  ['a feed of a user key with a control character', FEED, { userKey: 'a\0b' }, 'userKey'],
  ['a profile of an empty user key', PROFILE, { userKey: '' }, 'userKey'],
  ['a profile of a user key of 129 characters', PROFILE, { userKey: 'u'.repeat(129) }, 'userKey'],
  ['no trending markets', TRENDING, { limit: 0 }, 'limit'],
  ['101 trending markets', TRENDING, { limit: 101 }, 'limit'],
  ['trends of an empty country', TRENDING, { limit: 5, country: '' }, 'country'],
  ['a page of 101 markets', MARKETS, { first: 101 }, 'first'],
  ['a malformed cursor', MARKETS, { after: 'abc' }, 'after'],
  ['a cursor with the wrong content', MARKETS, { after: cursor(['yesterday', 'known']) }, 'after'],
  [
    'a cursor with a time out of range',
    MARKETS,
    { after: cursor([Number.MAX_SAFE_INTEGER, 'known']) },
    'after',
  ],
  ['a cursor with a control character', MARKETS, { after: cursor([0, '\0']) }, 'after'],
  ['a search for 201 characters', MARKETS, { filter: { text: 'x'.repeat(201) } }, 'filter.text'],
  ['a search for a control character', MARKETS, { filter: { text: '\0' } }, 'filter.text'],
  ['a ranking without markets', RANK, {}, 'marketIds'],
  [
    'a ranking of a probability above 1',
    RANK,
    { candidates: [{ id: 'a', title: 'A', probability: 1.5 }] },
    'candidates.0.probability',
  ],
  ['an event of an unknown market', TRACK, event({ marketId: 'nowhere' }), 'input.marketId'],
  ['an event with a control character in the market id', TRACK, event({ marketId: 'a\0' }), 'input.marketId'],
  ['an event of an empty user key', TRACK, event({ userKey: '' }), 'input.userKey'],
  ['an event of a user key of 129 characters', TRACK, event({ userKey: 'u'.repeat(129) }), 'input.userKey'],
  ['an event without a market', TRACK, event({ marketId: undefined }), 'input.marketId'],
  ['an unknown event', TRACK, event({ eventType: 'CLIC' }), 'input.eventType'],
  ['a dwell time below 0', TRACK, event({ dwellMs: -1 }), 'input.dwellMs'],
  ['a dwell time over a day', TRACK, event({ dwellMs: 86_400_001 }), 'input.dwellMs'],
  ['a dwell time that is not whole', TRACK, event({ dwellMs: 0.5 }), 'input.dwellMs'],
  ['a negative position', TRACK, event({ position: -1 }), 'input.position'],
  ['an unknown section', TRACK, event({ section: 'HER' }), 'input.section'],
  ['an event in a malformed country', TRACK, event({ country: 'XX1' }), 'input.country'],
  ['an event at an invalid time', TRACK, event({ occurredAt: 'yesterday' }), 'input.occurredAt'],
  ['a stake with a click', TRACK, event({ stake: 5 }), 'input.stake'],
  ['a stake above the maximum', TRACK, event({ eventType: 'PARTICIPATE', stake: 1.7e308 }), 'input.stake'],
  ['a stake of 0', TRACK, event({ eventType: 'PARTICIPATE', stake: 0 }), 'input.stake'],
  ['a context over 4 KB', TRACK, event({ context: { note: 'é'.repeat(2_100) } }), 'input.context'],
  ['a context that is a list', TRACK, event({ context: [1] }), 'input.context'],
  ['a context with a control character', TRACK, event({ context: { note: 'a\0' } }), 'input.context'],
  ['a lone surrogate in a context', TRACK, event({ context: { note: '\ud83d' } }), 'input.context'],
  [
    'a client event id of 65 characters',
    TRACK,
    event({ clientEventId: 'e'.repeat(65) }),
    'input.clientEventId',
  ],
  [
    'a client event id with a control character',
    TRACK,
    event({ clientEventId: 'e\0' }),
    'input.clientEventId',
  ],
  ['a session id with a control character', TRACK, event({ sessionId: 's\0' }), 'input.sessionId'],
  ['an unknown input field', TRACK, event({ usrKey: 'ada' }), 'input.usrKey'],
])('rejects %s with the field and stores nothing', async (_case, query, variables, field) => {
  const { body } = await sendRejected(JSON.stringify({ query, variables }));
  expect(nonNullFields(body.data)).toEqual([]);
  expect(body.errors).toHaveLength(1);
  expect(body.errors[0]?.extensions).toEqual({ code: 'BAD_USER_INPUT', field });
});

test.each<[input: string, query: string, code: string]>([
  [
    'an unknown event type',
    'mutation { trackInteraction(input: { userKey: "ada", marketId: "known", eventType: CLIC }) { status } }',
    'GRAPHQL_VALIDATION_FAILED',
  ],
  ['an unknown field', '{ feed { idd } }', 'GRAPHQL_VALIDATION_FAILED'],
  ['an unknown argument', '{ feed(userkey: "ada") { id } }', 'GRAPHQL_VALIDATION_FAILED'],
  ['text instead of a number', '{ feed(limit: "many") { id } }', 'GRAPHQL_VALIDATION_FAILED'],
  ['a malformed document', '{ feed { id }', 'GRAPHQL_PARSE_FAILED'],
  ['an empty document', ' ', 'GRAPHQL_PARSE_FAILED'],
])('rejects %s in the document and stores nothing', async (_case, query, code) => {
  const { status, body } = await sendRejected(JSON.stringify({ query }));
  expect(status).toBe(400);
  expect(body).not.toHaveProperty('data');
  expect(body.errors[0]?.extensions['code']).toBe(code);
});

test.each<[input: string, query: string, variables: Record<string, unknown>, field: string]>([
  ['a ranking of 501 markets', RANK, { marketIds: manyIds(501) }, 'marketIds'],
  [
    'a ranking of 501 candidates',
    RANK,
    { candidates: manyIds(501).map((id) => ({ id, title: id })) },
    'candidates',
  ],
  ['1,001 markets', UPSERT, { markets: manyIds(1_001).map((id) => ({ id, title: id })) }, 'input.markets'],
])(
  'rejects %s with LIMIT_EXCEEDED and the field, and stores nothing',
  async (_case, query, variables, field) => {
    const { body } = await sendRejected(JSON.stringify({ query, variables }));
    expect(nonNullFields(body.data)).toEqual([]);
    expect(body.errors[0]?.extensions).toEqual({ code: 'LIMIT_EXCEEDED', field });
  },
);

test.each<[input: string, body: string, status: number, code: string]>([
  ['malformed JSON', '{"query": "{ feed { id } }"', 400, 'BAD_REQUEST'],
  ['a body without a query', '{}', 400, 'BAD_REQUEST'],
  ['a body that is a list', '[{"query": "{ feed { id } }"}]', 400, 'BAD_REQUEST'],
  [
    'a body of 2 MB',
    JSON.stringify({ query: `{ feed { id } } #${'x'.repeat(2 * 1024 * 1024)}` }),
    413,
    'PAYLOAD_TOO_LARGE',
  ],
])('rejects %s and stores nothing', async (_case, body, status, code) => {
  const rejection = await sendRejected(body);
  expect(rejection.status).toBe(status);
  expect(rejection.body.errors[0]?.extensions['code']).toBe(code);
});

test('rejects a body that nests 200,000 levels deep and stores nothing', async () => {
  const { status, body } = await sendRejected(trackNested(200_000));
  expect(status).toBe(400);
  expect(body.errors[0]?.extensions).toEqual({ code: 'LIMIT_EXCEEDED' });
});

test.each([
  ['a body', 'POST'],
  ['the variables of a GET', 'GET'],
])('rejects a config that nests too deep in %s', async (_case, method) => {
  const query = 'query ($config: JSONObject!) { simulateFeed(config: $config) { presentConfigVersion } }';
  const variables = `{"config":{"a":${'['.repeat(7_000)}${']'.repeat(7_000)}}}`;
  const response =
    method === 'GET'
      ? await fetch(
          `${gateway.url}/graphql?${new URLSearchParams({ query, variables }).toString().replaceAll('%5B', '[').replaceAll('%5D', ']')}`,
          {
            headers: { 'apollo-require-preflight': 'yes' },
          },
        )
      : await fetch(`${gateway.url}/graphql`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: `{"query":${JSON.stringify(query)},"variables":${variables}}`,
        });
  expect([response.status, await response.json()]).toMatchObject([
    400,
    { errors: [{ extensions: { code: 'LIMIT_EXCEEDED' } }] },
  ]);
});

test('accepts values at each limit', async () => {
  for (const [query, variables] of [
    [FEED, { limit: 1, userKey: 'u'.repeat(128), country: 'il' }],
    [FEED, { limit: 100 }],
    [TRENDING, { limit: 100 }],
    [MARKETS, { first: 100, filter: { text: 'x'.repeat(200) } }],
    [RANK, { marketIds: manyIds(500) }],
    [
      TRACK,
      event({
        dwellMs: 86_400_000,
        position: 0,
        clientEventId: 'e'.repeat(64),
        context: { n: 'x'.repeat(4_086) },
      }),
    ],
    [TRACK, event({ userKey: 'u'.repeat(128), eventType: 'PARTICIPATE', stake: 0.01, dwellMs: 0 })],
  ] as const) {
    expect((await gateway.query(query, variables)).errors).toBeUndefined();
  }
  const response = await fetch(`${gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: trackNested(60),
  });
  expect(await response.json()).toEqual({ data: { trackInteraction: { status: 'RECORDED' } } });
  const results = await gateway.backend.services.catalog.upsert(
    manyIds(1_000).map((id) => ({ id, title: id })),
  );
  expect(results.every(({ status }) => status === 'CREATED')).toBe(true);
});
