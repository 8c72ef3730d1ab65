import { readdirSync, readFileSync } from 'node:fs';
import {
  buildSchema,
  DangerousChangeType,
  findBreakingChanges,
  findDangerousChanges,
  parse,
  validate,
  validateSchema,
  type GraphQLSchema,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { readOperation } from '../../../src/graphql/packaged-operations.js';
import { ROLES } from '../../../src/auth/viewer.js';
import { printSdl } from '../../../src/graphql/print-sdl.js';
import { createSchema } from '../../../src/graphql/schema.js';

const folder = new URL('../../../schema/', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, folder), 'utf8');

const schema = createSchema();

it.each([
  ['schema.graphql', undefined],
  ['client.graphql', 'CLIENT'],
] as const)('the committed %s equals the running schema for %s', (file, role) => {
  expect(read(file)).toBe(printSdl(schema, role));
});

it.each(ROLES)('the schema for %s is valid SDL', (role) => {
  const parsed = buildSchema(printSdl(schema, role));
  expect(validateSchema(parsed)).toEqual([]);
  expect(parsed.getDirective('access')).toBeDefined();
});

/** Changes that any minor version may make. */
const ALLOWED: ReadonlySet<DangerousChangeType> = new Set([
  DangerousChangeType.VALUE_ADDED_TO_ENUM,
  DangerousChangeType.OPTIONAL_ARG_ADDED,
  DangerousChangeType.OPTIONAL_INPUT_FIELD_ADDED,
]);

const forbiddenChanges = (before: GraphQLSchema, after: GraphQLSchema) => [
  ...findBreakingChanges(before, after),
  ...findDangerousChanges(before, after).filter(({ type }) => !ALLOWED.has(type)),
];

it('the schema has no change against the published one that breaks clients', () => {
  expect(forbiddenChanges(buildSchema(read('published.graphql')), schema)).toEqual([]);
});

it.each([
  [
    'a value of an output enum',
    'enum E { A B } input I { a: Int } type Query { e(i: I, n: Int = 1): E }',
    [],
  ],
  ['an argument', 'enum E { A } input I { a: Int } type Query { e(i: I, n: Int = 1, j: Int): E }', []],
  ['an input field', 'enum E { A } input I { a: Int b: Int } type Query { e(i: I, n: Int = 1): E }', []],
  [
    'a required argument',
    'enum E { A } input I { a: Int } type Query { e(i: I, n: Int = 1, j: Int!): E }',
    ['REQUIRED_ARG_ADDED'],
  ],
  [
    'another default',
    'enum E { A } input I { a: Int } type Query { e(i: I, n: Int = 2): E }',
    ['ARG_DEFAULT_VALUE_CHANGE'],
  ],
])('breaks clients or not: %s', (_change, after, found) => {
  const before = 'enum E { A } input I { a: Int } type Query { e(i: I, n: Int = 1): E }';
  expect(forbiddenChanges(buildSchema(before), buildSchema(after)).map(({ type }) => type)).toEqual(found);
});

describe('the packaged operations', () => {
  const files = ['operations/', 'operations/staff/'].flatMap((path) =>
    readdirSync(new URL(path, folder), { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => `${path}${name}`),
  );

  it('are more than five files, all of them GraphQL documents', () => {
    expect(files.length).toBeGreaterThan(5);
    expect(files.filter((file) => !file.endsWith('.graphql'))).toEqual([]);
  });

  it.each(files)('are valid: %s', async (file) => {
    const role = file.includes('staff/') ? schema : buildSchema(read('client.graphql'));
    const operation = await readOperation(file.replace('operations/', '').replace('.graphql', ''));
    expect(validate(role, parse(operation))).toEqual([]);
  });
});
