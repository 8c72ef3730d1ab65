import type { ApolloServerPlugin } from '@apollo/server';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { SECRET, type TestContext } from '../../support/test-schema.js';
import { postGraphQL, startTestHttpServer, type TestHttpServer } from '../../support/test-http-server.js';

/** Tells whether graphql-js ran an operation in place of the compiled one. */
function plainRuns(): ApolloServerPlugin<TestContext> & { count: number } {
  const plugin = {
    count: 0,
    requestDidStart: () =>
      Promise.resolve({
        executionDidStart: () => {
          plugin.count++;
          return Promise.resolve();
        },
      }),
  };
  return plugin;
}

describe('POST /graphql', () => {
  const plain = plainRuns();
  let server: TestHttpServer;
  const post = (query: string, variables?: unknown, headers?: Record<string, string>) =>
    postGraphQL(server.url, { query, variables }, headers);
  /** What comes the second time, when an operation that can be compiled is. */
  const postAgain = async (query: string) => {
    await post(query);
    return post(query);
  };

  beforeAll(async () => {
    server = await startTestHttpServer({ plugins: [plain] });
  });
  afterAll(() => server.app.close());
  beforeEach(() => {
    plain.count = 0;
  });

  test('answers by the compiled operation from the second time on, with the context of the request', async () => {
    for (const plainly of [1, 1, 1]) {
      const { status, body } = await post('{ user }');
      expect({ status, body }).toEqual({ status: 200, body: { data: { user: 'ada' } } });
      expect(plain.count).toBe(plainly);
    }
  });

  test('answers by graphql-js what cannot be compiled', async () => {
    const { body } = await post('query ($yes: Boolean!) { user @include(if: $yes) }', { yes: true });

    expect(body).toEqual({ data: { user: 'ada' } });
    expect(plain.count).toBe(1);
  });

  test.each([
    ['the compiled operation', '{ crash user }'],
    ['graphql-js', '{ crash user @skip(if: false) }'],
  ])('masks a fault that %s meets, and logs it once under the id it answers', async (_name, query) => {
    await post(query);
    const before = server.log.length;
    const { status, headers, body } = await post(query);

    expect(status).toBe(200);
    expect(body.data).toEqual({ crash: null, user: 'ada' });
    const [error] = body.errors ?? [];
    const id = headers.get('x-request-id');
    expect(error?.message).toBe('Internal server error');
    expect(error?.path).toEqual(['crash']);
    expect(error?.extensions).toEqual({ code: 'INTERNAL_SERVER_ERROR', correlationId: id });
    expect(JSON.stringify(body)).not.toContain(SECRET);
    const logged = server.log.slice(before).filter(({ level }) => level >= 50);
    expect(logged.map(({ correlationId, err }) => [correlationId, err?.message])).toEqual([[id, SECRET]]);
  });

  test.each([
    ['refuse', { code: 'BAD_USER_INPUT', field: 'country' }, 'No such country.'],
    ['unavailable', { code: 'UNAVAILABLE', retryAfterMs: 250 }, 'Try again soon.'],
  ])('tells a client what a BellwetherError says: %s', async (field, extensions, message) => {
    for (const query of [`{ ${field} }`, `{ ${field} @skip(if: false) }`]) {
      const { status, body } = await postAgain(query);
      expect(status).toBe(200);
      expect(body.errors).toMatchObject([{ message, extensions }]);
    }
  });

  test('carries null to the nearest field that may be null, and to the top when none may', async () => {
    const nested = await postAgain('{ note(id: "1") { strictReply { missing } } user }');
    expect(nested.body.data).toEqual({ note: null, user: 'ada' });
    const top = await postAgain('{ notes { missing } user }');
    expect([top.status, top.body.data]).toEqual([200, null]);
  });

  test('runs a mutation once, whether it fails or not', async () => {
    const write = 'mutation ($text: String!, $fail: Boolean) { write(text: $text, thenCrash: $fail) }';
    await post(write, { text: 'fails', fail: true });
    await post(write, { text: 'works' });
    await post(write, { text: 1 });
    await post(write, { text: 'fails again', fail: true });

    expect(server.writes).toEqual(['fails', 'works', 'fails again']);
    // The first, and the one whose variables are wrong.
    expect(plain.count).toBe(2);
  });

  test.each([
    ['compiled', 'query ($input: NoteInput) { echo(input: $input) }'],
    ['not compiled', 'query ($input: NoteInput) { echo(input: $input) @skip(if: false) }'],
  ])('names a bad variable, and keeps 400 for clients that expect it (%s)', async (_name, query) => {
    const variables = { input: { text: 'a', mood: 'CALMER' } };
    await post(query, {});
    const modern = await post(query, variables);
    const legacy = await post(query, variables, { accept: 'application/json' });

    expect([modern.status, modern.headers.get('content-type')]).toEqual([
      400,
      'application/graphql-response+json; charset=utf-8',
    ]);
    expect([legacy.status, legacy.headers.get('content-type')]).toEqual([
      200,
      'application/json; charset=utf-8',
    ]);
    for (const { body } of [modern, legacy]) {
      expect(body).not.toHaveProperty('data');
      expect(body.errors).toMatchObject([
        {
          message:
            'Variable "$input" got invalid value "CALMER" at "input.mood"; Value "CALMER" does not exist in "Mood" enum.',
          extensions: { code: 'BAD_USER_INPUT', field: 'input.mood' },
        },
      ]);
    }
  });

  const JSON_TYPE = 'application/json; charset=utf-8';
  const GRAPHQL_TYPE = 'application/graphql-response+json; charset=utf-8';

  test.each([
    [undefined, 200, JSON_TYPE],
    ['*/*', 200, JSON_TYPE],
    ['application/*', 200, JSON_TYPE],
    ['application/json', 200, JSON_TYPE],
    ['application/graphql-response+json', 400, GRAPHQL_TYPE],
    ['application/graphql-response+json, application/json', 400, GRAPHQL_TYPE],
    ['application/graphql-response+json,application/json;q=0.9', 400, GRAPHQL_TYPE],
    ['application/json, application/graphql-response+json', 200, JSON_TYPE],
    ['application/json;q=0.5, application/graphql-response+json', 400, GRAPHQL_TYPE],
    ['application/graphql-response+json;q=0.1, application/json', 200, JSON_TYPE],
    ['application/graphql-response+json;q=0, */*', 200, JSON_TYPE],
    ['text/html, application/graphql-response+json;q=0.1', 400, GRAPHQL_TYPE],
    ['application/graphql-response+json; charset=utf-8, application/json; charset=utf-8', 400, GRAPHQL_TYPE],
  ])('answers an invalid query with Accept: %s by %i and %s', async (accept, status, type) => {
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(accept === undefined ? {} : { accept }) },
      body: JSON.stringify({ query: '{ usr }' }),
    });

    expect([response.status, response.headers.get('content-type')]).toEqual([status, type]);
    expect(await response.json()).toMatchObject({
      errors: [{ message: expect.stringContaining('Cannot query field') as string }],
    });
  });

  test('runs no mutation whose answer the client does not accept', async () => {
    const { status } = await post('mutation { write(text: "unacceptable") }', {}, { accept: 'text/html' });

    expect(status).toBe(406);
    expect(server.writes).not.toContain('unacceptable');
  });

  test.each([
    ['a field', '{ usr }', 'Cannot query field "usr" on type "Query".'],
    ['an argument', '{ echo(txt: "a") }', 'Unknown argument "txt" on field "Query.echo".'],
    ['a type', '{ search { ... on Not { id } } }', 'Unknown type "Not".'],
    ['an enum value', '{ echo(mood: CALMER) }', 'Value "CALMER" does not exist in "Mood" enum.'],
  ])('does not suggest another name for %s', async (_name, query, message) => {
    const { status, body } = await post(query);

    expect(status).toBe(400);
    expect(body.errors).toMatchObject([{ message, extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }]);
  });

  test.each([
    ['an unknown field', '{ usr }', {}, 'Did you mean "user"?'],
    [
      'an unknown enum value in a variable',
      'query ($mood: Mood) { echo(mood: $mood) }',
      { mood: 'CALMER' },
      'Did you mean the enum value "CALM"',
    ],
  ])(
    'suggests another name for %s in development on a loopback address only, never with a stack',
    async (_name, query, variables, suggestion) => {
      const messages = await Promise.all(
        [{ production: false }, { production: false, loopbackOnly: false }, { production: true }].map(
          async (options) => {
            const { url, app } = await startTestHttpServer(options);
            const { body } = await postGraphQL(url, { query, variables });
            await app.close();
            expect(Object.keys(body.errors?.[0]?.extensions ?? {})).not.toContain('stacktrace');
            return body.errors?.[0]?.message ?? '';
          },
        ),
      );

      expect(messages.map((message) => message.includes('Did you mean'))).toEqual([true, false, false]);
      expect(messages[0]).toContain(suggestion);
    },
  );

  test('answers a document that cannot be parsed with its place, and no stack', async () => {
    const modern = await post('{ user');
    const legacy = await post('{ user', undefined, {});

    expect([modern.status, legacy.status]).toEqual([400, 200]);
    expect(modern.body.errors).toEqual([
      {
        message: 'Syntax Error: Expected Name, found <EOF>.',
        locations: [{ line: 1, column: 7 }],
        extensions: { code: 'GRAPHQL_PARSE_FAILED' },
      },
    ]);
  });

  test('asks which operation is meant, when none of that name is there', async () => {
    const { status, body } = await postGraphQL(server.url, { query: 'query A { user }', operationName: 'B' });

    expect(status).toBe(400);
    expect(body.errors).toMatchObject([{ extensions: { code: 'OPERATION_RESOLUTION_FAILURE' } }]);
  });

  test('answers a fault in building the context without telling what it was', async () => {
    const failing = await startTestHttpServer({ buildContext: () => Promise.reject(new Error(SECRET)) });
    try {
      const { status, body } = await postGraphQL(failing.url, { query: '{ user }' });
      expect(status).toBe(500);
      expect(body.errors).toMatchObject([{ message: 'Internal server error' }]);
      expect(failing.log.filter(({ level }) => level >= 50)).toHaveLength(1);
    } finally {
      await failing.app.close();
    }
  });

  test('lets a client read the schema', async () => {
    expect((await post('{ __schema { queryType { name } } }')).body.data).toEqual({
      __schema: { queryType: { name: 'Query' } },
    });
  });
});
