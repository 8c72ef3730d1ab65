/** Prisma's codes for a database that cannot be reached, does not answer in time, or went away. */
const UNAVAILABLE_PRISMA = new Set(['P1001', 'P1002', 'P1008', 'P1011', 'P1017', 'P2024', 'P2028']);

/** PostgreSQL's: connection failures (class 08), shutting down or starting (57P), too many connections. */
const UNAVAILABLE_POSTGRES = /^(08|57P|53300)/;

const UNAVAILABLE_SYSTEM = new Set(['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EPIPE', 'ENOENT']);

/** Whether an error says that the database is not there now, rather than that a statement was wrong. */
export function isUnavailable(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { code, message, cause } = error as { code?: unknown; message?: unknown; cause?: unknown };
  if (typeof code === 'string') {
    if (UNAVAILABLE_PRISMA.has(code) || UNAVAILABLE_SYSTEM.has(code) || UNAVAILABLE_POSTGRES.test(code)) return true;
  }
  if (typeof message === 'string' && /Query read timeout|Connection terminated|timeout exceeded when trying to connect/.test(message)) return true;
  return cause === undefined ? false : isUnavailable(cause);
}
