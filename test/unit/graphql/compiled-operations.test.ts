import fc from 'fast-check';
import { execute, getIntrospectionQuery, parse, validate, type ExecutionResult } from 'graphql';
import { describe, expect, test } from 'vitest';
import {
  CompiledOperations,
  MAX_CHARACTERS,
  MAX_FIELDS,
  MAX_WEIGHT,
} from '../../../src/graphql/compiled-operations.js';
import { createTestSchema } from '../../support/test-schema.js';

const contextValue = { user: 'ada' };
type Variables = Readonly<Record<string, unknown>>;

function compile(source: string, operationName?: string) {
  const { schema } = createTestSchema();
  expect(validate(schema, parse(source)).map(({ message }) => message)).toEqual([]);
  return getTwice(new CompiledOperations(schema, 10), source, operationName);
}

/** What is there when a document comes for the second time, which is when it is compiled. */
function getTwice(operations: CompiledOperations, source: string, operationName?: string) {
  operations.get(source, source, operationName);
  return operations.get(source, source, operationName);
}

async function runCompiled(source: string, variables: Variables): Promise<ExecutionResult | undefined> {
  const operation = compile(source);
  const coerced = operation?.coerce(variables);
  return coerced && operation?.execute(contextValue, coerced);
}

async function runPlainly(source: string, variables: Variables): Promise<ExecutionResult> {
  const { schema } = createTestSchema();
  return execute({ schema, document: parse(source), variableValues: variables, contextValue });
}

/** Plain data, free of null prototypes, with errors in an order of their own. */
function comparable(result: ExecutionResult | undefined): unknown {
  const errors = result?.errors?.map(({ message, path }) => JSON.stringify({ message, path })).sort();
  return JSON.parse(JSON.stringify({ data: result?.data, errors }));
}

describe('a compiled operation', () => {
  test.each<[string, Variables]>([
    ['{ user notes { id text mood at author { name } } }', {}],
    ['query ($id: ID!) { note(id: $id) { id } }', { id: 7 }],
    ['query ($count: Int! = 9) { echo(count: $count) }', {}],
    ['{ echo(text: "a") again: echo(count: 1) x: node { id } n: echo(numbers: [1, 2]) }', {}],
    ['query ($mood: Mood = WILD) { echo(mood: $mood) }', {}],
    ['query ($mood: Mood) { echo(mood: $mood) }', { mood: 'WILD' }],
    ['query ($at: Instant) { echo(at: $at) }', { at: '2026-01-02T03:04:05Z' }],
    ['query ($numbers: [Int!]) { echo(numbers: $numbers) }', { numbers: 5 }],
    [
      'query ($input: NoteInput!) { echo(input: $input) }',
      { input: { text: 'a', at: '2026-01-02T03:04:05Z', parent: { text: 'b', mood: 'WILD', tags: 'c' } } },
    ],
    ['query ($text: String) { echo(text: $text) }', { text: null }],
    ['query ($text: String) { echo(text: $text) }', {}],
    ['query ($count: Int = 5) { echo(count: $count) }', { count: null }],
    ['query ($flag: Boolean) { echo(flag: $flag) }', { flag: true }],
    ['{ search { __typename ... on Note { text } ... on Author { name } } node { id } }', {}],
    [
      '{ notes { ...N author { ...A } } node { ...A } } fragment N on Note { id } fragment A on Author { name }',
      {},
    ],
    ['mutation { a: write(text: "1") b: write(text: "2") }', {}],
  ])('answers as graphql-js does: %s %o', async (source, variables) => {
    expect(comparable(await runCompiled(source, variables))).toEqual(
      comparable(await runPlainly(source, variables)),
    );
  });

  test.each([
    '{ notes { missing } user }',
    '{ note(id: 1) { strictReply { strictReply { missing } } } user }',
    '{ notes { author { notes { missing } } } }',
    '{ search { ... on Note { missing } __typename } user }',
    '{ strictCrash user }',
    '{ crash user notes { crash wrongMood } }',
  ])('carries null upwards as graphql-js does: %s', async (source) => {
    const compiled = await runCompiled(source, {});
    const plain = await runPlainly(source, {});

    expect(compiled?.errors?.length).toBeGreaterThan(0);
    expect(comparable(compiled)).toEqual(comparable(plain));
  });

  test('answers as graphql-js does for any selection', async () => {
    await fc.assert(
      fc.asyncProperty(anyQuery(), async (source) => {
        const compiled = await runCompiled(source, {});
        const plain = await runPlainly(source, {});
        expect(comparable({ data: compiled?.data ?? null })).toEqual(
          comparable({ data: plain.data ?? null }),
        );
        expect(compiled?.errors === undefined).toBe(plain.errors === undefined);
      }),
      { numRuns: 60 },
    );
  });

  test('refuses variables that are wrong, before it runs anything', () => {
    const operation = compile('mutation ($text: String!) { write(text: $text) }');

    expect(operation?.coerce({ text: 'a' })).toEqual({ text: 'a' });
    expect(operation?.coerce({ text: 1 })).toBeUndefined();
    expect(operation?.coerce({})).toBeUndefined();
  });

  test('is the one that was named', async () => {
    const source = 'query A { user } query B { echo }';
    const operation = compile(source, 'B');

    expect(await operation?.execute(contextValue, {})).toEqual({ data: { echo: '{"count":3}' } });
    expect(compile(source, 'C')).toBeUndefined();
    expect(compile(source)).toBeUndefined();
  });
});

describe('what graphql-jit would get wrong', () => {
  const mark = '__MAGIC_DATE__33a9e76d_02e0_4128_8e92_3530ad3da74d';

  test('is real: it runs text of the caller as code', async () => {
    const { compileQuery, isCompiledQuery } = await import('graphql-jit');
    const { schema } = createTestSchema();
    const compiled = compileQuery(schema, parse(`{ echo(text: "${mark}0),x:(globalThis.ran=1") }`));

    if (!isCompiledQuery(compiled))
      throw new Error('graphql-jit refuses this now; its mark may have changed');
    await compiled.query(undefined, contextValue, {});
    expect(globalThis).toHaveProperty('ran', 1);
    Reflect.deleteProperty(globalThis, 'ran');
  });

  test.each([
    ['text that it would run as code', `{ echo(text: "${mark}0),x:(globalThis.ran=1") }`],
    ['the same, escaped', `{ echo(text: "\\u005f${mark.slice(1)}0),x:(globalThis.ran=1") }`],
    ['the same, in a block string', `{ echo(text: """${mark}0),x:(globalThis.ran=1""") }`],
    ['the same, deeper', `{ echo(input: { text: "", tags: ["${mark}0),x:(globalThis.ran=1"] }) }`],
    ['an alias that sets a prototype', '{ __proto__: note(id: 1) { toString: id } }'],
    ['a literal of a custom scalar', '{ echo(at: "2026-01-02T03:04:05Z") }'],
    [
      'a literal of a custom scalar in an object',
      '{ echo(input: { text: "a", at: "2026-01-02T03:04:05Z" }) }',
    ],
    ['a variable in an object', 'query ($tags: [String!]) { echo(input: { text: "a", tags: $tags }) }'],
    ['a variable in a list', 'query ($number: Int!) { echo(numbers: [1, $number]) }'],
    ['a condition on a fragment', '{ ...F @include(if: false) ...F } fragment F on Query { user }'],
    ['introspection of the schema', getIntrospectionQuery()],
    ['introspection of a type', '{ __type(name: "AlreadyCoerced") { name } }'],
  ])('is left to graphql-js: %s', (_name, source) => {
    expect(compile(source)).toBeUndefined();
  });

  test('is left to graphql-js: fragments that double at every level', () => {
    const levels = Array.from(
      { length: 40 },
      (_, i) => `fragment F${i} on Note { a: strictReply { ...F${i + 1} } b: strictReply { ...F${i + 1} } }`,
    );
    const source = `{ note(id: 1) { ...F0 } } ${levels.join(' ')} fragment F40 on Note { id }`;
    const { schema } = createTestSchema();

    expect(getTwice(new CompiledOperations(schema, 1), source)).toBeUndefined();
  });
});

describe('the store of compiled operations', () => {
  const { schema } = createTestSchema();
  const selecting = (fields: number) =>
    `{ ${Array.from({ length: fields }, (_, i) => `f${i}: user`).join(' ')} }`;

  test('compiles a document when it comes for the second time', () => {
    const operations = new CompiledOperations(schema, 10);

    expect(operations.get('hash', '{ user }', undefined)).toBeUndefined();
    expect(operations.get('other hash', '{ echo }', undefined)).toBeUndefined();
    expect(operations.get('hash', '{ user }', undefined)).toBeDefined();
  });

  test('keeps nothing of a thousand documents that come once, and forgets the first of them', () => {
    const operations = new CompiledOperations(schema, 10);
    for (let i = 0; i <= 1_000; i++) operations.get(`hash ${i}`, '{ user }', undefined);

    expect(operations.size).toBe(0);
    expect(operations.get('hash 1', '{ user }', undefined)).toBeDefined();
    expect(operations.get('hash 0', '{ user }', undefined)).toBeUndefined();
  });

  test('keeps no more than it was told to', () => {
    const operations = new CompiledOperations(schema, 3);
    for (let i = 0; i < 10; i++) getTwice(operations, `{ echo(count: ${i}) }`);

    expect(operations.size).toBe(3);
  });

  test('keeps the fewer operations, the more fields they have with their fragments written out', () => {
    const operations = new CompiledOperations(schema, 1_000);
    const spreads = Array.from({ length: 14 }, (_, i) => `n${i}: note(id: 1) { ...F }`).join(' ');
    const fragment = 'fragment F on Note { id text mood at a: id b: id c: id d: id e: id f: id g: id h: id }';
    const fields = 14 * (1 + 12);
    const total = Math.ceil(MAX_WEIGHT / fields) + 5;
    for (let i = 0; i < total; i++) getTwice(operations, `query Q${i} { ${spreads} } ${fragment}`);

    expect(operations.size).toBeLessThanOrEqual(MAX_WEIGHT / fields);
    expect(operations.size).toBeGreaterThan(0.9 * (MAX_WEIGHT / fields));
  });

  test('keeps the fewer operations, the longer their documents are', () => {
    const operations = new CompiledOperations(schema, 2_000);
    const text = 'x'.repeat(MAX_CHARACTERS - 50);
    for (let i = 0; i < 1_200; i++) getTwice(operations, `{ echo(text: "${i} ${text}") }`);

    expect(operations.size).toBeGreaterThan(500);
    expect(operations.size).toBeLessThan(1_050);
  });

  test('compiles no operation of more fields than its bound', () => {
    const operations = new CompiledOperations(schema, 10);

    expect(getTwice(operations, selecting(MAX_FIELDS))).toBeDefined();
    expect(getTwice(operations, selecting(MAX_FIELDS + 1))).toBeUndefined();
  });

  test('neither compiles nor remembers a document, or a name, that is too long', () => {
    const operations = new CompiledOperations(schema, 10);
    const ofLength = (length: number) => '{ user }'.padEnd(length);

    expect(getTwice(operations, ofLength(MAX_CHARACTERS))).toBeDefined();
    expect(getTwice(operations, ofLength(MAX_CHARACTERS + 1))).toBeUndefined();
    getTwice(operations, '{ user }', 'x'.repeat(MAX_CHARACTERS));
    expect(operations.size).toBe(1);
  });

  test('compiles a document once for each operation name', () => {
    const operations = new CompiledOperations(schema, 10);
    const source = 'query A { user } query B { echo }';
    const first = getTwice(operations, source, 'A');

    expect(first).toBeDefined();
    expect(getTwice(operations, source, 'A')).toBe(first);
    expect(getTwice(operations, source, 'B')).toBeDefined();
    expect(getTwice(operations, source, 'B')).not.toBe(first);
  });
});

/** Valid queries over the test schema, three levels deep, with aliases, lists, unions and failing fields. */
function anyQuery(): fc.Arbitrary<string> {
  const leaves = fc.constantFrom('id', '__typename', 'text', 'mood', 'at', 'crash', 'missing', 'wrongMood');
  const noteAt = (depth: number): fc.Arbitrary<string> =>
    depth === 0
      ? leaves
      : fc.oneof(
          { weight: 3, arbitrary: leaves },
          selection(noteAt(depth - 1)).map((inner) => `strictReply ${inner}`),
          selection(noteAt(depth - 1)).map((inner) => `many: replies(first: 2) ${inner}`),
          selection(noteAt(depth - 1)).map((inner) => `author { name notes ${inner} }`),
          selection(noteAt(depth - 1)).map((inner) => `... on Note ${inner}`),
        );
  const root = fc.oneof(
    fc.constantFrom('user', 'crash', 'strictCrash', 'refuse', 'echo(text: "a", count: 1)'),
    selection(noteAt(2)).map((inner) => `notes ${inner}`),
    selection(noteAt(2)).map((inner) => `note(id: 1) ${inner}`),
    selection(noteAt(2)).map((inner) => `search { __typename ... on Note ${inner} ... on Author { name } }`),
  );
  return selection(root);
}

function selection(field: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .uniqueArray(field, { minLength: 1, maxLength: 4, selector: (text) => /^[\w.]+/.exec(text)?.[0] })
    .map((fields) => `{ ${fields.join(' ')} }`);
}
