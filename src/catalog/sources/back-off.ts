import { backoffMs, retryAfterMs } from '../../lib/retry.js';
import { DAY_MS, HOUR_MS, SECOND_MS } from '../../lib/time.js';

/** Tolerance for polls that start slightly early. */
const EARLY_MS = SECOND_MS;

/** Upper bound of the delay that a server may ask for. */
const MAX_RETRY_AFTER_MS = DAY_MS;

export interface FailedPoll {
  /** Consecutive failures, including this one; 1 or more. */
  readonly failures: number;
  readonly everySeconds: number;
  /** Start of the poll, and time of the failure, in ms since 1970. */
  readonly startedMs: number;
  readonly failedMs: number;
  /** The `Retry-After` header of the response, if any. */
  readonly retryAfter: string | undefined;
}

/**
 * Time of the next poll of a failed source, in ms since 1970. It follows the `Retry-After` of the server, up to a day after
 * the failure. Otherwise it is `everySeconds · 2^(failures − 1)`, at most an hour, after the start of the poll, minus one
 * second, so that the first failure skips no regular poll.
 */
export function retryAtMs(failed: FailedPoll): number {
  const { failures, everySeconds, startedMs, failedMs, retryAfter } = failed;
  const askedMs = retryAfterMs(retryAfter, failedMs);
  if (askedMs !== undefined) return failedMs + Math.min(askedMs, MAX_RETRY_AFTER_MS);
  const limits = { initialMs: everySeconds * SECOND_MS, maxMs: HOUR_MS };
  return startedMs + backoffMs(failures, limits) - EARLY_MS;
}
