/* eslint-disable @typescript-eslint/no-deprecated -- The filter `text` stays until a field for searching replaces it. */
import { Client } from 'pg';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { MarketFilterInput } from '../../../src/generated/client/graphql.js';
import { startTestGateway, type TestGateway } from '../../support/test-gateway.js';

let gateway: TestGateway;
let other: Client;

beforeAll(async () => {
  gateway = await startTestGateway();
  await gateway.addMarkets({ id: 'm1' });
  other = new Client({ connectionString: gateway.databaseUrl });
  await other.connect();
});

afterAll(async () => {
  await other.end();
  await gateway.close();
});

const list = (filter: MarketFilterInput) =>
  gateway.query('query ($filter: MarketFilterInput) { markets(filter: $filter) { nodes { id } } }', {
    filter,
  });

it(
  'records events while 20 lists wait for a lock, and rejects the lists with retryAfterMs',
  { timeout: 20_000 },
  async () => {
    await other.query('begin');
    await other.query('lock table market_tags in access exclusive mode');
    const lists = Array.from({ length: 20 }, () => list({ tags: ['x'] }));
    await vi.waitFor(async () => {
      const { rowCount } = await other.query(
        `select distinct pid from pg_locks where not granted
        and database = (select oid from pg_database where datname = current_database())`,
      );
      expect(rowCount).toBe(3);
    });
    const event = await gateway.query(
      'mutation { trackInteraction(input: { userKey: "ada", marketId: "m1", eventType: CLICK }) { status } }',
    );
    expect(event.data).toEqual({ trackInteraction: { status: 'RECORDED' } });
    for (const answer of await Promise.all(lists)) {
      expect(answer).toMatchObject({
        errors: [{ extensions: { code: 'UNAVAILABLE', retryAfterMs: 1_000 } }],
      });
    }
    await other.query('rollback');
  },
);

it('searches for at most 8 distinct words', async () => {
  const found = await list({ text: 'Will will WILL m1 happen? hap wil m1' });
  expect(found.data).toEqual({ markets: { nodes: [{ id: 'm1' }] } });
  const rejected = await list({ text: 'a b c d e f g h i' });
  expect(rejected.errors).toMatchObject([
    {
      message: expect.stringContaining('must have at most 8 distinct words') as string,
      extensions: { code: 'BAD_USER_INPUT' },
    },
  ]);
});
