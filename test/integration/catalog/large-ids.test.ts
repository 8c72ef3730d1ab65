import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../../support/test-gateway.js';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
  // The second market has the id to which JSON.parse rounds 9007199254740993.
  await gateway.addMarkets({ id: '42' }, { id: '9007199254740992' }, { id: '2.17e+37' });
});

afterAll(() => gateway.close());

const ID_ERROR = /must be text: as a number it must be whole and at most 9007199254740991/;

const MARKET = 'query ($id: ID!) { market(id: $id) { id } }';
const TRACK = 'mutation ($input: TrackInteractionInput!) { trackInteraction(input: $input) { status } }';
const TRACK_ALL =
  'mutation ($inputs: [BatchInteractionInput!]!) { trackInteractions(input: { interactions: $inputs }) { results { status problem { message } } } }';
const UPSERT =
  'mutation ($markets: [MarketInput!]!) { upsertMarkets(input: { markets: $markets }) { results { id status problem { field message } } } }';

const event = (marketId: unknown) => ({ userKey: 'ada', marketId, eventType: 'CLICK' });

async function post(path: string, body: string): Promise<string> {
  const response = await fetch(`${gateway.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  return response.text();
}

const graphql = (query: string, variables: string) =>
  post('/graphql', `{"query":${JSON.stringify(query)},"variables":${variables}}`);

/** Number literals in a request. JSON.parse rounds the first two to other integers, so they could name another market. */
describe.each(['9007199254740993', '21742633143463906290569050155826241533', '1.5'])(
  'the number %s',
  (id) => {
    it('is rejected as a market id by every operation that takes one', async () => {
      const replies = [
        await graphql(MARKET, `{"id":${id}}`),
        await graphql(`{ market(id: ${id}) { id } }`, '{}'),
        await graphql(TRACK, `{"input":{"userKey":"ada","marketId":${id},"eventType":"CLICK"}}`),
        await graphql(TRACK_ALL, `{"inputs":[{"userKey":"ada","marketId":${id},"eventType":"CLICK"}]}`),
        await graphql(UPSERT, `{"markets":[{"id":${id},"title":"Q?"}]}`),
        await post('/track', `{"interactions":[{"userKey":"ada","marketId":${id},"eventType":"CLICK"}]}`),
        await post('/track', `{"impressions":{"userKey":"ada","items":[{"marketId":${id}}]}}`),
      ];
      for (const reply of replies) expect(reply).toMatch(ID_ERROR);
    });
  },
);

describe('a whole number up to 2^53 − 1', () => {
  it('is accepted as a market id', async () => {
    expect((await gateway.query(MARKET, { id: 42 })).data).toEqual({ market: { id: '42' } });
    expect((await gateway.query('{ market(id: 42) { id } }')).data).toEqual({ market: { id: '42' } });
    expect((await gateway.query(TRACK, { input: event(42) })).data).toMatchObject({
      trackInteraction: { status: 'RECORDED' },
    });
    expect((await gateway.query(UPSERT, { markets: [{ id: 43, title: 'Q?' }] })).data).toMatchObject({
      upsertMarkets: { results: [{ id: '43', status: 'CREATED' }] },
    });
    expect(await post('/track', JSON.stringify({ interactions: [event(42)] }))).toContain('RECORDED');
  });
});
