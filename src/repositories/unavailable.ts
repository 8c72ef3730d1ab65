import { BellwetherError } from '../errors.js';

/** Prisma's codes for a database that cannot be reached, does not answer in time, or went away. */
const UNAVAILABLE_PRISMA = new Set(['P1001', 'P1002', 'P1008', 'P1011', 'P1017', 'P2024', 'P2028', 'P2037']);

/** What Prisma's adapter says of it: all there is when a raw statement failed, whose code is P2010 whatever the cause. */
const UNAVAILABLE_KINDS = new Set([
  'DatabaseNotReachable',
  'ConnectionClosed',
  'SocketTimeout',
  'TooManyConnections',
]);

/** PostgreSQL's: connection failures (class 08), shutting down or starting (57P), too many connections. */
const UNAVAILABLE_POSTGRES = /^(08|57P|53300)/;

const UNAVAILABLE_SYSTEM = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EPIPE', 'ENOENT'],
  ...['EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN'],
]);

const UNAVAILABLE_MESSAGE =
  /Query read timeout|Connection terminated|timeout exceeded when trying to connect/;

/** When it is worth asking a database again that did not answer. */
const RETRY_AFTER_MS = 1_000;

/**
 * What `work` gives.
 *
 * @param sentence what to tell the caller when the database is not there.
 * @throws {BellwetherError} UNAVAILABLE in that case; any other error as it is.
 */
export async function orUnavailable<Result>(sentence: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!isUnavailable(error)) throw error;
    throw BellwetherError.unavailable(sentence, RETRY_AFTER_MS, error);
  }
}

/** Whether an error says that the database is not there now, rather than that a statement was wrong. */
export function isUnavailable(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { code, originalCode, kind, message, meta, cause } = error as Fault;
  return (
    [code, originalCode].some((value) => typeof value === 'string' && isUnavailableCode(value)) ||
    (typeof kind === 'string' && UNAVAILABLE_KINDS.has(kind)) ||
    (typeof message === 'string' && UNAVAILABLE_MESSAGE.test(message)) ||
    isUnavailable(meta?.driverAdapterError) ||
    isUnavailable(cause)
  );
}

/** The places where Prisma, its adapter, node-postgres and the system say what went wrong. */
interface Fault {
  readonly code?: unknown;
  readonly originalCode?: unknown;
  readonly kind?: unknown;
  readonly message?: unknown;
  readonly meta?: { readonly driverAdapterError?: unknown } | null;
  readonly cause?: unknown;
}

function isUnavailableCode(code: string): boolean {
  return UNAVAILABLE_PRISMA.has(code) || UNAVAILABLE_SYSTEM.has(code) || UNAVAILABLE_POSTGRES.test(code);
}
