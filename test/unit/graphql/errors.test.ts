import { GraphQLError } from 'graphql';
import { describe, expect, test } from 'vitest';
import { BellwetherError } from '../../../src/lib/errors.js';
import { createErrorMapper } from '../../../src/graphql/errors.js';

function mapper(ids: string[] = ['request-1'], showSuggestions = false) {
  const log: { correlationId: string; message: string }[] = [];
  const mapError = createErrorMapper({
    logger: {
      error: (fields: { correlationId: string; err: Error }) => {
        log.push({ correlationId: fields.correlationId, message: fields.err.message });
      },
      warn: (fields: { correlationId: string; err: Error }) => {
        log.push({ correlationId: fields.correlationId, message: fields.err.message });
      },
    },
    correlationId: () => ids[0] ?? 'none',
    showSuggestions,
  });
  return { mapError, log };
}

function variableError(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } });
}

describe('the error mapper', () => {
  test('returns the message, code and field of a BellwetherError at any depth of wrapping', () => {
    const { mapError, log } = mapper();
    const thrown = BellwetherError.badInput('input.country', 'No such country.');
    const located = new GraphQLError('outer', {
      path: ['feed'],
      originalError: new GraphQLError('inner', { originalError: thrown }),
    });

    expect(mapError(located)).toEqual({
      message: 'No such country.',
      path: ['feed'],
      extensions: { code: 'BAD_USER_INPUT', field: 'input.country' },
    });
    expect(log).toEqual([]);
  });

  test('returns retryAfterMs for UNAVAILABLE, and logs a shared cause once', () => {
    const { mapError, log } = mapper();
    const cause = new Error('secret');

    for (const error of [1, 2].map(() => BellwetherError.unavailable('Busy.', 250, cause))) {
      expect(mapError(error)).toEqual({
        message: 'Busy.',
        extensions: { code: 'UNAVAILABLE', retryAfterMs: 250 },
      });
    }
    expect(log).toEqual([{ correlationId: 'request-1', message: 'secret' }]);
  });

  test.each([
    ['an error', new Error('secret')],
    ['an error inside a GraphQL error', new GraphQLError('secret', { originalError: new Error('secret') })],
    ['a GraphQL error without a code', new GraphQLError('secret', { path: ['feed'] })],
    [
      "a resolver's GraphQL error with the code of a request error",
      new GraphQLError('secret', { path: ['feed'], extensions: { code: 'BAD_USER_INPUT', secret: 1 } }),
    ],
    ['a thrown value that is not an error', 'secret'],
  ])('masks %s', (_name, error) => {
    const { mapError } = mapper();

    const { message, extensions } = mapError(error);
    expect({ message, extensions }).toEqual({
      message: 'Internal server error',
      extensions: { code: 'INTERNAL_SERVER_ERROR', correlationId: 'request-1' },
    });
  });

  test('logs an error that fails many fields once per request', () => {
    const ids = ['request-1'];
    const { mapError, log } = mapper(ids);
    const failure = new Error('the batch failed');

    mapError(new GraphQLError('a', { path: ['a'], originalError: failure }));
    mapError(new GraphQLError('b', { path: ['b'], originalError: failure }));
    ids[0] = 'request-2';
    mapError(new GraphQLError('a', { path: ['a'], originalError: failure }));

    expect(log).toEqual([
      { correlationId: 'request-1', message: 'the batch failed' },
      { correlationId: 'request-2', message: 'the batch failed' },
    ]);
  });

  test.each([
    [
      'Cannot query field "nam" on type "Note". Did you mean "name"?',
      'Cannot query field "nam" on type "Note".',
    ],
    ['Unknown type "Not". Did you mean "Note", "Node", or "Int"?', 'Unknown type "Not".'],
  ])('removes the suggestion from: %s', (message, shown) => {
    const { mapError } = mapper();
    const error = new GraphQLError(message, { extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } });

    expect(mapError(error)).toEqual({ message: shown, extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } });
  });

  test('keeps suggestions when showSuggestions is true', () => {
    const { mapError } = mapper(['request-1'], true);
    const message = 'Cannot query field "nam" on type "Note". Did you mean "name"?';
    const error = new GraphQLError(message, { extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } });

    expect(mapError(error).message).toBe(message);
  });

  test.each([
    ['Variable "$first" of required type "Int!" was not provided.', 'first'],
    ['Variable "$first" got invalid value "x"; Int cannot represent non-integer value: "x"', 'first'],
    [
      'Variable "$input" got invalid value "CLIK" at "input.eventType"; Value "CLIK" does not exist in "InteractionType" enum.',
      'input.eventType',
    ],
    [
      'Variable "$input" got invalid value 1 at "input.tags[2]"; String cannot represent a non string value: 1',
      'input.tags.2',
    ],
    [
      'Variable "$input" got invalid value { }; Field "eventType" of required type "InteractionType!" was not provided.',
      'input.eventType',
    ],
    [
      'Variable "$input" got invalid value { a: 1 } at "input.market"; Field "a" is not defined by type "MarketInput".',
      'input.market.a',
    ],
  ])('returns the path of the invalid variable: %s', (message, field) => {
    const { mapError } = mapper();

    expect(mapError(variableError(message)).extensions).toEqual({ code: 'BAD_USER_INPUT', field });
  });

  test('maps null for a non-null argument to BAD_USER_INPUT', () => {
    const { mapError, log } = mapper();
    const raised = new GraphQLError('Argument "count" of non-null type "Int!" must not be null.');
    const located = new GraphQLError(raised.message, { path: ['echo'], originalError: raised });

    expect(mapError(located).extensions).toEqual({ code: 'BAD_USER_INPUT', field: 'count' });
    expect(log).toEqual([]);
  });
});
