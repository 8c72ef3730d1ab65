const SECOND_MS = 1_000;
const LONGEST_BACK_OFF_SECONDS = 3_600;

/** Polls do not come to the millisecond. */
const EARLY_SECONDS = 1;

/** A server that asks for more has a fault of its own. */
const LONGEST_RETRY_AFTER_MS = 24 * 3_600 * SECOND_MS;

export interface FailedPoll {
  /** In a row, this one included; 1 or more. */
  readonly failures: number;
  readonly everySeconds: number;
  /** When the poll began, and when it failed; milliseconds since 1970. */
  readonly startedMs: number;
  readonly failedMs: number;
  /** The header `Retry-After`, if the server gave it. */
  readonly retryAfter: string | undefined;
}

/**
 * When a source that failed may be asked again, in milliseconds since 1970: when its server says, within a day of the
 * failure; else `everySeconds · 2^(failures − 1)`, at most an hour, after the poll began, less a second, so that the first
 * failure costs no regular poll.
 */
export function retryAtMs(failed: FailedPoll): number {
  const asked = retryAfterMs(failed.retryAfter ?? '', failed.failedMs);
  if (asked !== undefined) return Math.min(asked, failed.failedMs + LONGEST_RETRY_AFTER_MS);
  const seconds = failed.everySeconds * 2 ** (failed.failures - 1);
  return failed.startedMs + (Math.min(seconds, LONGEST_BACK_OFF_SECONDS) - EARLY_SECONDS) * SECOND_MS;
}

/** RFC 9110, 10.2.3: a number of seconds, or a date. */
function retryAfterMs(header: string, nowMs: number): number | undefined {
  const text = header.trim();
  if (/^\d+$/.test(text)) return nowMs + Number(text) * SECOND_MS;
  const date = text.endsWith('GMT') ? Date.parse(text) : NaN;
  return Number.isNaN(date) ? undefined : date;
}
