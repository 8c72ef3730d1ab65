import { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { MarketsDocument, type MarketFilterInput } from '../../../src/generated/client/graphql.js';
import { startTestGateway, TEST_NOW_MS, type TestGateway } from '../../support/test-gateway.js';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
  await gateway.addMarkets(
    // Three markets per creation time, so that pages end between markets of the same age.
    ...Array.from({ length: 250 }, (_, index) => ({
      id: `series-${index}`,
      category: 'Series',
      createdAt: new Date(TEST_NOW_MS - 1_000_000 - Math.floor(index / 3) * 1_000),
    })),
    { id: 'half', title: 'Is 50% enough?', category: 'Rates', tags: ['Interest Rates'] },
    { id: 'snake', title: 'Will snake_case win?', category: 'rates', status: 'CLOSED' },
    { id: 'slash', title: 'A back\\slash?', category: 'Text', tags: ['interest rates', 'Text'] },
    { id: 'plain', title: 'Is 500 enough?', description: 'The Snake bites its tail.', category: 'Text' },
    {
      id: 'oldest',
      title: 'Oldest?',
      category: 'Text',
      createdAt: '0001-01-01T00:00:00Z',
      status: 'RESOLVED',
    },
  );
});

afterAll(() => gateway.close());

async function page(variables: { filter?: MarketFilterInput; first?: number; after?: string | null }) {
  const { data, errors } = await gateway.run(MarketsDocument, variables);
  if (!data) throw new Error(JSON.stringify(errors));
  return { ...data.markets, ids: data.markets.edges.map(({ node }) => node.id) };
}

async function allIds(
  filter: MarketFilterInput,
  first: number,
  between: () => Promise<void> = () => Promise.resolve(),
) {
  const ids: string[] = [];
  const sizes: number[] = [];
  let after: string | null = null;
  for (;;) {
    const { ids: next, pageInfo } = await page({ filter, first, after });
    ids.push(...next);
    sizes.push(next.length);
    if (!pageInfo.hasNextPage) return { ids, sizes };
    after = pageInfo.endCursor;
    await between();
  }
}

it('returns markets of any status without a filter, newest first', async () => {
  const { data } = await gateway.query('{ markets(first: 5) { edges { node { id } } } }');
  const newest = ['snake', 'slash', 'plain', 'half', 'series-2'];
  expect(data).toEqual({ markets: { edges: newest.map((id) => ({ node: { id } })) } });
  expect((await page({ filter: {}, first: 100 })).ids).toHaveLength(100);
});

it.each([7, 50, 100])('pages through 250 markets by %i without repeats or gaps', async (first) => {
  const { ids, sizes } = await allIds({ category: 'series' }, first);
  const expected = Array.from({ length: 250 }, (_, index) => index)
    .sort((a, b) => Math.floor(a / 3) - Math.floor(b / 3) || (`series-${a}` < `series-${b}` ? 1 : -1))
    .map((index) => `series-${index}`);
  expect(ids).toEqual(expected);
  expect(sizes.slice(0, -1).every((size) => size === first)).toBe(true);
});

it('keeps its position if markets are added or closed between pages', async () => {
  let added = 0;
  const { ids } = await allIds({ category: 'Series' }, 100, () =>
    gateway.addMarkets(
      { id: `new-${++added}`, category: 'Series', createdAt: new Date(TEST_NOW_MS) },
      { id: `series-${added * 100 - 1}`, category: 'Series', status: 'CLOSED' },
    ),
  );
  expect(added).toBe(2);
  expect(new Set(ids).size).toBe(250);
});

it('returns whether there are previous and next pages', async () => {
  const first = await page({ filter: { category: 'Text' }, first: 2 });
  expect(first.pageInfo).toMatchObject({ hasNextPage: true, endCursor: first.edges[1]?.cursor });
  const { data } = await gateway.query(
    `query ($after: String) { markets(filter: { category: "Text" }, first: 2, after: $after) {
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`,
    { after: first.pageInfo.endCursor },
  );
  expect(data?.['markets']).toMatchObject({ pageInfo: { hasNextPage: false, hasPreviousPage: true } });
  expect((await page({ filter: { category: 'none' } })).pageInfo).toEqual({
    hasNextPage: false,
    endCursor: null,
  });
});

it.each<[filter: MarketFilterInput, ids: string[]]>([
  [{ category: 'RATES' }, ['half', 'snake']],
  [{ tag: 'INTEREST rates' }, ['half', 'slash']],
  [{ tag: 'interest' }, []],
  [{ status: 'CLOSED', category: 'Rates' }, ['snake']],
  [{ status: 'RESOLVED' }, ['oldest']],
  [{ category: 'Text', tag: 'text', status: 'OPEN' }, ['slash']],
  [{ text: 'SNAKE' }, ['plain', 'snake']],
  [{ text: 'snake bites' }, ['plain']],
  [{ text: ' bites \t snake ' }, ['plain']],
  [{ text: '50%' }, ['half', 'plain', 'series-50']],
  [{ text: '%' }, []],
  [{ text: '\\' }, []],
  [{ text: 'sna bit' }, ['plain']],
  [{ text: 'nake' }, []],
  [{ text: "'; drop table markets; --" }, []],
  [{ text: 'zebra' }, []],
])('filters by %o', async (filter, ids) => {
  expect((await page({ filter })).ids.sort()).toEqual(ids);
});

it('finds words of a text filter by the search index', async () => {
  gateway.statements.length = 0;
  await page({ filter: { text: 'snake bites' } });
  const statement = gateway.statements.find((sql) => sql.includes('@@')) ?? '';
  const client = new Client({ connectionString: gateway.databaseUrl });
  await client.connect();
  try {
    await client.query('set enable_seqscan = off');
    const { rows } = await client.query<{ 'QUERY PLAN': string }>(`explain (generic_plan) ${statement}`);
    expect(rows.map((row) => row['QUERY PLAN']).join('\n')).toContain('markets_search_idx');
  } finally {
    await client.end();
  }
});

it('matches other cases and Unicode normalizations', async () => {
  await gateway.addMarkets({
    id: 'unicode',
    title: 'Straße in İstanbul',
    category: 'Cafe\u0301',
    tags: ['⚽\ufe0f'],
  });
  for (const filter of [{ text: 'STRASSE istanbul' }, { category: 'CAFÉ' }, { tag: '⚽' }]) {
    expect((await page({ filter })).ids).toEqual(['unicode']);
  }
});
