import { readFileSync } from 'node:fs';
import { buildSchema, getIntrospectionQuery, isObjectType, parse, validate } from 'graphql';
import { describe, expect, test } from 'vitest';
import { readOperation } from '../../../src/graphql/packaged-operations.js';
import {
  EXPENSIVE_NESTED_FIELDS,
  EXPENSIVE_ROOT_FIELDS,
  limitRules,
  ONCE_ROOT_FIELDS,
} from '../../../src/graphql/rules/limits.js';

const gateway = buildSchema(readFileSync(new URL('../../../schema/schema.graphql', import.meta.url), 'utf8'));
const tree = buildSchema('type Query { self: Query! leaf: Int }');

const messagesOf = (source: string, schema = gateway): string[] =>
  validate(schema, parse(source), limitRules).map(({ message }) => message);

const times = (count: number, text: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => text(i)).join(' ');

const nested = (depth: number): string => `${'self { '.repeat(depth - 1)}leaf${' }'.repeat(depth - 1)}`;

const tooDeep = ['The operation nests fields more than 12 levels deep. Select fewer levels.'];
const tooManyAliases = [
  'The operation has more than 200 aliases, counting each spread of a fragment. Split it into several requests.',
];
const tooManyRootFields = ['The operation selects more than 60 root fields. Split it into several requests.'];
const tooExpensive = [
  `The operation selects more than 10 of these fields: ${[...EXPENSIVE_ROOT_FIELDS, ...EXPENSIVE_NESTED_FIELDS].join(', ')}. Split it into several requests.`,
];

describe('the depth limit', () => {
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
  ])('accepts 12 levels and rejects 13, through %s', (_name, source) => {
    expect(messagesOf(source(12), tree)).toEqual([]);
    expect(messagesOf(source(13), tree)).toEqual(tooDeep);
  });

  test('does not apply to introspection', () => {
    expect(messagesOf(getIntrospectionQuery({ inputValueDeprecation: true, oneOf: true }))).toEqual([]);
    expect(
      messagesOf(`{ __type(name: "Feed") { ${'ofType { '.repeat(20)}name${' }'.repeat(20)} } }`),
    ).toEqual([]);
  });
});

describe('the directive limit', () => {
  const tooManyDirectives = ['The document has more than 50 directives. Split it into several requests.'];
  const spread = (count: number) => `{ ${times(count, (i) => `a${i}: leaf @skip(if: false)`)} }`;

  test.each([
    ['fields', spread],
    ['one field', (count: number) => `{ leaf ${times(count, () => '@skip(if: false)')} }`],
    ['one field, unknown', (count: number) => `{ leaf ${times(count, () => '@aa')} }`],
    [
      'fragments',
      (count: number) =>
        `{ ...A @skip(if: false) } fragment A on Query { ${times(count - 1, (i) => `a${i}: leaf @skip(if: false)`)} }`,
    ],
    ['operations', (count: number) => `query A ${spread(25)} query B ${spread(count - 25)}`],
  ])('accepts 50 directives of a document and rejects 51, on %s', (_name, source) => {
    expect(messagesOf(source(50), tree)).toEqual([]);
    expect(messagesOf(source(51), tree)).toEqual(tooManyDirectives);
  });
});

describe('the root field limit', () => {
  const profiles = (count: number) => times(count, (i) => `p${i}: userProfile(userKey: "${i}") { userKey }`);
  const feeds = (count: number) => times(count, (i) => `f${i}: feed { id }`);

  test('accepts 60 fields and rejects 61', () => {
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
  ])('accepts 10 feeds and rejects 11, through %s', (_name, source) => {
    expect(messagesOf(source(10))).toEqual([]);
    expect(messagesOf(source(11))).toEqual(tooExpensive);
  });

  test('counts all expensive fields together', () => {
    const mixed = (count: number) =>
      `{ ${feeds(count)} markets { __typename } trending { __typename } rising { __typename } rankMarkets { __typename } }`;

    expect(messagesOf(mixed(6))).toEqual([]);
    expect(messagesOf(mixed(7))).toEqual(tooExpensive);
  });

  test('counts expensive mutations', () => {
    const writes = (count: number) =>
      `mutation { ${times(count, (i) => `u${i}: trackInteractions(input: {}) { __typename }`)} trackImpressions(input: {}) { __typename } }`;

    expect(messagesOf(writes(9))).toEqual([]);
    expect(messagesOf(writes(10))).toEqual(tooExpensive);
  });

  test('counts histories and feeds of users below other fields', () => {
    const histories = (count: number) =>
      `{ ${times(count, (i) => `m${i}: market(id: "${i}") { ...H }`)} user(userKey: "a") { feed { id } } }
        fragment H on Market { history { at } }`;

    expect(messagesOf(histories(9))).toEqual([]);
    expect(messagesOf(histories(10))).toEqual(tooExpensive);
  });

  test('counts the items of a feed', () => {
    const pages = (count: number) =>
      `{ feed { id ${times(count, (i) => `i${i}: items(first: 1, after: "${i}") { nodes { id } }`)} } }`;

    expect(messagesOf(pages(9))).toEqual([]);
    expect(messagesOf(pages(10))).toEqual(tooExpensive);
  });

  test('counts the expensive fields of all selections that GraphQL merges into one field', () => {
    const merged = (count: number) =>
      `{ feed { ${times(count - 1, (i) => `i${i}: items(after: "${i}") { nodes { id } }`)} } feed { id } ...F }
        fragment F on Query { feed { last: items { nodes { id } } } }`;

    expect(messagesOf(merged(9))).toEqual([]);
    expect(messagesOf(merged(10))).toEqual(tooExpensive);
  });

  test('counts no field that only has the name of an expensive one', () => {
    const explanations = times(
      6,
      (i) => `e${i}: explainFeed(feedId: "${i}") { feed { id } items { item { id } } }`,
    );

    expect(messagesOf(`{ ${explanations} }`)).toEqual([]);
  });

  test.each([
    [
      'rankMarkets',
      '{ a: rankMarkets { __typename } ...B } fragment B on Query { b: rankMarkets { __typename } }',
    ],
    ['upsertMarkets', 'mutation { a: upsertMarkets { __typename } b: upsertMarkets { __typename } }'],
  ])('rejects a second %s', (name, source) => {
    expect([...ONCE_ROOT_FIELDS]).toContain(name);
    expect(messagesOf(source)).toEqual([
      `The operation selects ${name} more than once. Send one request for each.`,
    ]);
  });

  test('counts a field once that several fragments select under the same response name', () => {
    const fragments = times(30, (i) => `fragment F${i} on Query { feed { id } }`);

    expect(messagesOf(`{ ${times(30, (i) => `...F${i} ...F${i}`)} } ${fragments}`)).toEqual([]);
  });

  test('lists only expensive fields that exist in the schema', () => {
    const fields = {
      ...gateway.getQueryType()?.getFields(),
      ...gateway.getMutationType()?.getFields(),
    };

    expect(Object.keys(fields)).toEqual(expect.arrayContaining([...EXPENSIVE_ROOT_FIELDS]));
    for (const coordinate of EXPENSIVE_NESTED_FIELDS) {
      const [typeName = '', fieldName = ''] = coordinate.split('.');
      const type = gateway.getType(typeName);
      expect(isObjectType(type) && Object.keys(type.getFields()), coordinate).toContain(fieldName);
    }
  });
});

describe('the alias limit', () => {
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
      'a fragment spread several times',
      (count: number) =>
        `{ self { ...A self { ...A self { ...A ${aliases(count - 198)} } } } } fragment A on Query { ...B ...B } fragment B on Query { ${aliases(33)} }`,
    ],
    [
      'one of several operations',
      (count: number) => `query A { a: leaf } query B { self { ${aliases(count)} } }`,
    ],
  ])('accepts 200 aliases and rejects 201, on %s', (_name, source) => {
    expect(messagesOf(source(200), tree)).toEqual([]);
    expect(messagesOf(source(201), tree)).toEqual(tooManyAliases);
  });
});

describe('the operation limits', () => {
  test('reject fragments that double at every level in linear time', () => {
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
  ])('terminate for fragments that contain themselves: %s', (source) => {
    expect(messagesOf(source, tree)).toEqual([]);
  });

  test('ignore a fragment that does not exist', () => {
    expect(messagesOf('{ leaf ...Missing }', tree)).toEqual([]);
  });

  test.each(['feed', 'markets', 'rank-markets', 'track-interaction', 'track', 'trending', 'user-profile'])(
    'accept the packaged operation %s.graphql',
    async (name) => {
      expect(messagesOf(await readOperation(name))).toEqual([]);
    },
  );
});
