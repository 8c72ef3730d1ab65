import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestGateway, type TestGateway } from '../../support/test-gateway.js';

describe('the limits of an operation, at the whole gateway', () => {
  let gateway: TestGateway;
  const times = (count: number, text: (i: number) => string) =>
    `{ ${Array.from({ length: count }, (_, i) => text(i)).join(' ')} }`;

  beforeAll(async () => {
    gateway = await startTestGateway();
  });
  afterAll(() => gateway.close());

  test.each([
    ['in an operation that could be compiled', ''],
    ['in one that is left to graphql-js', ' @skip(if: false)'],
  ])('refuse a hundred aliased feeds before any of them runs, %s', async (_name, directive) => {
    gateway.statements.length = 0;
    const query = times(100, (i) => `f${i}: feed(userKey: "ada")${directive} { id }`);
    for (let attempt = 0; attempt < 3; attempt++) {
      const { status, data, errors } = await gateway.query(query);

      expect([status, data]).toEqual([400, undefined]);
      expect(errors?.map(({ message }) => /at most \d+/.exec(message)?.[0])).toEqual([
        'at most 60',
        'at most 10',
      ]);
      expect(errors?.map(({ extensions }) => extensions?.['code'])).toEqual(
        Array(2).fill('GRAPHQL_VALIDATION_FAILED'),
      );
    }
    expect(gateway.statements).toEqual([]);
  });

  test.each([
    ['depth', `{ feed { ${'hero { '.repeat(13)}id${' }'.repeat(13)} } }`, 'at most 12 levels'],
    ['aliases', `{ feed ${times(201, (i) => `a${i}: id`)} }`, 'at most 200'],
  ])('are told by name and number: %s', async (_name, query, message) => {
    const { status, errors } = await gateway.query(query);

    expect(status).toBe(400);
    expect(errors?.map((error) => error.message)).toContainEqual(expect.stringContaining(message));
  });

  test('allow fifty profiles, which are read together', async () => {
    const query = times(50, (i) => `p${i}: userProfile(userKey: "person-${i}") { userKey }`);
    for (let attempt = 0; attempt < 3; attempt++) {
      const { status, data, errors } = await gateway.query(query);

      expect([status, errors]).toEqual([200, undefined]);
      expect(Object.keys(data ?? {})).toHaveLength(50);
    }
  });

  test('allow ten feeds', async () => {
    const { status, errors } = await gateway.query(times(10, (i) => `f${i}: feed { id }`));

    expect([status, errors]).toEqual([200, undefined]);
  });
});
