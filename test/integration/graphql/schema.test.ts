import { readdirSync, readFileSync } from 'node:fs';
import {
  buildSchema,
  findBreakingChanges,
  isEnumType,
  isInputObjectType,
  isObjectType,
  isSpecifiedScalarType,
  parse,
  validate,
  type GraphQLField,
  type GraphQLInputField,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { createSchema, printSdl } from '../../../src/graphql/schema.js';

const folder = new URL('../../../schema/', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, folder), 'utf8');

const schema = createSchema();

it('is committed as it runs; `bellwether schema` prints it', () => {
  expect(read('schema.graphql')).toBe(printSdl(schema));
});

it('breaks nothing that was published', () => {
  expect(findBreakingChanges(buildSchema(read('published.graphql')), schema)).toEqual([]);
});

it('describes every type, field, argument and value', () => {
  const described: [coordinate: string, description: string | null | undefined][] = [];
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith('__') || isSpecifiedScalarType(type)) continue;
    // What the root types are for, GraphQL itself says.
    if (
      ![schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].some(
        (root) => root === type,
      )
    ) {
      described.push([type.name, type.description]);
    }
    const fieldsByName: Record<string, GraphQLField<unknown, unknown> | GraphQLInputField> =
      isObjectType(type) || isInputObjectType(type) ? type.getFields() : {};
    for (const field of Object.values(fieldsByName)) {
      const coordinate = `${type.name}.${field.name}`;
      described.push([coordinate, field.description]);
      const args = 'args' in field ? field.args : [];
      for (const { name, description } of args) described.push([`${coordinate}(${name}:)`, description]);
    }
    const values = isEnumType(type) ? type.getValues() : [];
    for (const { name, description } of values) described.push([`${type.name}.${name}`, description]);
  }
  expect(described.length).toBeGreaterThan(150);
  expect(described.filter(([, description]) => !/\S/.test(description ?? ''))).toEqual([]);
});

describe('the operations of a frontend', () => {
  const files = readdirSync(new URL('operations/', folder));

  it('are all documents of GraphQL, and there are some', () => {
    expect(files.length).toBeGreaterThan(5);
    expect(files.filter((file) => !file.endsWith('.graphql'))).toEqual([]);
  });

  it.each(files)('are valid: %s', (file) => {
    expect(validate(schema, parse(read(`operations/${file}`)))).toEqual([]);
  });
});
