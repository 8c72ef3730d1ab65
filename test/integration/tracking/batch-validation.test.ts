import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../../support/test-gateway.js';
import { nonNullFields } from '../../support/non-null-fields.js';

let gateway: TestGateway;
let database: Client;

beforeAll(async () => {
  gateway = await startTestGateway();
  database = new Client({ connectionString: gateway.databaseUrl });
  await database.connect();
  await gateway.addMarkets({ id: 'derby' }, { id: '42' });
});

afterAll(async () => {
  await database.end();
  await gateway.close();
});

type Fields = Readonly<Record<string, unknown>>;

/** An operation with a list of items, as variables and as literals. */
interface Batch {
  readonly variables: string;
  readonly literals: (items: string) => string;
  readonly result: string;
}

const EVENTS: Batch = {
  variables: `mutation ($items: [BatchInteractionInput]!) {
    trackInteractions(input: { interactions: $items }) { results { status problem { field message code } } } }`,
  literals: (items) => `mutation {
    trackInteractions(input: { interactions: ${items} }) { results { status problem { field message code } } } }`,
  result: 'trackInteractions',
};

const MARKETS: Batch = {
  variables: `mutation ($items: [MarketInput]!) {
    upsertMarkets(input: { markets: $items }) { results { id status problem { index field code message } } } }`,
  literals: (items) => `mutation {
    upsertMarkets(input: { markets: ${items} }) { results { id status problem { index field code message } } } }`,
  result: 'upsertMarkets',
};

const IMPRESSIONS: Batch = {
  variables: `mutation ($items: [ImpressionInput]!) {
    trackImpressions(input: { userKey: "ida", items: $items }) { recordedCount problems { index field message } } }`,
  literals: (items) => `mutation {
    trackImpressions(input: { userKey: "ida", items: ${items} }) { recordedCount problems { index field message } } }`,
  result: 'trackImpressions',
};

/** Writes a JSON value as a GraphQL literal. */
function literalOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(literalOf).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return `{ ${fields.map(([name, inner]) => `${name}: ${literalOf(inner)}`).join(', ')} }`;
}

/** Returns the results of a batch sent as literals and as variables, before and after compilation. */
async function sendEach(
  { variables, literals, result }: Batch,
  items: readonly unknown[],
): Promise<unknown[]> {
  const results: unknown[] = [];
  for (const run of [
    () => gateway.query(literals(literalOf(items))),
    // An operation is compiled at its second use.
    ...Array.from({ length: 3 }, () => () => gateway.query(variables, { items })),
  ]) {
    const { data, errors } = await run();
    if (!data) throw new Error(JSON.stringify(errors));
    results.push(data[result]);
  }
  return results;
}

/** Returns the result of a batch, which must be the same for all ways to send it. */
async function send(batch: Batch, items: readonly unknown[]): Promise<unknown> {
  const [first, ...others] = await sendEach(batch, items);
  for (const other of others) expect(other).toEqual(first);
  return first;
}

const click = (changes: Fields = {}): Fields => ({
  userKey: 'ada',
  marketId: 'derby',
  eventType: 'CLICK',
  ...changes,
});

describe('trackInteractions rejects only the event with', () => {
  it.each<[what: string, event: unknown, field: string, reason: string | RegExp]>([
    [
      'a date without a time',
      click({ occurredAt: '2026-06-15' }),
      'occurredAt',
      /^occurredAt must be an ISO 8601 date and time/,
    ],
    ['an instant as a number', click({ occurredAt: 1_781_524_800_000 }), 'occurredAt', /ISO 8601/],
    [
      'an unknown event type',
      click({ eventType: 'CLIC' }),
      'eventType',
      /^eventType must be one of PARTICIPATE, /,
    ],
    ['an event type that is a number', click({ eventType: 7 }), 'eventType', /must be one of/],
    ['an unknown section', click({ section: 'HER' }), 'section', /^section must be one of HERO, /],
    ['a number as text', click({ dwellMs: '1200' }), 'dwellMs', 'dwellMs must be a number.'],
    ['a stake as text', click({ eventType: 'PARTICIPATE', stake: '5' }), 'stake', 'stake must be a number.'],
    [
      'a stake beyond any number',
      click({ eventType: 'PARTICIPATE', stake: -1e308 }),
      'stake',
      'stake must be above 0.',
    ],
    [
      'a position that is not whole',
      click({ position: 1.5 }),
      'position',
      'position must be a whole number.',
    ],
    ['a position over 32 bits', click({ position: 2 ** 31 }), 'position', /must be at most 2,147,483,647/],
    ['a number instead of text', click({ userKey: 7 }), 'userKey', 'userKey must be text.'],
    ['an object instead of text', click({ sessionId: { id: 'x' } }), 'sessionId', 'sessionId must be text.'],
    [
      'a list instead of text',
      click({ clientEventId: ['x'] }),
      'clientEventId',
      'clientEventId must be text.',
    ],
    [
      'an unsafe integer as an id',
      click({ marketId: 2 ** 53 }),
      'marketId',
      /^marketId must be text: as a number/,
    ],
    ['a truth value as an id', click({ feedId: true }), 'feedId', 'feedId must be text.'],
    ['a context that is a list', click({ context: [1] }), 'context', 'context must be a JSON object.'],
    ['a context that is text', click({ context: '{}' }), 'context', 'context must be a JSON object.'],
    ['no user key', click({ userKey: undefined }), 'userKey', 'userKey is required.'],
    ['null as a market', click({ marketId: null }), 'marketId', 'marketId is required.'],
    ['no event type', click({ eventType: undefined }), 'eventType', /must be one of/],
    ['null instead of an object', null, '', 'The item must be an object.'],
  ])('%s', async (_what, event, field, reason) => {
    const message = typeof reason === 'string' ? reason : (expect.stringMatching(reason) as string);
    expect(await send(EVENTS, [click(), event, click()])).toEqual({
      results: [
        { status: 'RECORDED', problem: null },
        {
          status: 'REJECTED',
          problem: { field, message, code: expect.stringMatching(/^(INVALID|OUT_OF_RANGE)$/) as string },
        },
        { status: 'RECORDED', problem: null },
      ],
    });
  });
});

it('trackInteractions coerces whole numbers as ids to text, and rounds dwellMs', async () => {
  const event = { userKey: 'bea', marketId: 42, eventType: 'CLICK', dwellMs: 1234.5 };
  expect(await send(EVENTS, [event])).toMatchObject({ results: [{ status: 'RECORDED' }] });
  const { rows } = await database.query(
    `select distinct market_id, dwell_ms from interactions where user_key = 'bea'`,
  );
  expect(rows).toEqual([{ market_id: '42', dwell_ms: 1235 }]);
});

it('trackInteractions accepts enum literals and variables within an item', async () => {
  const { data } = await gateway.query(
    `mutation ($at: LenientDateTime, $user: LenientString) { trackInteractions(input: { interactions: [
      { userKey: $user, marketId: "derby", eventType: CLICK, section: HERO, occurredAt: $at, context: { a: [1, { b: null }] } }
    ] }) { recordedCount } }`,
    { at: '2026-06-15T11:00:00+02:00', user: 'cleo' },
  );
  expect(data).toEqual({ trackInteractions: { recordedCount: 1 } });
  const { rows } = await database.query(
    `select section, occurred_at, context from interactions where user_key = 'cleo'`,
  );
  expect(rows).toEqual([
    { section: 'HERO', occurred_at: new Date('2026-06-15T09:00:00Z'), context: { a: [1, { b: null }] } },
  ]);
});

it.each([
  ['a field that does not exist', { ...click(), usrKey: 'ada' }],
  ['an item that is no object', 'click'],
])('trackInteractions rejects the whole request for %s', async (_what, item) => {
  const { data, errors } = await gateway.query(EVENTS.variables, { items: [click(), item] });
  expect(nonNullFields(data)).toEqual([]);
  expect(errors).toMatchObject([
    { extensions: { code: 'BAD_USER_INPUT', field: expect.stringMatching(/^items\.1/) as string } },
  ]);
});

it.each<[code: string, event: Fields]>([
  ['TOO_LONG', click({ sessionId: 'x'.repeat(129) })],
  ['TOO_LONG', click({ context: { note: 'x'.repeat(5_000) } })],
  ['OUT_OF_RANGE', click({ dwellMs: 86_400_001 })],
  ['OUT_OF_RANGE', click({ position: -1 })],
  ['OUT_OF_RANGE', click({ occurredAt: '0000-01-01T00:00:00Z' })],
  ['INVALID', click({ marketId: '' })],
  ['UNKNOWN_MARKET', click({ marketId: 'nowhere' })],
])('trackInteractions returns %s for %j', async (code, event) => {
  expect(await send(EVENTS, [event])).toMatchObject({ results: [{ problem: { code } }] });
});

describe('upsertMarkets rejects only the market with', () => {
  it.each<[what: string, market: unknown]>([
    ['a date without a time', { id: 'bad', title: 'Bad?', resolvesAt: '2026-12-31' }],
    ['an unknown status', { id: 'bad', title: 'Bad?', status: 'LOST' }],
    ['a price as text', { id: 'bad', title: 'Bad?', probability: '0.5' }],
    ['a fraction of a participant', { id: 'bad', title: 'Bad?', participantCount: 1.5 }],
    ['a null tag', { id: 'bad', title: 'Bad?', tags: ['a', null] }],
    ['a number as a tag', { id: 'bad', title: 'Bad?', tags: ['a', 7] }],
    ['a list as a country', { id: 'bad', title: 'Bad?', blockedCountries: [['GB']] }],
    ['no id', { title: 'Bad?' }],
    ['a title that is a number', { id: 'bad', title: 7 }],
    ['null instead of an object', null],
  ])('%s', async (_what, market) => {
    const sent = await sendEach(MARKETS, [{ id: 'derby', status: 'OPEN' }, market, { id: '42' }]);
    for (const results of sent) {
      expect(results).toMatchObject({
        results: [{ status: 'UNCHANGED', problem: null }, {}, { status: 'UNCHANGED', problem: null }],
      });
    }
  });
});

it('trackImpressions rejects only the items with invalid values', async () => {
  const items = [
    { marketId: 'derby', section: 'GRID', position: 0 },
    { marketId: 'derby', section: 'GRD' },
    { marketId: 'derby', position: '1' },
    { position: 1 },
    null,
    { marketId: 42 },
  ];
  expect(await send(IMPRESSIONS, items)).toEqual({
    recordedCount: 2,
    problems: [
      { index: 1, field: 'section', message: 'section must be one of HERO, GRID, STREAM, SEARCH, OTHER.' },
      { index: 2, field: 'position', message: 'position must be a number.' },
      { index: 3, field: 'marketId', message: 'marketId is required.' },
      { index: 4, field: '', message: 'The item must be an object.' },
    ],
  });
});
