import { readdirSync, readFileSync } from 'node:fs';
import {
  buildSchema,
  findBreakingChanges,
  findDangerousChanges,
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
import { readOperation } from '../../../src/graphql/packaged-operations.js';
import { printSdl } from '../../../src/graphql/print-sdl.js';
import { createSchema } from '../../../src/graphql/schema.js';

const folder = new URL('../../../schema/', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, folder), 'utf8');

const schema = createSchema();

it.each([
  ['schema.graphql', 'STAFF'],
  ['client.graphql', 'CLIENT'],
] as const)('the committed %s equals the running schema for %s', (file, role) => {
  expect(read(file)).toBe(printSdl(schema, role));
});

it.each([
  ['breaking', findBreakingChanges],
  ['dangerous', findDangerousChanges],
])('the schema has no %s change against the published one', (_kind, findChanges) => {
  expect(findChanges(buildSchema(read('published.graphql')), schema)).toEqual([]);
});

it('every type, field, argument and enum value has a description', () => {
  const described: [coordinate: string, description: string | null | undefined][] = [];
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith('__') || isSpecifiedScalarType(type)) continue;
    // The root types are defined by the GraphQL specification.
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
