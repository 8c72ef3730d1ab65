import { buildSchema } from 'graphql';
import { describe, expect, it } from 'vitest';
import { createSchema } from '../../../src/graphql/schema.js';
import { SCHEMA_RULES } from '../../support/schema-lint.js';

const schema = createSchema();

/** A schema that breaks exactly one rule, and where. */
const BROKEN: Record<keyof typeof SCHEMA_RULES, readonly [sdl: string, coordinates: readonly string[]]> = {
  'root fields are nullable': ['type Query { a: Int! b: [Int!] }', ['Query.a']],
  'mutations take one input': [
    `type Mutation { addA(input: AddAInput!): AddAPayload addB(a: Int): AddBPayload addC: AddCPayload addD(input: AddAInput!): AddDPayload }
     input AddAInput { a: Int } type AddAPayload { a: Int } type AddBPayload { a: Int } type AddCPayload { a: Int } type AddDPayload { a: Int }`,
    ['Mutation.addB', 'Mutation.addC', 'Mutation.addD'],
  ],
  'mutations return a payload': [
    'type Mutation { addA(input: AddAInput!): [Int!] addB(input: AddAInput!): Int } input AddAInput { a: Int }',
    ['Mutation.addA', 'Mutation.addB'],
  ],
  'a string is no enum elsewhere': [
    'type A { scope: Scope } type B { scope(scope: [String!]): String! scopes: String } enum Scope { LOCAL }',
    ['B.scope', 'B.scope(scope:)'],
  ],
  'arguments with a default accept null': [
    'type Query { a(limit: Int! = 20, first: Int = 20): Int } input I { n: Int! = 1 }',
    ['Query.a(limit:)', 'I.n'],
  ],
  'user keys are strings': [
    'type Query { a(userKey: ID, fromUserKey: String): Int } type A { userKey: ID! }',
    ['Query.a(userKey:)', 'A.userKey'],
  ],
  'type names are specific': ['type Job { a: Int } type BackgroundJob { a: Int }', ['Job']],
  'elements are described': [
    'type Query { "Described." a(b: Int): Int } "Described." enum E { A } scalar S',
    ['S', 'E.A', 'Query.a(b:)'],
  ],
};

describe.each(Object.entries(SCHEMA_RULES))('%s', (name, findProblems) => {
  it('in the schema', () => {
    expect(findProblems(schema)).toEqual([]);
  });

  it('or the rule names the elements', () => {
    const [sdl, coordinates] = BROKEN[name as keyof typeof SCHEMA_RULES];
    expect(findProblems(buildSchema(sdl))).toEqual(coordinates);
  });
});
