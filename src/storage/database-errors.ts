import { BellwetherError } from '../lib/errors.js';

/** Prisma's codes for a connection or transaction that could not be opened, timed out, or was lost. */
const UNAVAILABLE_PRISMA = /^P(1\d{3}|2024|2028|2034|2037)$/;

/** Kinds of connection failures of Prisma's adapter, which carry no SQLSTATE. */
const UNAVAILABLE_KINDS = new Set([
  'DatabaseNotReachable',
  'ConnectionClosed',
  'SocketTimeout',
  'TlsConnectionError',
  'TransactionAlreadyClosed',
]);

const UNAVAILABLE_SYSTEM = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EPIPE', 'ENOENT'],
  ...['EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN'],
]);

const UNAVAILABLE_MESSAGE =
  /Query read timeout|Connection terminated|timeout exceeded when trying to connect|not queryable/;

/** Data exceptions and constraint violations: caused by the values of the statement, not by the state of the database. */
const REJECTED_VALUE = /^(22|23)/;

/**
 * SQLSTATEs after which a transaction may be committed nevertheless: connection failures, statement completion
 * unknown, shutdown, I/O errors, internal errors. After every other error, PostgreSQL has rolled back.
 */
const MAYBE_COMMITTED = /^(08|40003|57P|58|XX)/;

/** Delay in milliseconds after which a client should retry. */
export const RETRY_AFTER_MS = 1_000;

/**
 * Runs work that needs the database.
 *
 * @param sentence message for the client if the database is unavailable.
 * @throws {BellwetherError} UNAVAILABLE if {@link isUnavailable} holds for the error; any other error unchanged.
 */
export async function orUnavailable<Result>(sentence: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!isUnavailable(error)) throw error;
    throw BellwetherError.unavailable(sentence, RETRY_AFTER_MS, error);
  }
}

/**
 * Returns whether the same statement may succeed later. True for connection failures and for every error that PostgreSQL
 * reports, except data exceptions (SQLSTATE class 22) and constraint violations (class 23).
 */
export function isUnavailable(error: unknown): boolean {
  const sqlState = sqlStateOf(error);
  if (sqlState !== undefined) return !REJECTED_VALUE.test(sqlState);
  return causesOf(error).some(
    ({ code, kind, message }) =>
      (typeof code === 'string' && (UNAVAILABLE_PRISMA.test(code) || UNAVAILABLE_SYSTEM.has(code))) ||
      (typeof kind === 'string' && UNAVAILABLE_KINDS.has(kind)) ||
      (typeof message === 'string' && UNAVAILABLE_MESSAGE.test(message)),
  );
}

/** Returns whether a transaction that failed with this error has certainly stored nothing. */
export function isRolledBack(error: unknown): boolean {
  const sqlState = sqlStateOf(error);
  return sqlState !== undefined && !MAYBE_COMMITTED.test(sqlState);
}

/** Returns the SQLSTATE that PostgreSQL reported; undefined if the error did not come from PostgreSQL. */
export function sqlStateOf(error: unknown): string | undefined {
  for (const { originalCode, code, severity } of causesOf(error)) {
    if (typeof originalCode === 'string') return originalCode;
    // Node and Prisma have codes of their own; only PostgreSQL adds a severity.
    if (typeof code === 'string' && typeof severity === 'string') return code;
  }
  return undefined;
}

/** Fields in which Prisma, its adapter, node-postgres, and Node describe a failure. */
interface Failure {
  readonly code?: unknown;
  readonly originalCode?: unknown;
  readonly severity?: unknown;
  readonly kind?: unknown;
  readonly message?: unknown;
  readonly meta?: { readonly driverAdapterError?: unknown } | null;
  readonly cause?: unknown;
}

/** Maximum number of errors to visit, because causes may form a cycle. */
const MAX_CAUSES = 20;

/** Returns the error and its causes, outermost first. */
function causesOf(error: unknown): Failure[] {
  const failures: Failure[] = [];
  const unvisited = [error];
  while (unvisited.length > 0 && failures.length < MAX_CAUSES) {
    const next = unvisited.shift();
    if (typeof next !== 'object' || next === null) continue;
    const failure = next as Failure;
    failures.push(failure);
    unvisited.push(failure.meta?.driverAdapterError, failure.cause);
  }
  return failures;
}
