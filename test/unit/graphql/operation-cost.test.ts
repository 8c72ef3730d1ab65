import { readFileSync } from 'node:fs';
import { buildSchema, getOperationAST, GraphQLError, parse, validate } from 'graphql';
import { describe, expect, it } from 'vitest';
import { readOperation } from '../../../src/graphql/packaged-operations.js';
import {
  FIELD_COSTS,
  ITEM_COSTS,
  LIST_LENGTHS,
  MAX_COST,
} from '../../../src/graphql/rules/operation-cost.js';
import { OperationLimits } from '../../../src/graphql/rules/operation-limits.js';

const schema = buildSchema(readFileSync(new URL('../../../schema/schema.graphql', import.meta.url), 'utf8'));
const limits = new OperationLimits(schema);

function check(source: string, variables: Record<string, unknown> = {}) {
  const document = parse(source);
  expect(validate(schema, document)).toEqual([]);
  const operation = getOperationAST(document);
  if (!operation) throw new Error('The document must have one operation.');
  return limits.check(document, operation, variables);
}

function costOf(source: string, variables?: Record<string, unknown>): number {
  const checked = check(source, variables);
  if (checked instanceof GraphQLError) throw checked;
  return checked.cost;
}

const strings = (count: number) => Array.from({ length: count }, (_, index) => `m${index}`);

describe('the cost of an operation', () => {
  it.each<[what: string, query: string, cost: number]>([
    ['a field', '{ __typename }', 100 + 1],
    ['a root field with fields', '{ market(id: "a") { id title } }', 100 + 1 + 2],
    ['an alias like a field', '{ a: market(id: "a") { id } b: market(id: "b") { id } }', 100 + 2 * 2],
    [
      'selections of one response name once',
      '{ market(id: "a") { id } market(id: "a") { id title } ...M ...M } fragment M on Query { market(id: "a") { title } }',
      100 + 1 + 2,
    ],
    ['a list by its default', '{ trending { markets { market { id } } } }', 100 + 50 + 1 + 20 * 2],
    ['a list by its argument', '{ trending(limit: 7) { markets { market { id } } } }', 100 + 50 + 1 + 7 * 2],
    [
      'a list by the length of an argument',
      '{ marketsByIds(ids: ["a", "b", "c"]) { id title } }',
      100 + 1 + 3 + 3 * 2,
    ],
    [
      'the sections of a feed',
      '{ feed(limit: 40) { id hero { id } grid { id } stream { id } } }',
      100 + 200 + 1 + (1 + 1) + (1 + 9) + (1 + 40),
    ],
    [
      'a list within items as ten',
      '{ marketsByIds(ids: ["a", "b"]) { topics { label } } }',
      100 + 1 + 2 + 2 * (1 + 10 * 1),
    ],
    [
      'history points within items',
      '{ markets(first: 3) { nodes { history(points: 5) { at probability } } } }',
      100 + 300 + 1 + 3 * (50 + 5 * 2),
    ],
    [
      'expensive fields within items',
      '{ markets(first: 3) { nodes { description } } }',
      100 + 300 + 1 + 3 * 50,
    ],
  ])('counts %s', (_what, query, cost) => {
    expect(costOf(query)).toBe(cost);
  });

  it.each<[what: string, query: string, variables: Record<string, unknown>, cost: number]>([
    [
      'a number',
      'query ($n: Int) { trending(limit: $n) { markets { market { id } } } }',
      { n: 50 },
      100 + 50 + 1 + 50 * 2,
    ],
    [
      'its default',
      'query ($n: Int = 30) { trending(limit: $n) { markets { market { id } } } }',
      {},
      100 + 50 + 1 + 30 * 2,
    ],
    [
      'the length of a list',
      'query ($ids: [ID!]!) { marketsByIds(ids: $ids) { id } }',
      { ids: strings(40) },
      100 + 1 + 40 + 40,
    ],
    [
      'the items of an input object',
      'mutation ($input: TrackInteractionsInput!) { trackInteractions(input: $input) { recordedCount } }',
      { input: { interactions: strings(30) } },
      100 + 1 + 30 * 50 + 1,
    ],
  ])('counts a variable: %s', (_what, query, variables, cost) => {
    expect(costOf(query, variables)).toBe(cost);
  });

  it('is the same for an operation with literals and with variables', () => {
    const selection = '{ nodes { id history(points: 20) { at } topics { label } } }';
    const literal = costOf(`{ markets(first: 25) ${selection} }`);
    expect(costOf(`query ($n: Int) { markets(first: $n) ${selection} }`, { n: 25 })).toBe(literal);
  });

  it.each([
    ['a fractional number', 1.5],
    ['a huge number', 1e308],
    ['a negative number', -1e308],
    ['text', 'many'],
    ['null', null],
  ])('is finite for %s in a variable, before the variable is validated', (_what, n) => {
    const query =
      'query ($n: Int) { markets(first: $n) { nodes { history(points: $n) { at } } } trending(limit: $n) { scope } }';
    const checked = check(query, { n });
    if (checked instanceof GraphQLError) expect(checked.message).not.toMatch(/NaN|Infinity/);
    else expect(checked.cost).toBeGreaterThan(0);
  });

  it('is rejected above the maximum, from variables too', () => {
    const aliases = Array.from({ length: 60 }, (_, i) => `a${i}: description`).join(' ');
    const query = `query ($n: Int) { markets(first: $n) { nodes { ${aliases} } } }`;
    expect(costOf(query, { n: 80 })).toBe(100 + 300 + 1 + 80 * 60 * 50);
    expect(check(query, { n: 100 })).toMatchObject({
      message: `The operation costs 300401 points, more than ${MAX_COST}. Select fewer fields, or lower first, limit, or points.`,
      extensions: { code: 'LIMIT_EXCEEDED' },
    });
  });

  it('of the packaged feed is about a thousand points', async () => {
    expect(costOf(await readOperation('feed'))).toBe(941);
  });
});

describe('the tables of costs', () => {
  it('name only fields of the schema', () => {
    const named = [...Object.keys(FIELD_COSTS), ...Object.keys(ITEM_COSTS), ...Object.keys(LIST_LENGTHS)];
    for (const coordinate of named.filter((name) => !name.startsWith('__'))) {
      const [type = '', field = ''] = coordinate.split('.');
      const definition = schema.getType(type);
      expect(
        definition && 'getFields' in definition && definition.getFields()[field],
        coordinate,
      ).toBeTruthy();
    }
  });
});
