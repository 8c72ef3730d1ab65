import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../../support/test-gateway.js';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
});

beforeEach(() => gateway.addMarkets({ id: 'cafe', title: 'Before?' }));

afterAll(() => gateway.close());

async function post(path: string, contentType: string, body: Buffer) {
  const response = await fetch(`${gateway.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': contentType },
    body: new Uint8Array(body),
  });
  return { status: response.status, text: await response.text() };
}

const title = async () => (await gateway.query('{ market(id: "cafe") { title } }')).data?.['market'];

const UPSERT = JSON.stringify({
  query:
    'mutation { upsertMarkets(input: { markets: [{ id: "cafe", title: "Café?" }] }) { results { status } } }',
});
const TRACK = '{"interactions":[{"userKey":"é","marketId":"cafe","eventType":"CLICK"}]}';

it.each([
  ['application/json', Buffer.from(UPSERT)],
  ['application/json; charset=utf-8', Buffer.from(UPSERT)],
  ['application/json; charset=ISO-8859-1', Buffer.from(UPSERT, 'latin1')],
  ['application/json; charset=utf-16le', Buffer.from(UPSERT, 'utf16le')],
])('accepts a body in the declared charset: %s', async (contentType, body) => {
  expect(await post('/graphql', contentType, body)).toMatchObject({ status: 200 });
  expect(await title()).toEqual({ title: 'Café?' });
});

it.each([
  ['/graphql', 'application/json', UPSERT],
  ['/graphql', 'application/json; charset=utf-8', UPSERT],
  ['/track', 'application/json', TRACK],
])('rejects a body with invalid bytes and stores nothing: %s as %s', async (path, contentType, body) => {
  const { status, text } = await post(path, contentType, Buffer.from(body, 'latin1'));
  expect(status).toBe(400);
  expect(text).toContain('in UTF-8 or in the charset of its Content-Type');
  expect(await title()).toEqual({ title: 'Before?' });
});
