/**
 * What is left of a value after a time: `value · 2^(−elapsed / halfLife)`.
 *
 * Between 0 and the value, for a half-life above 0. A negative elapsed time counts as none, so that clocks
 * that disagree never make a value grow.
 */
export function decay(value: number, elapsedMs: number, halfLifeMs: number): number {
  return value * 2 ** (-Math.max(0, elapsedMs) / halfLifeMs);
}

/** A decaying sum, as of an instant. */
export interface DecayedScore {
  readonly score: number;
  readonly atMs: number;
}

/**
 * Adds an amount to a decaying sum. The result is as of the later of the two instants: an amount from before
 * `scoreAtMs` is added decayed, one from after it moves the sum forward. So the order in which amounts arrive
 * does not matter, but for rounding.
 */
export function addDecayed(
  score: number,
  scoreAtMs: number,
  amount: number,
  amountAtMs: number,
  halfLifeMs: number,
): DecayedScore {
  const atMs = Math.max(scoreAtMs, amountAtMs);
  return {
    score: decay(score, atMs - scoreAtMs, halfLifeMs) + decay(amount, atMs - amountAtMs, halfLifeMs),
    atMs,
  };
}
