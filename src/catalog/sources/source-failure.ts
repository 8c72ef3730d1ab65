/** A source could not be read now. The message is one sentence; it never holds the query of an address. */
export class SourceFailure extends Error {
  override readonly name = 'SourceFailure';
  /** The header `Retry-After` of a server that asks to be left alone for a while. */
  readonly retryAfter: string | undefined;

  constructor(message: string, details: { retryAfter?: string | undefined; cause?: unknown } = {}) {
    super(message, { cause: details.cause });
    this.retryAfter = details.retryAfter;
  }
}
