import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestGateway, type TestGateway } from '../../support/test-gateway.js';

describe('the operation limits of the gateway', () => {
  let gateway: TestGateway;
  const times = (count: number, text: (i: number) => string) =>
    `{ ${Array.from({ length: count }, (_, i) => text(i)).join(' ')} }`;

  beforeAll(async () => {
    gateway = await startTestGateway();
  });
  afterAll(() => gateway.close());

  test.each([
    ['that graphql-jit could compile', ''],
    ['left to graphql-js', ' @skip(if: false)'],
  ])('reject an operation with 100 aliased feeds before any of them runs, %s', async (_name, directive) => {
    gateway.statements.length = 0;
    const query = times(100, (i) => `f${i}: feed(userKey: "ada")${i === 0 ? directive : ''} { id }`);
    for (let attempt = 0; attempt < 3; attempt++) {
      const { status, data, errors } = await gateway.query(query);

      expect([status, data]).toEqual([400, undefined]);
      expect(errors?.map(({ message }) => /more than \d+/.exec(message)?.[0])).toEqual([
        'more than 60',
        'more than 10',
      ]);
      expect(errors?.map(({ extensions }) => extensions?.['code'])).toEqual(Array(2).fill('LIMIT_EXCEEDED'));
    }
    expect(gateway.statements).toEqual([]);
  });

  test.each([
    ['depth', `{ feed { ${'hero { '.repeat(13)}id${' }'.repeat(13)} } }`, 'more than 12 levels'],
    ['tokens', times(2_000, () => 'market'), 'more than 2000 tokens'],
    ['aliases', `{ feed ${times(201, (i) => `a${i}: id`)} }`, 'more than 200'],
  ])('are named in the error message: %s', async (_name, query, message) => {
    const { status, errors } = await gateway.query(query);

    expect(status).toBe(400);
    expect(errors).toContainEqual(
      expect.objectContaining({
        message: expect.stringContaining(message) as string,
        extensions: { code: 'LIMIT_EXCEEDED' },
      }),
    );
  });

  test('count list items in variables before any of them is written', async () => {
    gateway.statements.length = 0;
    const event = { userKey: 'ada', marketId: 'm1', eventType: 'CLICK' };
    const fields = times(5, (i) => `b${i}: trackInteractions(input: $input) { recordedCount }`);
    const input = { interactions: Array.from({ length: 401 }, () => event) };
    for (let attempt = 0; attempt < 3; attempt++) {
      const { status, data, errors } = await gateway.query(
        `mutation ($input: TrackInteractionsInput!) ${fields}`,
        { input },
      );

      expect([status, data]).toEqual([400, undefined]);
      expect(errors).toMatchObject([
        {
          message: expect.stringContaining('sends or requests 2005 list items, more than 2000') as string,
          extensions: { code: 'LIMIT_EXCEEDED' },
        },
      ]);
    }
    expect(gateway.statements).toEqual([]);
  });

  test('accept 50 profiles, which are read in one batch', async () => {
    const query = times(50, (i) => `p${i}: userProfile(userKey: "user-${i}") { userKey }`);
    for (let attempt = 0; attempt < 3; attempt++) {
      const { status, data, errors } = await gateway.query(query);

      expect([status, errors]).toEqual([200, undefined]);
      expect(Object.keys(data ?? {})).toHaveLength(50);
    }
  });

  test('accept 10 feeds', async () => {
    const { status, errors } = await gateway.query(times(10, (i) => `f${i}: feed { id }`));

    expect([status, errors]).toEqual([200, undefined]);
  });
});
