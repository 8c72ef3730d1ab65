import { describe, expect, it } from 'vitest';
import { isUnavailable } from '../../src/repositories/unavailable.js';

/** What Prisma throws when a raw statement fails. */
const rawFailure = (cause: object) =>
  Object.assign(new Error('Raw query failed.'), { code: 'P2010', meta: { driverAdapterError: { cause } } });
const coded = (code: string) => Object.assign(new Error('It failed.'), { code });

describe('a database that is not there', () => {
  it.each(['P1001', 'P1002', 'P1008', 'P1011', 'P1017', 'P2024', 'P2028', 'P2037'])(
    'is known by Prisma’s code %s',
    (code) => {
      expect(isUnavailable(coded(code))).toBe(true);
    },
  );

  it.each(['08000', '08006', '57P01', '57P02', '57P03', '53300'])(
    'is known by PostgreSQL’s code %s',
    (code) => {
      expect(isUnavailable(coded(code))).toBe(true);
      expect(isUnavailable(rawFailure({ kind: 'postgres', originalCode: code }))).toBe(true);
    },
  );

  it.each([
    'ECONNREFUSED',
    'ECONNRESET',
    'ETIMEDOUT',
    'EPIPE',
    'ENOENT',
    'EHOSTUNREACH',
    'ENOTFOUND',
    'EAI_AGAIN',
  ])('is known by the system’s code %s', (code) => {
    expect(isUnavailable(coded(code))).toBe(true);
  });

  it.each(['DatabaseNotReachable', 'ConnectionClosed', 'SocketTimeout', 'TooManyConnections'])(
    'is known by the adapter’s kind %s',
    (kind) => {
      expect(isUnavailable(rawFailure({ kind }))).toBe(true);
    },
  );

  it.each([
    'Query read timeout',
    'Connection terminated unexpectedly',
    'timeout exceeded when trying to connect',
  ])('is known by the words “%s”', (message) => {
    expect(isUnavailable(new Error(message))).toBe(true);
  });

  it('is known by the cause of an error, however deep', () => {
    const outer = new Error('outer', { cause: new Error('inner', { cause: coded('ECONNREFUSED') }) });
    expect(isUnavailable(outer)).toBe(true);
  });
});

describe('a fault of ours', () => {
  it.each<[string, unknown]>([
    ['a statement that is wrong', coded('42601')],
    ['a statement that was cancelled', coded('57014')],
    ['a row that exists already', coded('P2002')],
    ['a raw statement that is wrong', rawFailure({ kind: 'ColumnNotFound', originalCode: '42703' })],
    ['a mistake in the program', new TypeError('x is not a function')],
    ['a number as the code', Object.assign(new Error('It failed.'), { code: 57 })],
    ['words', 'ECONNREFUSED'],
    ['nothing', undefined],
    ['null', null],
  ])('is not taken for it: %s', (_, error) => {
    expect(isUnavailable(error)).toBe(false);
  });
});
