import { describe, expect, it } from 'vitest';
import { BellwetherError, errorMessage, OperatorError } from '../../../src/lib/errors.js';

describe('errorMessage', () => {
  it.each<[string, unknown, string]>([
    ['an error', new Error('no luck'), 'no luck'],
    ['a value that is not an error', 'just words', 'just words'],
    ['an operator error with a cause', new OperatorError('Fix it.', { cause: new Error('x') }), 'Fix it.'],
    [
      'an expected failure with a cause',
      BellwetherError.unavailable('The jobs could not be read.', 1_000, new Error('no database')),
      'The jobs could not be read. no database',
    ],
    ['an expected failure without a cause', BellwetherError.badInput('name', 'Wrong.'), 'Wrong.'],
    [
      'a failed fetch',
      new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED 127.0.0.1:1') }),
      'connect ECONNREFUSED 127.0.0.1:1',
    ],
    [
      'a refused connection to several addresses',
      new AggregateError([new Error('refused ::1'), new Error('refused 127.0.0.1')]),
      'refused ::1; refused 127.0.0.1',
    ],
    [
      'an error that has only a code',
      Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }),
      'ECONNREFUSED',
    ],
  ])('returns one line for %s', (_, error, message) => {
    expect(errorMessage(error)).toBe(message);
  });

  it('returns the message that the driver adapter received from the database', () => {
    const adapterError = Object.assign(new Error('outer'), {
      name: 'DriverAdapterError',
      cause: { originalMessage: 'division by zero' },
    });
    expect(errorMessage(adapterError)).toBe('division by zero');
    expect(
      errorMessage(Object.assign(new Error('outer'), { meta: { driverAdapterError: adapterError } })),
    ).toBe('division by zero');
  });
});
