/**
 * What a caller can cause, as values with stable codes. GraphQL and REST map them in one file each;
 * every other error is a fault of ours and is masked.
 */
export type BellwetherErrorCode = 'BAD_USER_INPUT' | 'NOT_FOUND' | 'FORBIDDEN' | 'UNAVAILABLE';

export class BellwetherError extends Error {
  override readonly name = 'BellwetherError';
  readonly code: BellwetherErrorCode;
  /** Path of the offending input, such as `input.country`. */
  readonly field: string | undefined;
  /** When it is worth trying again; only for UNAVAILABLE. */
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

  static notFound(field: string, message: string): BellwetherError {
    return new BellwetherError('NOT_FOUND', message, { field });
  }

  static unavailable(message: string, retryAfterMs: number, cause?: unknown): BellwetherError {
    return new BellwetherError('UNAVAILABLE', message, { retryAfterMs, cause });
  }
}

/**
 * A fault of the set-up that the person who started the program can mend. The command line prints
 * the message alone, without a stack, and exits with 1.
 */
export class OperatorError extends Error {
  override readonly name = 'OperatorError';
}
