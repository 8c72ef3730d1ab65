import { readFileSync } from 'node:fs';
import { buildSchema, getIntrospectionQuery, parse, validate } from 'graphql';
import { describe, expect, test } from 'vitest';
import { aliasLimit } from '../../../src/graphql/rules/alias-limit.js';
import { depthLimit } from '../../../src/graphql/rules/depth-limit.js';
import { EXPENSIVE_ROOT_FIELDS, rootFieldLimit } from '../../../src/graphql/rules/root-field-limit.js';

const gateway = buildSchema(readFileSync(new URL('../../../schema/schema.graphql', import.meta.url), 'utf8'));
const tree = buildSchema('type Query { self: Query! leaf: Int }');

const messagesOf = (source: string, schema = gateway): string[] =>
  validate(schema, parse(source), [depthLimit, rootFieldLimit, aliasLimit]).map(({ message }) => message);

const times = (count: number, text: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => text(i)).join(' ');

const nested = (depth: number): string => `${'self { '.repeat(depth - 1)}leaf${' }'.repeat(depth - 1)}`;

const tooDeep = ['An operation may nest fields at most 12 levels deep.'];
const tooManyAliases = ['An operation may have at most 200 aliases, fragments written out.'];
const tooManyRootFields = ['An operation may select at most 60 fields at its root.'];
const tooExpensive = [
  'An operation may select at most 10 of these fields: feed, feedPage, explainFeed, simulateFeed, rankMarkets, markets, trending, upsertMarkets, trackInteractions, trackImpressions.',
];

describe('the limit of depth', () => {
  test.each([
    ['fields', (depth: number) => `{ ${nested(depth)} }`],
    ['aliases', (depth: number) => `{ ${nested(depth).replaceAll('self', 'a: self')} }`],
    ['inline fragments', (depth: number) => `{ ... { ... on Query { ${nested(depth)} } } }`],
    [
      'fragments',
      (depth: number) => `{ self { ...A } } fragment A on Query { self { ...B } leaf }
        fragment B on Query { ${nested(depth - 2)} }`,
    ],
    ['the deepest of several branches', (depth: number) => `{ leaf a: self { leaf } ${nested(depth)} leaf }`],
    ['one of several operations', (depth: number) => `query A { leaf } query B { ${nested(depth)} }`],
  ])('allows 12 levels and no 13th, through %s', (_name, source) => {
    expect(messagesOf(source(12), tree)).toEqual([]);
    expect(messagesOf(source(13), tree)).toEqual(tooDeep);
  });

  test('does not hold for introspection', () => {
    expect(messagesOf(getIntrospectionQuery({ inputValueDeprecation: true, oneOf: true }))).toEqual([]);
    expect(
      messagesOf(`{ __type(name: "Feed") { ${'ofType { '.repeat(20)}name${' }'.repeat(20)} } }`),
    ).toEqual([]);
  });
});

describe('the limit of root fields', () => {
  const profiles = (count: number) => times(count, (i) => `p${i}: userProfile(userKey: "${i}") { userKey }`);
  const feeds = (count: number) => times(count, (i) => `f${i}: feed { id }`);

  test('allows 60 fields and no 61st', () => {
    expect(messagesOf(`{ ${profiles(60)} }`)).toEqual([]);
    expect(messagesOf(`{ ${profiles(61)} }`)).toEqual(tooManyRootFields);
  });

  test.each([
    ['aliases', (count: number) => `{ ${feeds(count)} }`],
    ['inline fragments', (count: number) => `{ ... on Query { ... { ${feeds(count - 1)} } } feed { id } }`],
    [
      'nested fragments',
      (count: number) => `{ ...A feed { id } } fragment A on Query { ... on Query { ...B } f0: feed { id } }
        fragment B on Query { ${feeds(count - 1)} }`,
    ],
    ['one of several operations', (count: number) => `query A { feed { id } } query B { ${feeds(count)} }`],
  ])('allows 10 feeds and no 11th, through %s', (_name, source) => {
    expect(messagesOf(source(10))).toEqual([]);
    expect(messagesOf(source(11))).toEqual(tooExpensive);
  });

  test('counts all expensive fields together', () => {
    const mixed = (count: number) =>
      `{ ${feeds(count)} markets { __typename } trending { __typename } rankMarkets { __typename } }`;

    expect(messagesOf(mixed(7))).toEqual([]);
    expect(messagesOf(mixed(8))).toEqual(tooExpensive);
  });

  test('counts what a mutation writes', () => {
    const writes = (count: number) =>
      `mutation { ${times(count, (i) => `u${i}: upsertMarkets(markets: []) { __typename }`)} trackImpressions(input: {}) { __typename } }`;

    expect(messagesOf(writes(9))).toEqual([]);
    expect(messagesOf(writes(10))).toEqual(tooExpensive);
  });

  test('counts once what runs once, wherever it is selected', () => {
    const parts = times(30, (i) => `fragment F${i} on Query { feed { id } }`);

    expect(messagesOf(`{ ${times(30, (i) => `...F${i} ...F${i}`)} } ${parts}`)).toEqual([]);
  });

  test('knows every expensive field by its name in the schema', () => {
    const fields = {
      ...gateway.getQueryType()?.getFields(),
      ...gateway.getMutationType()?.getFields(),
    };

    expect(Object.keys(fields)).toEqual(expect.arrayContaining([...EXPENSIVE_ROOT_FIELDS]));
  });
});

describe('the limit of aliases', () => {
  const aliases = (count: number) => times(count, (i) => `a${i}: leaf`);

  test.each([
    ['one level', (count: number) => `{ self { ${aliases(count)} } }`],
    [
      'several levels',
      (count: number) => `{ a: self { ${aliases(100)} b: self { ${aliases(count - 102)} } } }`,
    ],
    [
      'inline fragments',
      (count: number) => `{ self { ... { ${aliases(100)} } } ... { self { ${aliases(count - 100)} } } }`,
    ],
    [
      'a fragment in several places',
      (count: number) =>
        `{ self { ...A self { ...A self { ...A ${aliases(count - 198)} } } } } fragment A on Query { ...B ...B } fragment B on Query { ${aliases(33)} }`,
    ],
    [
      'one of several operations',
      (count: number) => `query A { a: leaf } query B { self { ${aliases(count)} } }`,
    ],
  ])('allows 200 aliases and no more, on %s', (_name, source) => {
    expect(messagesOf(source(200), tree)).toEqual([]);
    expect(messagesOf(source(201), tree)).toEqual(tooManyAliases);
  });
});

describe('the limits of an operation', () => {
  test('refuse fragments that double at every level, at once', () => {
    const levels = times(
      60,
      (i) => `fragment F${i} on Query { a: self { ...F${i + 1} } b: self { ...F${i + 1} } }`,
    );

    expect(messagesOf(`{ ...F0 } ${levels} fragment F60 on Query { leaf }`, tree)).toEqual([
      ...tooDeep,
      ...tooManyAliases,
    ]);
  });

  test.each([
    '{ ...A } fragment A on Query { ...A }',
    '{ ...A } fragment A on Query { self { ...B } } fragment B on Query { a: self { ...A ...B } ...A }',
    '{ ...A ...B } fragment A on Query { ...B } fragment B on Query { ... { ...A } leaf }',
  ])('end for fragments that contain themselves: %s', (source) => {
    expect(messagesOf(source, tree)).toEqual([]);
  });

  test('pass over a fragment that does not exist', () => {
    expect(messagesOf('{ leaf ...Missing }', tree)).toEqual([]);
  });

  test.each(['feed', 'markets', 'rank-markets', 'track-interaction', 'track', 'trending', 'user-profile'])(
    'allow what a site sends: %s.graphql',
    (name) => {
      const file = new URL(`../../../schema/operations/${name}.graphql`, import.meta.url);

      expect(messagesOf(readFileSync(file, 'utf8'))).toEqual([]);
    },
  );
});
