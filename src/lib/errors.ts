/** Codes of the failures that a caller can cause or must handle. They are part of the API. docs/errors.md explains each. */
export const ERROR_CODES = [
  'BAD_USER_INPUT',
  'FORBIDDEN',
  'LIMIT_EXCEEDED',
  'NOT_FOUND',
  'RATE_LIMITED',
  'UNAUTHENTICATED',
  'UNAVAILABLE',
] as const;

export type BellwetherErrorCode = (typeof ERROR_CODES)[number];

/** Code of a request that exceeds a limit of docs/limits.md. */
export const LIMIT_EXCEEDED = 'LIMIT_EXCEEDED' satisfies BellwetherErrorCode;

/** An expected failure. GraphQL and REST map it in one file each; every other error is masked and logged. */
export class BellwetherError extends Error {
  override readonly name = 'BellwetherError';
  readonly code: BellwetherErrorCode;
  /** Path of the invalid input, such as `input.country`. */
  readonly field: string | undefined;
  /** Delay after which the caller should retry; only for UNAVAILABLE and RATE_LIMITED. */
  readonly retryAfterMs: number | undefined;

  private constructor(
    code: BellwetherErrorCode,
    message: string,
    details: { field?: string; retryAfterMs?: number; cause?: unknown } = {},
  ) {
    super(message, { cause: details.cause });
    this.code = code;
    this.field = details.field;
    this.retryAfterMs = details.retryAfterMs;
  }

  static badInput(field: string, message: string): BellwetherError {
    return new BellwetherError('BAD_USER_INPUT', message, { field });
  }

  /** @param field path of the list or number that is too large. */
  static limitExceeded(field: string, message: string): BellwetherError {
    return new BellwetherError('LIMIT_EXCEEDED', message, { field });
  }

  static notFound(field: string, message: string): BellwetherError {
    return new BellwetherError('NOT_FOUND', message, { field });
  }

  /** @param field path of the input that is not allowed; undefined if it is no input. */
  static forbidden(field: string | undefined, message: string): BellwetherError {
    return new BellwetherError('FORBIDDEN', message, field === undefined ? {} : { field });
  }

  /** @param field path of the input that requires credentials, if one does. */
  static unauthenticated(message: string, field?: string): BellwetherError {
    return new BellwetherError('UNAUTHENTICATED', message, field === undefined ? {} : { field });
  }

  /** @param window points and length of the caller's window, and the time until it ends. */
  static rateLimited(window: {
    readonly limit: number;
    readonly windowSeconds: number;
    readonly resetMs: number;
  }): BellwetherError {
    const message = `The ${window.limit} points of ${window.windowSeconds} s are consumed. Retry after retryAfterMs, or send less.`;
    return new BellwetherError('RATE_LIMITED', message, { retryAfterMs: Math.ceil(window.resetMs) });
  }

  static unavailable(message: string, retryAfterMs: number, cause?: unknown): BellwetherError {
    return new BellwetherError('UNAVAILABLE', message, { retryAfterMs, cause });
  }
}

/**
 * A problem with the setup that the operator can fix. The command line prints the message without a stack trace and
 * exits with 1.
 */
export class OperatorError extends Error {
  override readonly name = 'OperatorError';
}

/**
 * The cause of a failure in one line, for logs, stored outcomes, and sentences to the operator. It leaves out what
 * libraries put around the message: Prisma's text around the database's, and `fetch failed` of `fetch`.
 */
export function errorMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Connecting to a host with several addresses fails with one error for each, and without a message.
  if (error instanceof AggregateError && error.errors.length > 0) {
    return error.errors.map(errorMessage).join('; ');
  }
  const { message, cause } = error;
  if (error instanceof BellwetherError && cause !== undefined) return `${message} ${errorMessage(cause)}`;
  if (error instanceof TypeError && cause instanceof Error) return errorMessage(cause);
  const { code } = error as { readonly code?: unknown };
  if (message === '' && typeof code === 'string') return code;
  return databaseMessage(error) ?? message;
}

/** The message of the database in an error of Prisma or its driver adapter. */
function databaseMessage(error: Error): string | undefined {
  const { meta } = error as { readonly meta?: { readonly driverAdapterError?: unknown } };
  const reported =
    meta?.driverAdapterError ?? (error.name === 'DriverAdapterError' ? error.cause : undefined);
  if (reported instanceof Error) return errorMessage(reported);
  if (typeof reported !== 'object' || reported === null) return undefined;
  const { originalMessage } = reported as { readonly originalMessage?: unknown };
  return typeof originalMessage === 'string' ? originalMessage : undefined;
}
