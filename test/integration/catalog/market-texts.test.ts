import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../../support/test-gateway.js';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
  await gateway.addMarkets(
    ...Array.from({ length: 30 }, (_, n) => ({
      ...{ id: `m${n}`, title: `Market ${n}?` },
      ...{ description: `Rules ${n}.`, editorialDescription: n % 2 === 0 ? `Note ${n}.` : null },
    })),
  );
});

afterAll(() => gateway.close());

const textReads = () => gateway.statements.filter((sql) => /select.*description.*from/is.test(sql));

it('reads the texts of all markets of a root field in one statement', async () => {
  gateway.statements.length = 0;
  const { data, errors } = await gateway.query(`{
    feed(limit: 30) { stream { market { id description editorialDescription } } }
    market(id: "m3") { description }
    markets(first: 5) { edges { node { id description } } }
  }`);
  expect(errors).toBeUndefined();
  expect(textReads().length).toBeLessThanOrEqual(3);
  const feed = data?.['feed'] as { stream: { market: Record<string, unknown> }[] };
  expect(feed.stream.length).toBeGreaterThan(15);
  for (const { market } of feed.stream) {
    const n = Number(String(market['id']).slice(1));
    expect(market).toEqual({
      ...{ id: `m${n}`, description: `Rules ${n}.` },
      editorialDescription: n % 2 === 0 ? `Note ${n}.` : null,
    });
  }
  expect(data?.['market']).toEqual({ description: 'Rules 3.' });
});

it('reads no texts if the query selects none', async () => {
  gateway.statements.length = 0;
  const { errors } = await gateway.query(
    '{ feed(limit: 30) { stream { market { id title } } } market(id: "m3") { title } }',
  );
  expect(errors).toBeUndefined();
  expect(textReads()).toEqual([]);
});
