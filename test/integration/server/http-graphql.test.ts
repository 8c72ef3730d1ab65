import type { ApolloServerPlugin } from '@apollo/server';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { OPEN } from '../../support/open-authentication.js';
import { SECRET, type TestContext } from '../../support/test-schema.js';
import { postGraphQL, startTestHttpServer, type TestHttpServer } from '../../support/test-http-server.js';

/** Counts the operations that graphql-js executes instead of graphql-jit. */
function graphqlJsCounter(): ApolloServerPlugin<TestContext> & { count: number } {
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
  const graphqlJs = graphqlJsCounter();
  let server: TestHttpServer;
  const post = (query: string, variables?: unknown, headers?: Record<string, string>) =>
    postGraphQL(server.url, { query, variables }, headers);
  /** Returns the second response, which a compiled operation gives if possible. */
  const postTwice = async (query: string) => {
    await post(query);
    return post(query);
  };

  beforeAll(async () => {
    server = await startTestHttpServer({ plugins: [graphqlJs] });
  });
  afterAll(() => server.app.close());
  beforeEach(() => {
    graphqlJs.count = 0;
  });

  test('executes the compiled operation from the second request on, with the context of the request', async () => {
    for (const expected of [1, 1, 1]) {
      const { status, body } = await post('{ user }');
      expect({ status, body }).toEqual({ status: 200, body: { data: { user: 'ada' } } });
      expect(graphqlJs.count).toBe(expected);
    }
  });

  test('executes an operation that cannot be compiled by graphql-js', async () => {
    const { body } = await post('query ($yes: Boolean!) { user @include(if: $yes) }', { yes: true });

    expect(body).toEqual({ data: { user: 'ada' } });
    expect(graphqlJs.count).toBe(1);
  });

  test.each([
    ['the compiled operation', '{ crash user }'],
    ['graphql-js', '{ crash user @skip(if: false) }'],
  ])('masks an error thrown in %s, and logs it once under the id of the response', async (_name, query) => {
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
    ['reject', { code: 'BAD_USER_INPUT', field: 'country' }, 'No such country.'],
    ['unavailable', { code: 'UNAVAILABLE', retryAfterMs: 250 }, 'Try again soon.'],
  ])('returns the message and extensions of a BellwetherError: %s', async (field, extensions, message) => {
    for (const query of [`{ ${field} }`, `{ ${field} @skip(if: false) }`]) {
      const { status, body } = await postTwice(query);
      expect(status).toBe(200);
      expect(body.errors).toMatchObject([{ message, extensions }]);
    }
  });

  test('propagates null to the nearest nullable field, or to the root', async () => {
    const nested = await postTwice('{ note(id: "1") { strictReply { missing } } user }');
    expect(nested.body.data).toEqual({ note: null, user: 'ada' });
    const top = await postTwice('{ notes { missing } user }');
    expect([top.status, top.body.data]).toEqual([200, null]);
  });

  test('executes a mutation once, even if it fails', async () => {
    const write = 'mutation ($text: String!, $fail: Boolean) { write(text: $text, thenCrash: $fail) }';
    await post(write, { text: 'fails', fail: true });
    await post(write, { text: 'works' });
    await post(write, { text: 1 });
    await post(write, { text: 'fails again', fail: true });

    expect(server.writes).toEqual(['fails', 'works', 'fails again']);
    // The first request, and the one with invalid variables.
    expect(graphqlJs.count).toBe(2);
  });

  test.each([
    ['compiled', 'query ($input: NoteInput) { echo(input: $input) }'],
    ['not compiled', 'query ($input: NoteInput) { echo(input: $input) @skip(if: false) }'],
  ])(
    'names an invalid variable, and returns 400 only for graphql-response+json (%s)',
    async (_name, query) => {
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
    },
  );

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
  ])('responds to an invalid query with Accept: %s by %i and %s', async (accept, status, type) => {
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

  test('executes no mutation if the client accepts no supported media type', async () => {
    const { status } = await post('mutation { write(text: "unacceptable") }', {}, { accept: 'text/html' });

    expect(status).toBe(406);
    expect(server.writes).not.toContain('unacceptable');
  });

  test.each([
    ['a field', '{ usr }', 'Cannot query field "usr" on type "Query".'],
    ['an argument', '{ echo(txt: "a") }', 'Unknown argument "txt" on field "Query.echo".'],
    ['a type', '{ search { ... on Not { id } } }', 'Unknown type "Not".'],
    ['an enum value', '{ echo(mood: CALMER) }', 'Value "CALMER" does not exist in "Mood" enum.'],
  ])('does not suggest another name for an unknown name: %s', async (_name, query, message) => {
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
    'suggests another name for %s only in development mode, without a stack trace',
    async (_name, query, variables, suggestion) => {
      const messages = await Promise.all(
        [
          { production: false },
          { production: false, authentication: { ...OPEN, isOpen: false } },
          { production: true },
        ].map(async (options) => {
          const { url, app } = await startTestHttpServer(options);
          const { body } = await postGraphQL(url, { query, variables });
          await app.close();
          expect(Object.keys(body.errors?.[0]?.extensions ?? {})).not.toContain('stacktrace');
          return body.errors?.[0]?.message ?? '';
        }),
      );

      expect(messages.map((message) => message.includes('Did you mean'))).toEqual([true, false, false]);
      expect(messages[0]).toContain(suggestion);
    },
  );

  test('returns the location of a syntax error, without a stack trace', async () => {
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

  test('returns OPERATION_RESOLUTION_FAILURE for an unknown operationName', async () => {
    const { status, body } = await postGraphQL(server.url, { query: 'query A { user }', operationName: 'B' });

    expect(status).toBe(400);
    expect(body.errors).toMatchObject([{ extensions: { code: 'OPERATION_RESOLUTION_FAILURE' } }]);
  });

  test('masks an error in building the context', async () => {
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

  test('allows introspection', async () => {
    expect((await post('{ __schema { queryType { name } } }')).body.data).toEqual({
      __schema: { queryType: { name: 'Query' } },
    });
  });
});
