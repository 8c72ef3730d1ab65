import {
  buildSchema,
  GraphQLError,
  Kind,
  NoUnusedVariablesRule,
  parse,
  specifiedRules,
  validate,
  type OperationDefinitionNode,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { OperationLimits } from '../../../src/graphql/rules/operation-limits.js';

const schema = buildSchema(`
  type Query {
    feed(limit: Int = 20): Feed
    plain(limit: Int): Feed
    markets(first: Int! = 20, filter: Filter): [Market]
    byIds(ids: [ID!]!): [Market]
    rank(ids: [ID!], candidates: [Candidate!]): [Market]
    simulate(config: JSON): Int
  }
  type Mutation { track(input: TrackInput!): Int }
  scalar JSON
  type Feed { hero: Item grid: [Item] stream: [Item] items: [Item] more(first: Int = 20): [Item] }
  type Item { market: Market }
  type Market { id: ID history(points: Int = 100): [Int] }
  input Filter { categories: [String!] }
  input Candidate { id: ID }
  input TrackInput { events: [Event] note: String source: Source }
  input Source { events: [Event] }
  input Event { id: ID tags: [String] }
`);
const rules = specifiedRules.filter((rule) => rule !== NoUnusedVariablesRule);
const limits = new OperationLimits(schema);

function messageOf(source: string, variables: Record<string, unknown> = {}): string | undefined {
  const document = parse(source);
  expect(validate(schema, document, rules)).toEqual([]);
  const operation = document.definitions.find(
    (each): each is OperationDefinitionNode => each.kind === Kind.OPERATION_DEFINITION,
  );
  if (operation === undefined) throw new Error('The document has no operation.');
  // Twice, because the second check uses the cached analysis.
  const first = limits.check(document, operation, variables);
  expect(limits.check(document, operation, variables)).toEqual(first);
  return first instanceof GraphQLError ? first.message : undefined;
}

/** The number in the error; undefined without one. */
const counted = (source: string, variables?: Record<string, unknown>): number | undefined => {
  const number = /(\d+) (?:list items|history points)/.exec(messageOf(source, variables) ?? '')?.[1];
  return number === undefined ? undefined : Number(number);
};

const aliases = (count: number, field: string): string =>
  Array.from({ length: count }, (_, index) => `a${index}: ${field}`).join(' ');

const ids = (count: number): string[] => Array.from({ length: count }, (_, index) => `m${index}`);

describe('the number of list items', () => {
  it.each([
    ['a literal', (n: number) => [`{ feed(limit: ${n}) { __typename } }`, {}]],
    ['a variable', (n: number) => ['query ($n: Int) { feed(limit: $n) { __typename } }', { n }]],
    [
      'the default of a variable',
      (n: number) => [`query ($n: Int = ${n}) { feed(limit: $n) { __typename } }`, {}],
    ],
    [
      'a list of a variable',
      (n: number) => ['query ($ids: [ID!]!) { byIds(ids: $ids) { id } }', { ids: ids(n) }],
    ],
    ['a literal list', (n: number) => [`{ byIds(ids: ${JSON.stringify(ids(n))}) { id } }`, {}]],
    [
      'the lists of an input object',
      (n: number) => [
        'mutation ($input: TrackInput!) { track(input: $input) }',
        { input: { events: ids(n).map((id) => ({ id, tags: ['a'] })) } },
      ],
    ],
    [
      'the lists of an input object within another',
      (n: number) => [
        'mutation ($input: TrackInput!) { track(input: $input) }',
        { input: { source: { events: ids(n).map((id) => ({ id, tags: ['a'] })) } } },
      ],
    ],
    [
      'a variable within an input object',
      (n: number) => [
        'mutation ($events: [Event]) { track(input: { events: $events }) }',
        { events: ids(n).map((id) => ({ id })) },
      ],
    ],
    [
      'a fragment',
      (n: number) => [`{ ...A } fragment A on Query { ... on Query { markets(first: ${n}) { id } } }`, {}],
    ],
    [
      'a field within a list',
      (n: number) => [`{ feed(limit: 100) { more(first: ${n - 100}) { __typename } } }`, {}],
    ],
    [
      'several aliases',
      (n: number) => [
        `{ ${aliases(19, 'feed(limit: 100) { __typename }')} b: feed(limit: ${n - 1_900}) { __typename } }`,
        {},
      ],
    ],
  ] satisfies [string, (n: number) => [string, Record<string, unknown>]][])('includes %s', (_, request) => {
    expect(counted(...request(2_000))).toBeUndefined();
    expect(counted(...request(2_001))).toBe(2_001);
  });

  it.each([
    ['an omitted argument', 'feed { __typename }'],
    ['null', 'feed(limit: null) { __typename }'],
    ['null without a default', 'plain(limit: null) { __typename }'],
    ['a variable without a value', 'feed(limit: $none) { __typename }'],
  ])('is the default for %s', (_, field) => {
    const query = `query ($none: Int, $rest: Int) { ${aliases(100, field)} b: markets(first: 1) { id } c: feed(limit: $rest) { __typename } }`;
    expect(counted(query, { rest: 0 })).toBe(2_001);
  });

  it('counts a field once that fragments repeat under one response name, in linear time', () => {
    const fragments = Array.from(
      { length: 60 },
      (_, index) =>
        `fragment F${index} on Query { ...F${index + 1} ...F${index + 1} feed(limit: 1500) { __typename } }`,
    );
    const source = `{ ...F0 } ${fragments.join(' ')} fragment F60 on Query { feed(limit: 1500) { __typename } }`;
    expect(messageOf(source)).toBeUndefined();
  });

  it('does not include lists in JSON', () => {
    const query = 'query ($config: JSON) { simulate(config: $config) }';
    expect(messageOf(query, { config: { a: ids(3_000), b: [{ c: ids(3_000) }] } })).toBeUndefined();
  });

  it('ignores negative numbers, which the resolver rejects', () => {
    expect(counted('{ a: feed(limit: -5000) { __typename } b: feed(limit: 2001) { __typename } }')).toBe(
      2_001,
    );
  });
});

describe('the number of history points', () => {
  it.each([
    ['the length of the list', '{ markets(first: 100) { history(points: 501) } }', 50_100],
    [
      'the longest of several lists',
      '{ feed(limit: 20) { more(first: 101) { market { history(points: 500) } } } }',
      50_500,
    ],
    ['the default number of points', '{ byIds(ids: $ids) { history } }', 50_100],
    ['all histories', '{ markets(first: 100) { a: history(points: 500) b: history(points: 1) } }', 50_100],
  ])('multiplies by %s', (_, source, points) => {
    const query = source.includes('$ids') ? `query ($ids: [ID!]!) ${source}` : source;
    expect(counted(query, { ids: ids(501) })).toBe(points);
  });

  it.each([
    [
      'the sections of a feed',
      '{ feed(limit: 100) { hero { ...H } grid { ...H } stream { ...H } } }',
      undefined,
    ],
    [
      'the section with the most points',
      '{ feed(limit: 100) { hero { ...H } grid { ...H market { more: history(points: 1) } } } }',
      50_100,
    ],
    [
      'each of several feeds',
      '{ feed(limit: 100) { stream { ...H } } b: feed(limit: 1) { stream { ...H } } }',
      50_500,
    ],
    [
      'a section and the other items of its feed',
      '{ feed(limit: 100) { stream { ...H } items { ...H } } }',
      100_000,
    ],
    [
      'a section under several response names',
      '{ feed(limit: 100) { stream { ...H } b: stream { market { history(points: 1) } } } }',
      50_100,
    ],
  ])('counts once: %s', (_what, source, points) => {
    const fragment = source.includes('...H') ? 'fragment H on Item { market { history(points: 500) } }' : '';
    expect(counted(`${source} ${fragment}`)).toBe(points);
  });

  it('does not count candidates, which have no history', () => {
    const query =
      'query ($ids: [ID!], $candidates: [Candidate!]) { rank(ids: $ids, candidates: $candidates) { history(points: 500) } }';
    const candidates = ids(500).map((id) => ({ id }));
    expect(counted(query, { ids: ids(100), candidates })).toBeUndefined();
    expect(counted(query, { ids: ids(101), candidates })).toBe(50_500);
  });

  it('does not count the lists of a filter', () => {
    const query = '{ markets(first: 100, filter: { categories: ["a", "b"] }) { history(points: 500) } }';
    expect(messageOf(query)).toBeUndefined();
  });

  it('may be 50,000', () => {
    expect(messageOf('{ markets(first: 100) { history(points: 500) } }')).toBeUndefined();
  });
});
