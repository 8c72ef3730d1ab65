import { readdirSync, readFileSync } from 'node:fs';
import { buildSchema, findBreakingChanges, findDangerousChanges, parse, validate } from 'graphql';
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
