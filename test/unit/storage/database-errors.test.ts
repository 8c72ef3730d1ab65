import { describe, expect, it } from 'vitest';
import { isRolledBack, isUnavailable, sqlStateOf } from '../../../src/storage/database-errors.js';

/** An error of Prisma for a raw statement. */
const rawFailure = (cause: object) =>
  Object.assign(new Error('Raw query failed.'), { code: 'P2010', meta: { driverAdapterError: { cause } } });
const coded = (code: string) => Object.assign(new Error('It failed.'), { code });
/** An error of node-postgres. */
const reported = (code: string) => Object.assign(coded(code), { severity: 'ERROR' });
/** An error of Prisma for a statement that PostgreSQL rejected. */
const rejected = (originalCode: string) => rawFailure({ kind: 'postgres', originalCode });

const UNAVAILABLE_STATES = [
  '08000',
  '08006',
  '25006',
  '40001',
  '40P01',
  '42501',
  '42601',
  '53100',
  '53200',
].concat(...['53300', '55P03', '57014', '57P01', '57P02', '57P03', '58030', '28P01', 'XX000']);
const REJECTED_STATES = ['22001', '22003', '22021', '22P02', '23502', '23505', '23514'];

describe('isUnavailable', () => {
  it.each(UNAVAILABLE_STATES)('is true for SQLSTATE %s', (code) => {
    expect(isUnavailable(reported(code))).toBe(true);
    expect(isUnavailable(rejected(code))).toBe(true);
    expect(isUnavailable(new Error('outer', { cause: rejected(code) }))).toBe(true);
  });

  it.each(REJECTED_STATES)('is false for SQLSTATE %s, which the values of the statement cause', (code) => {
    expect(isUnavailable(reported(code))).toBe(false);
    expect(isUnavailable(rejected(code))).toBe(false);
  });

  it.each(['P1001', 'P1002', 'P1008', 'P1011', 'P1017', 'P2024', 'P2028', 'P2034', 'P2037'])(
    'is true for the Prisma code %s',
    (code) => {
      expect(isUnavailable(coded(code))).toBe(true);
    },
  );

  it.each([
    ...['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EPIPE', 'ENOENT'],
    ...['EHOSTUNREACH', 'ENOTFOUND', 'EAI_AGAIN'],
  ])('is true for the system code %s', (code) => {
    expect(isUnavailable(coded(code))).toBe(true);
  });

  it.each(['DatabaseNotReachable', 'ConnectionClosed', 'SocketTimeout', 'TlsConnectionError'])(
    'is true for the adapter kind %s',
    (kind) => {
      expect(isUnavailable(rawFailure({ kind }))).toBe(true);
    },
  );

  it.each([
    'Query read timeout',
    'Connection terminated unexpectedly',
    'timeout exceeded when trying to connect',
    'Client was closed and is not queryable',
  ])('is true for the message “%s”', (message) => {
    expect(isUnavailable(new Error(message))).toBe(true);
  });

  it('is true for an error whose cause is a connection failure, at any depth', () => {
    const outer = new Error('outer', { cause: new Error('inner', { cause: coded('ECONNREFUSED') }) });
    expect(isUnavailable(outer)).toBe(true);
  });

  it.each<[string, unknown]>([
    ['a unique violation that Prisma reports', coded('P2002')],
    ['a mistake in the program', new TypeError('x is not a function')],
    ['a number as the code', Object.assign(new Error('It failed.'), { code: 57 })],
    ['a SQLSTATE that PostgreSQL did not report', coded('53100')],
    ['a text', 'ECONNREFUSED'],
    ['undefined', undefined],
    ['null', null],
  ])('is false for %s', (_, error) => {
    expect(isUnavailable(error)).toBe(false);
  });

  it('is false for an error that is its own cause', () => {
    const error = new Error('circular');
    error.cause = error;
    expect(isUnavailable(error)).toBe(false);
  });
});

describe('isRolledBack', () => {
  it.each(['22001', '23505', '25006', '40001', '53100', '55P03', '57014', 'BW001'])(
    'is true for %s',
    (code) => {
      expect(isRolledBack(rejected(code))).toBe(true);
    },
  );

  it.each(['08006', '40003', '57P01', '58030', 'XX000'])('is false for %s', (code) => {
    expect(isRolledBack(rejected(code))).toBe(false);
  });

  it('is false for a read timeout', () => {
    expect(isRolledBack(new Error('Query read timeout'))).toBe(false);
  });
});

it('sqlStateOf is undefined for codes of Prisma and the system', () => {
  expect([coded('P2010'), coded('EPIPE'), rawFailure({ kind: 'ConnectionClosed' })].map(sqlStateOf)).toEqual([
    ...[undefined, undefined, undefined],
  ]);
});
