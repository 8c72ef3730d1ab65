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
  return requestTwice(new CompiledOperations(schema, 10), source, operationName);
}

/** Returns the result of the second request, which compiles the operation. */
function requestTwice(operations: CompiledOperations, source: string, operationName?: string) {
  operations.get(source, source, operationName);
  return operations.get(source, source, operationName);
}

async function runCompiled(source: string, variables: Variables): Promise<ExecutionResult | undefined> {
  const operation = compile(source);
  const coerced = operation?.coerce(variables);
  return coerced && operation?.execute(contextValue, coerced);
}

async function runWithGraphqlJs(source: string, variables: Variables): Promise<ExecutionResult> {
  const { schema } = createTestSchema();
  return execute({ schema, document: parse(source), variableValues: variables, contextValue });
}

/** Plain data without null prototypes, with sorted errors. */
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
  ])('returns the same result as graphql-js: %s %o', async (source, variables) => {
    expect(comparable(await runCompiled(source, variables))).toEqual(
      comparable(await runWithGraphqlJs(source, variables)),
    );
  });

  test.each([
    '{ notes { missing } user }',
    '{ note(id: 1) { strictReply { strictReply { missing } } } user }',
    '{ notes { author { notes { missing } } } }',
    '{ search { ... on Note { missing } __typename } user }',
    '{ strictCrash user }',
    '{ crash user notes { crash wrongMood } }',
  ])('propagates null as graphql-js does: %s', async (source) => {
    const compiled = await runCompiled(source, {});
    const expected = await runWithGraphqlJs(source, {});

    expect(compiled?.errors?.length).toBeGreaterThan(0);
    expect(comparable(compiled)).toEqual(comparable(expected));
  });

  test('returns the same result as graphql-js for any selection', async () => {
    await fc.assert(
      fc.asyncProperty(anyQuery(), async (source) => {
        const compiled = await runCompiled(source, {});
        const expected = await runWithGraphqlJs(source, {});
        expect(comparable({ data: compiled?.data ?? null })).toEqual(
          comparable({ data: expected.data ?? null }),
        );
        expect(compiled?.errors === undefined).toBe(expected.errors === undefined);
      }),
      { numRuns: 60 },
    );
  });

  test('rejects invalid variables before it runs a resolver', () => {
    const operation = compile('mutation ($text: String!) { write(text: $text) }');

    expect(operation?.coerce({ text: 'a' })).toEqual({ text: 'a' });
    expect(operation?.coerce({ text: 1 })).toBeUndefined();
    expect(operation?.coerce({})).toBeUndefined();
  });

  test('is the operation with the requested name', async () => {
    const source = 'query A { user } query B { echo }';
    const operation = compile(source, 'B');

    expect(await operation?.execute(contextValue, {})).toEqual({ data: { echo: '{"count":3}' } });
    expect(compile(source, 'C')).toBeUndefined();
    expect(compile(source)).toBeUndefined();
  });
});

describe('a defect of graphql-jit', () => {
  const marker = '__MAGIC_DATE__33a9e76d_02e0_4128_8e92_3530ad3da74d';

  test('exists: it runs text of the client as code', async () => {
    const { compileQuery, isCompiledQuery } = await import('graphql-jit');
    const { schema } = createTestSchema();
    const compiled = compileQuery(schema, parse(`{ echo(text: "${marker}0),x:(globalThis.ran=1") }`));

    if (!isCompiledQuery(compiled))
      throw new Error('graphql-jit rejects the document. Its marker may have changed.');
    await compiled.query(undefined, contextValue, {});
    expect(globalThis).toHaveProperty('ran', 1);
    Reflect.deleteProperty(globalThis, 'ran');
  });

  test.each([
    ['text that runs as code', `{ echo(text: "${marker}0),x:(globalThis.ran=1") }`],
    ['text that runs as code, escaped', `{ echo(text: "\\u005f${marker.slice(1)}0),x:(globalThis.ran=1") }`],
    ['text that runs as code, in a block string', `{ echo(text: """${marker}0),x:(globalThis.ran=1""") }`],
    [
      'text that runs as code, in a nested list',
      `{ echo(input: { text: "", tags: ["${marker}0),x:(globalThis.ran=1"] }) }`,
    ],
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
  ])('leaves the document to graphql-js: %s', (_name, source) => {
    expect(compile(source)).toBeUndefined();
  });

  test('leaves fragments that double at every level to graphql-js', () => {
    const levels = Array.from(
      { length: 40 },
      (_, i) => `fragment F${i} on Note { a: strictReply { ...F${i + 1} } b: strictReply { ...F${i + 1} } }`,
    );
    const source = `{ note(id: 1) { ...F0 } } ${levels.join(' ')} fragment F40 on Note { id }`;
    const { schema } = createTestSchema();

    expect(requestTwice(new CompiledOperations(schema, 1), source)).toBeUndefined();
  });
});

describe('the cache of compiled operations', () => {
  const { schema } = createTestSchema();
  const selectionOf = (fields: number) =>
    `{ ${Array.from({ length: fields }, (_, i) => `f${i}: user`).join(' ')} }`;

  test('compiles a document on its second request', () => {
    const operations = new CompiledOperations(schema, 10);

    expect(operations.get('hash', '{ user }', undefined)).toBeUndefined();
    expect(operations.get('other hash', '{ echo }', undefined)).toBeUndefined();
    expect(operations.get('hash', '{ user }', undefined)).toBeDefined();
  });

  test('compiles none of 1,001 documents requested once, and counts the requests of the last 1,000', () => {
    const operations = new CompiledOperations(schema, 10);
    for (let i = 0; i <= 1_000; i++) operations.get(`hash ${i}`, '{ user }', undefined);

    expect(operations.size).toBe(0);
    expect(operations.get('hash 1', '{ user }', undefined)).toBeDefined();
    expect(operations.get('hash 0', '{ user }', undefined)).toBeUndefined();
  });

  test('contains at most the configured number of operations', () => {
    const operations = new CompiledOperations(schema, 3);
    for (let i = 0; i < 10; i++) requestTwice(operations, `{ echo(count: ${i}) }`);

    expect(operations.size).toBe(3);
  });

  test('contains fewer operations, the more fields they have with expanded fragments', () => {
    const operations = new CompiledOperations(schema, 1_000);
    const spreads = Array.from({ length: 14 }, (_, i) => `n${i}: note(id: 1) { ...F }`).join(' ');
    const fragment = 'fragment F on Note { id text mood at a: id b: id c: id d: id e: id f: id g: id h: id }';
    const fields = 14 * (1 + 12);
    const total = Math.ceil(MAX_WEIGHT / fields) + 5;
    for (let i = 0; i < total; i++) requestTwice(operations, `query Q${i} { ${spreads} } ${fragment}`);

    expect(operations.size).toBeLessThanOrEqual(MAX_WEIGHT / fields);
    expect(operations.size).toBeGreaterThan(0.9 * (MAX_WEIGHT / fields));
  });

  test('contains fewer operations, the longer their documents are', () => {
    const operations = new CompiledOperations(schema, 2_000);
    const text = 'x'.repeat(MAX_CHARACTERS - 50);
    for (let i = 0; i < 1_200; i++) requestTwice(operations, `{ echo(text: "${i} ${text}") }`);

    expect(operations.size).toBeGreaterThan(500);
    expect(operations.size).toBeLessThan(1_050);
  });

  test('compiles no operation with more than the maximum number of fields', () => {
    const operations = new CompiledOperations(schema, 10);

    expect(requestTwice(operations, selectionOf(MAX_FIELDS))).toBeDefined();
    expect(requestTwice(operations, selectionOf(MAX_FIELDS + 1))).toBeUndefined();
  });

  test('neither compiles nor caches a document or operation name above the maximum length', () => {
    const operations = new CompiledOperations(schema, 10);
    const ofLength = (length: number) => '{ user }'.padEnd(length);

    expect(requestTwice(operations, ofLength(MAX_CHARACTERS))).toBeDefined();
    expect(requestTwice(operations, ofLength(MAX_CHARACTERS + 1))).toBeUndefined();
    requestTwice(operations, '{ user }', 'x'.repeat(MAX_CHARACTERS));
    expect(operations.size).toBe(1);
  });

  test('compiles a document once for each operation name', () => {
    const operations = new CompiledOperations(schema, 10);
    const source = 'query A { user } query B { echo }';
    const first = requestTwice(operations, source, 'A');

    expect(first).toBeDefined();
    expect(requestTwice(operations, source, 'A')).toBe(first);
    expect(requestTwice(operations, source, 'B')).toBeDefined();
    expect(requestTwice(operations, source, 'B')).not.toBe(first);
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
    fc.constantFrom('user', 'crash', 'strictCrash', 'reject', 'echo(text: "a", count: 1)'),
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
