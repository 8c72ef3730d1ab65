/**
 * How long to wait before the next attempt, ms: `min(maxMs, minMs · 2^(failedAttempts − 1)) · (0.5 + random)`, so
 * from half to one and a half times the exponential, because replicas that lost a server together are not to come
 * back together.
 *
 * @param failedAttempts in a row; 1 or more.
 * @param random from 0 to below 1.
 */
export function retryDelayMs(
  failedAttempts: number,
  limits: { readonly minMs: number; readonly maxMs: number },
  random: number,
): number {
  return Math.min(limits.maxMs, limits.minMs * 2 ** (failedAttempts - 1)) * (0.5 + random);
}
