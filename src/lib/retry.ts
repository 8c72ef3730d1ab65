import { SECOND_MS } from './time.js';

export interface BackoffLimits {
  /** Delay after the first failure. */
  readonly initialMs: number;
  readonly maxMs: number;
}

/**
 * Delay before the next attempt: `min(maxMs, initialMs · 2^(failures − 1)) · jitter`, in ms.
 *
 * Not cockatiel's `ExponentialBackoff`: its jitter calls `Math.random`, and it counts failures itself. Here, randomness is
 * an argument, and so is the number of failures, which a polled source stores in the database.
 *
 * @param failures consecutive failures; 1 or more.
 * @param jitter random factor that keeps replicas from retrying at the same time. Default 1, which is none.
 */
export function backoffMs(failures: number, { initialMs, maxMs }: BackoffLimits, jitter = 1): number {
  return Math.min(maxMs, initialMs * 2 ** (failures - 1)) * jitter;
}

/**
 * Delay in ms that a `Retry-After` header asks for (RFC 9110, 10.2.3): a number of seconds, or a date. A date in the past
 * gives a negative delay, anything else undefined.
 */
export function retryAfterMs(header: string | null | undefined, nowMs: number): number | undefined {
  const text = header?.trim() ?? '';
  if (/^\d+$/.test(text)) return Number(text) * SECOND_MS;
  const dateMs = text.endsWith('GMT') ? Date.parse(text) : NaN;
  return Number.isNaN(dateMs) ? undefined : dateMs - nowMs;
}
